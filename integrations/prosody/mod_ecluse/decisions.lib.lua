-- Asks Écluse, and keeps what it says only as long as it surely holds.
--
-- Two requests, both with the point's token: a stream of changes, which is the
-- proof that Écluse is there, and questions (OpenID AuthZEN, evaluations). An
-- answer is kept until the next change, until the instant that it names itself,
-- and never while the last word on the stream is older than `stale` seconds.
-- Whatever is not answered in time is closed.
--
-- Answers are kept by key: an account's name, or the name, a line break and a
-- role: what the account may do towards people of that role.

local http = require "net.http";
local json = require "util.json";
local promise = require "util.promise";
local timer = require "util.timer";
local monotonic = require "util.time".monotonic;

local ranks = { closed = 0; read = 1; reply = 2; write = 3 };
local patience = 2; -- seconds that a question may take
local at_once = 200; -- questions in one request
local self_test = "ecluse:self-test"; -- an account that is always closed

local undecided = {
	access = 0;
	french = "La messagerie est fermée : il n’est pas possible de vérifier en ce moment si elle peut être ouverte. Réessayez dans quelques minutes.";
	english = "Messaging is closed: whether it may be open cannot be verified at the moment. Try again in a few minutes.";
};
undecided.french_brief, undecided.english_brief = undecided.french, undecided.english;

-- seconds reads an instant (RFC 3339) as seconds since 1970; nil where it is none.
local function seconds(text)
	if type(text) ~= "string" then return nil; end
	local y, mo, d, h, mi, s, rest = text:match("^(%d%d%d%d)-(%d%d)-(%d%d)T(%d%d):(%d%d):(%d%d%.?%d*)(.*)$");
	if not y then return nil; end
	local ahead = 0;
	if rest ~= "Z" then
		local sign, oh, om = rest:match("^([+-])(%d%d):(%d%d)$");
		if not sign then return nil; end
		ahead = (oh * 3600 + om * 60) * (sign == "-" and -1 or 1);
	end
	local year, month = tonumber(y), tonumber(mo);
	if month <= 2 then year, month = year - 1, month + 12; end
	local leaps = math.floor(year / 4) - math.floor(year / 100) + math.floor(year / 400);
	local days = 365 * year + leaps + math.floor((153 * (month - 3) + 2) / 5) + d - 719469;
	return days * 86400 + h * 3600 + mi * 60 + s - ahead;
end

-- sentence is a text of the answer, or what stands for it.
local function sentence(of, key, instead)
	return type(of) == "table" and type(of[key]) == "string" and of[key] ~= "" and of[key] or instead;
end

-- read turns one evaluation into an answer. What cannot be read is closed, and
-- so is what was refused, whatever its context says.
local function read(item)
	local c = type(item) == "table" and item.context;
	local rank = type(c) == "table" and ranks[c.access];
	if not rank then return undecided; end
	if item.decision ~= true then rank = 0; end
	local brief_fr = sentence(c.brief, "fr", undecided.french);
	local brief_en = sentence(c.brief, "en", undecided.english);
	return {
		access = rank; role = type(c.role) == "string" and c.role or nil; asked = monotonic(); till = seconds(c["until"]);
		limits = type(c.limits) == "table" and next(c.limits) ~= nil and c.limits or nil;
		french = sentence(c.reason_user, "fr", brief_fr); english = sentence(c.reason_user, "en", brief_en);
		french_brief = brief_fr; english_brief = brief_en;
	};
end

-- question is what is asked for a key.
local function question(key, login)
	local name, role = key:match("^([^\n]*)\n(.*)$");
	return {
		subject = { type = "user"; id = login(name or key) };
		action = { name = "session.open"; properties = role and { with = role } or nil };
	};
end

-- new begins to listen. o: url, token, stale, log; login(name) is what to ask
-- for; wanted() is the set of names whose answers must be known at all times;
-- told(key, answer) hears every answer; report(test) is what the point says of
-- itself, with when the account that is always closed was last refused.
local function new(o)
	local self = { undecided = undecided };
	local answers, asking, since = {}, {}, {}; -- by name
	local tide = 0; -- counts changes: an answer of an earlier one is worth nothing
	local heard, server, speed; -- the last word, and the time that it told
	local version, ready, broken, quiet = nil, nil, false, false;
	local stream; -- the request that listens
	local flushing, ended = false, false;

	local function fresh()
		return heard and not broken and monotonic() - heard <= o.stale;
	end
	self.fresh = fresh;

	-- What was asked less than a second ago counts whatever the clocks say.
	local function holds(a)
		return not a.till or monotonic() - a.asked < 1 or server + (monotonic() - heard) * speed < a.till;
	end

	-- known is the answer that holds, or nil.
	function self.known(name)
		local a = answers[name];
		return a and fresh() and holds(a) and a or nil;
	end

	local function settle(name, answer)
		local waiting = asking[name];
		asking[name] = nil;
		for _, tell in ipairs(waiting or {}) do tell(answer); end
	end

	-- post sends a document; done(what came back), or done(nil).
	local function post(path, document, done)
		http.request(o.url .. path, {
			method = "POST"; body = json.encode(document); suppress_errors = true;
			headers = { ["Content-Type"] = "application/json"; ["Authorization"] = "Bearer " .. o.token };
		}, function (text, code)
			local doc = code == 200 and json.decode(text);
			if type(doc) ~= "table" then
				o.log("warn", "Écluse did not answer %s (%s)", path, tostring(code));
				doc = nil;
			end
			done(doc, code);
		end);
	end

	-- evaluate asks questions; done(list of answers), or done(nil).
	local function evaluate(questions, done)
		local document = {
			resource = { type = "messaging"; id = "any"; properties = { service = "chat" } };
			evaluations = questions;
		};
		post("/access/v1/evaluations", document, function (doc)
			local list = doc and doc.evaluations;
			if type(list) ~= "table" or #list ~= #questions then return done(nil); end
			local answers = {};
			for i = 1, #list do answers[i] = read(list[i]); end
			done(answers);
		end);
	end

	local flush;
	local function soon()
		if not flushing then
			flushing = true;
			timer.add_task(0, function () flushing = false; flush(); end);
		end
	end

	-- ask_about sends a batch. Who waits is told `undecided` after `patience`; what
	-- comes later is still kept.
	local function ask_about(names)
		local questions, asked_at = {}, tide;
		for i, name in ipairs(names) do questions[i] = question(name, o.login); end
		evaluate(questions, function (list)
			if ended then return; end
			if list and asked_at ~= tide then -- decided before the change: ask again
				for _, name in ipairs(names) do if asking[name] then asking[name].sent = nil; end end
				return soon();
			end
			for i, name in ipairs(names) do
				local answer = list and list[i];
				answers[name] = answer or nil;
				if answer then since[name] = nil; end
				settle(name, answer and fresh() and answer or undecided);
				if answer and fresh() then o.told(name, answer); end
			end
		end);
	end

	function flush()
		if ended or not fresh() then return; end
		local batch = {};
		for name, waiting in pairs(asking) do
			if not waiting.sent then
				waiting.sent = monotonic();
				batch[#batch + 1] = name;
				if #batch == at_once then ask_about(batch); batch = {}; end
			end
		end
		if #batch > 0 then ask_about(batch); end
	end

	local function enqueue(name, tell)
		local waiting = asking[name];
		if not waiting then
			waiting = { since = monotonic() };
			asking[name] = waiting;
			soon();
		end
		waiting[#waiting + 1] = tell;
	end

	-- ask promises an answer; it comes within `patience`, and is never an error.
	function self.ask(name)
		return promise.new(function (resolve)
			local a = self.known(name);
			if a then return resolve(a); end
			enqueue(name, resolve);
			timer.add_task(patience, function () resolve(undecided); end);
		end);
	end

	-- turn forgets every answer and asks anew about those that must be known.
	local function turn()
		tide = tide + 1;
		answers = {};
		local now = monotonic();
		for name in pairs(o.wanted()) do
			since[name] = since[name] or now;
			enqueue(name);
		end
		for _, waiting in pairs(asking) do waiting.sent = nil; end
		soon();
	end

	-- word hears one event. Only what can be read counts as a word.
	local function word(event, text)
		local doc = json.decode(text);
		local at = type(doc) == "table" and seconds(doc.time);
		if not at then return; end
		local before = fresh();
		heard, server, speed = monotonic(), at, tonumber(doc.speed) or 1;
		if quiet then o.log("info", "Écluse is there again"); quiet = false; end
		if event == "snapshot" or doc.version ~= version or doc.ready ~= ready or not before then
			version, ready = doc.version, doc.ready;
			turn();
		end
	end

	-- reader cuts the stream into events (text/event-stream).
	local function reader()
		local left, event, data = "", "message", nil;
		return function (chunk)
			left = left .. chunk;
			if #left > 65536 then return false; end
			for line in left:gmatch("([^\n]*)\n") do
				line = line:gsub("\r$", "");
				local field, value = line:match("^(%l+): ?(.*)$");
				if line == "" then
					if data then word(event, data); end
					event, data = "message", nil;
				elseif field == "event" then
					event = value;
				elseif field == "data" then
					data = data and data .. "\n" .. value or value;
				end
			end
			left = left:match("([^\n]*)$");
			return true;
		end
	end

	local listen;
	local function again(this)
		if stream == this then
			stream = nil;
			timer.add_task(0.2 + math.random() * 0.3, function () if not stream then listen(); end end);
		end
	end

	function listen()
		if ended then return; end
		local this = { began = monotonic() };
		stream = this;
		this.request = http.request(o.url .. ("/gate/changes?tick=%gs"):format(o.stale / 4), {
			headers = { ["Accept"] = "text/event-stream"; ["Authorization"] = "Bearer " .. o.token };
			suppress_errors = true;
			streaming_handler = function (response)
				if response.code ~= 200 then return nil; end
				local feed = reader();
				return { write = function (_, chunk) return stream == this and feed(chunk); end }, function () end;
			end;
		}, function (_, code)
			if code == 401 or code == 403 then
				o.log("error", "Écluse refuses the token (%d): everybody stays closed. Make one with \"ecluse point add\".", code);
			end
			again(this);
		end);
	end

	-- test asks for the account that is always closed, and reports. If that account
	-- were open, nothing that comes from there could be believed.
	local function test()
		if ended then return; end
		if not heard then return 1; end
		evaluate({ question(self_test, function (name) return name; end) }, function (list)
			if not list then return; end
			broken = list[1].access > 0;
			if broken then o.log("error", "The account that is always closed is open: everybody stays closed. Is ecluse_url Écluse's?"); end
			post("/gate/report", o.report(not broken, version), function () end);
		end);
		return 15;
	end

	-- close_silent closes everybody when nothing has been heard for too long.
	local function close_silent()
		if not quiet and not broken then
			quiet = true;
			o.log("error", "No word from Écluse: everybody is closed until it is there (%d s of silence are borne)", o.stale);
		end
		for name in pairs(o.wanted()) do o.told(name, undecided); end
		for name in pairs(asking) do settle(name, undecided); end
		since = {};
		if stream and monotonic() - stream.began > o.stale then
			local old = stream;
			stream = nil;
			if old.request and old.request.cancel then old.request:cancel(); end
			listen();
		end
	end

	-- mend asks again for what is missing, and gives up on what stays so.
	local function mend()
		local now = monotonic();
		for name, waiting in pairs(asking) do
			if waiting.sent and now - waiting.sent > patience then
				settle(name, undecided);
			end
		end
		for name in pairs(o.wanted()) do
			if self.known(name) then
				since[name] = nil;
			else
				since[name] = since[name] or now;
				if now - since[name] > o.stale then o.told(name, undecided); end
				enqueue(name);
			end
		end
	end

	local function tick()
		if ended then return; end
		if fresh() then mend(); else close_silent(); end
		return 0.5;
	end

	function self.start()
		listen();
		timer.add_task(0.5, tick);
		timer.add_task(0.5, test);
	end

	function self.stop()
		ended = true;
		local old = stream;
		stream = nil;
		if old and old.request and old.request.cancel then old.request:cancel(); end
	end

	return self;
end

return { new = new; read = read; seconds = seconds };

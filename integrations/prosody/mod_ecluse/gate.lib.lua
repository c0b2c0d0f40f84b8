-- The gate itself: who may open a session, send, receive. What is asked and kept
-- stands in decisions, what a stanza is in rules, what waits in held.

local async = require "util.async";
local cache = require "util.cache";
local jid = require "util.jid";
local st = require "util.stanza";
local datetime = require "util.datetime".datetime;
local user_exists = require "core.usermanager".user_exists;

local rules = module:require "rules";
local held = module:require "held";
local refusal_of = module:require "limits";
local decisions = module:require "decisions";

local READ, REPLY, WRITE = 1, 2, 3;

local function token()
	local path = module:get_option_path("ecluse_token_file", nil, "config");
	if not path then error("set ecluse_token_file to the file with this point's token", 0); end
	local file, problem = io.open(path, "r");
	if not file then error("reading ecluse_token_file: " .. tostring(problem), 0); end
	local text = file:read("*a"):match("^%s*(%S+)%s*$");
	file:close();
	if not text then error(path .. " must hold one token and nothing else", 0); end
	return text;
end

-- login_of is what Écluse knows an account by. Characters that an address cannot
-- hold are written as \40 and the like (XEP-0106).
local as_jid = module:get_option_string("ecluse_login", "login") == "jid";
local function login_of(name)
	return as_jid and name .. "@" .. module.host or jid.unescape(name);
end

local sessions = prosody.hosts[module.host].sessions;

-- wanted are the accounts with a session or with messages that wait.
local function wanted()
	local set = {};
	for name in pairs(sessions) do set[name] = true; end
	for name in pairs(held.counts) do set[name] = true; end
	return set;
end

-- cut ends every session of an account, telling why.
local function cut(name, answer)
	local user = sessions[name];
	local live = {};
	for _, session in pairs(user and user.sessions or {}) do live[#live + 1] = session; end
	for _, session in ipairs(live) do
		session:close{ condition = "policy-violation"; text = answer.french .. "\n" .. answer.english };
	end
end

local function told(name, answer)
	if answer.access < READ then cut(name, answer); end
	if answer.access >= REPLY then held.release(name); end
end

-- report is what the point says of itself: see the page "points" of Écluse.
local function report(refused, version)
	local live = 0;
	for _, user in pairs(sessions) do
		for _ in pairs(user.sessions) do live = live + 1; end
	end
	return {
		instance = module.host; software = "Prosody " .. tostring(prosody.version); time = datetime();
		version = version; live = live; self_test = { at = datetime(); refused = refused };
	};
end

local point = decisions.new{
	url = (module:get_option_string("ecluse_url", "http://127.0.0.1:8080"):gsub("/+$", ""));
	token = token();
	stale = math.max(3, math.min(60, module:get_option_number("ecluse_stale_after", 10)));
	log = function (...) module:log(...); end;
	login = login_of;
	wanted = wanted;
	told = told;
	report = report;
};

-- answer_for is what holds for an account; it waits for Écluse if it must. Where
-- it cannot wait nothing is decided.
local function answer_for(name)
	local known = point.known(name);
	if known then return known; end
	if not async.ready() then return point.undecided; end
	return async.wait_for(point.ask(name)) or point.undecided;
end

-- here reports whether there is such an account. Anybody can write to a name that
-- they invent: nobody asks about it, and nothing is kept for it.
local function here(name)
	return sessions[name] ~= nil or point.known(name) ~= nil or user_exists(name, module.host);
end

local function alike(a, b)
	if a == b then return true; end
	if not a or not b then return false; end
	for _, key in ipairs{ "attachments"; "links"; "lists"; "recipients"; "per_hour" } do
		if a[key] ~= b[key] then return false; end
	end
	return true;
end

-- toward is what holds for what an account sends to an address. An order may bind
-- only what is exchanged with certain roles; whose role is not known counts as all
-- of them.
local function toward(name, answer, to)
	local strict = answer_for(name .. "\neveryone");
	if strict.access == answer.access and alike(strict.limits, answer.limits) then return answer; end
	local node, host = jid.split(to);
	if not node or host ~= module.host or not here(node) then return strict; end
	local role = answer_for(node).role;
	return role and answer_for(name .. "\n" .. role) or strict;
end

-- Opening a session.
module:hook("pre-resource-bind", function (event)
	local session = event.session;
	local answer = answer_for(session.username);
	if session.destroyed or not session.username then return false; end
	if answer.access >= READ then
		if answer.access >= REPLY then held.release(session.username); end -- what could not be delivered before
		return;
	end
	session:close{ condition = "policy-violation"; text = answer.french .. "\n" .. answer.english };
	return false;
end, 1000);

-- Who wrote to whom: accounts that may only answer answer these.
local wrote = cache.new(50000);

local function note_sender(name, stanza)
	local kind = stanza.attr.type or "normal";
	if kind ~= "chat" and kind ~= "normal" then return; end
	local from = wrote:get(name);
	if not from then
		from = cache.new(1000);
		wrote:set(name, from);
	end
	from:set(stanza.attr.from, true);
	if not stanza:get_child("x", "http://jabber.org/protocol/muc#user") then
		from:set(jid.bare(stanza.attr.from), true);
	end
end

local function wrote_before(name, to)
	local from = wrote:get(name);
	return from and (from:get(to) or from:get(jid.bare(to))) and true or false;
end

local function passes(name, answer, class, stanza)
	if class == "answer" and answer.access == REPLY then return wrote_before(name, stanza.attr.to); end
	return answer.access >= rules.needs[class];
end

local function refuse(session, stanza, text)
	local kind = stanza.attr.type;
	if kind == "error" or kind == "result" then return true; end
	-- mod_presence sends old subscription requests again by itself: nobody waits
	-- for an error about those.
	if stanza.attr.from == session.full_jid then
		session.send(st.error_reply(stanza, "wait", "policy-violation", text));
	end
	return true;
end

-- Everything that a session sends, before anything else sees it.
module:hook("pre-stanza", function (event)
	local session, stanza = event.origin, event.stanza;
	if stanza.name == "presence" and stanza.attr.type == "unavailable" then
		local known = point.known(session.username);
		if not known or known.access < WRITE then rules.strip(stanza); end
		return;
	end
	local class, name = rules.class(stanza, session), session.username;
	local answer = answer_for(name);
	if class ~= "free" then answer = toward(name, answer, stanza.attr.to); end
	if session.destroyed or not session.username then return true; end
	if not passes(name, answer, class, stanza) then
		if class == "quiet" then return true; end
		return refuse(session, stanza, answer.french_brief .. "\n" .. answer.english_brief);
	end
	local text = answer.limits and class ~= "free" and refusal_of(answer.limits, name, stanza);
	if text then return refuse(session, stanza, text); end
	if stanza.name == "presence" and answer.access < WRITE then rules.strip(stanza); end
end, 1000);

-- May this reach the account now? Nobody waits here: a room may be in the midst
-- of telling its occupants. What is not known yet is kept and asked for.
local function receives(name)
	if held.releasing == name then return true; end
	local known = point.known(name);
	if not known then
		point.ask(name); -- told releases what was kept meanwhile
		return false;
	end
	if known.access < REPLY then return false; end
	if not held.stuck[name] then held.release(name); end
	return true;
end

-- from_others reports whether a stanza comes neither from the account itself nor
-- from this server.
local function from_others(stanza, name)
	local node, host = jid.split(stanza.attr.from);
	return host and not (host == module.host and (not node or node == name));
end

local function wait_outside(event)
	local origin, stanza = event.origin, event.stanza;
	local name = stanza.attr.to and jid.node(stanza.attr.to);
	if not name or stanza.attr.type == "error" or not from_others(stanza, name) or not here(name) then return; end
	if receives(name) then
		if rules.spoken(stanza) then note_sender(name, stanza); end
		return;
	end
	if not rules.spoken(stanza) then return true; end -- somebody types: it means nothing later
	local kept, condition = held.keep(name, stanza);
	if not kept and stanza.attr.type ~= "groupchat" and origin.send then
		origin.send(st.error_reply(stanza, "wait", condition, "Ce compte est fermé, et trop de messages l’attendent déjà."
			.. "\nThis account is closed, and too many messages wait for it already."));
	end
	return true;
end
module:hook("message/bare", wait_outside, 1000);
module:hook("message/full", wait_outside, 1000);

-- Calls and files from one program to another do not wait: they are refused.
module:hook("iq/full", function (event)
	local stanza = event.stanza;
	local name = jid.node(stanza.attr.to);
	if stanza.attr.type ~= "set" or not jid.node(stanza.attr.from) or not from_others(stanza, name)
		or not here(name) or receives(name) then
		return;
	end
	event.origin.send(st.error_reply(stanza, "cancel", "service-unavailable"));
	return true;
end, 1000);

point.start();

return point.stop;

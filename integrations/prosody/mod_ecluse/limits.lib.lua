-- The limits that an order may set on those who write: files, links, lists, how
-- many readers, how many messages an hour.

local cache = require "util.cache";
local monotonic = require "util.time".monotonic;
local rules = module:require "rules";

local sent = cache.new(100000); -- by name: when the messages of the last hour left

local words = {
	attachments = { "Les fichiers et les appels ne sont pas possibles en ce moment.", "Files and calls are not possible at the moment." };
	links = { "Les liens, et les messages chiffrés, ne sont pas possibles en ce moment.", "Links, and sealed messages, are not possible at the moment." };
	lists = { "Écrire à un salon ou à une liste n’est pas possible en ce moment.", "Writing to a room or a list is not possible at the moment." };
	recipients = { "Ce message a trop de destinataires.", "This message has too many recipients." };
	per_hour = { "Vous avez envoyé trop de messages depuis une heure. Réessayez plus tard.", "You have sent too many messages within the hour. Try again later." };
};

-- counted notes a message that leaves, and reports whether it is one too many.
local function counted(name, most)
	local now, recent = monotonic(), {};
	for _, at in ipairs(sent:get(name) or {}) do
		if now - at < 3600 then recent[#recent + 1] = at; end
	end
	if #recent >= most then
		sent:set(name, recent);
		return true;
	end
	recent[#recent + 1] = now;
	sent:set(name, recent);
	return false;
end

local function broken(limits, name, stanza)
	if limits.attachments == false and rules.file(stanza) then return "attachments"; end
	if not rules.spoken(stanza) then return nil; end
	local readers, list = rules.readers(stanza);
	if list and limits.lists == false then return "lists"; end
	if type(limits.recipients) == "number" and readers > limits.recipients then return "recipients"; end
	if limits.links == false and rules.linked(stanza) then return "links"; end
	if type(limits.per_hour) == "number" and counted(name, limits.per_hour) then return "per_hour"; end
	return nil;
end

-- refusal is the sentence for who breaks a limit, or nil.
return function (limits, name, stanza)
	local which = broken(limits, name, stanza);
	if not which then return nil; end
	return words[which][1] .. "\n" .. words[which][2];
end

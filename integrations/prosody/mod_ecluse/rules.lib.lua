-- What a stanza is: a pure function of the stanza and of whom it leaves.
--
-- Nothing is closed by name: whatever is not named here needs `write`. So a
-- protocol that this file has never heard of is closed with the rest.
--
--   free    passes wherever the person may read
--   quiet   passes only with `write`; below it is dropped without a word,
--           because a program sent it, not the person
--   upload  a place to put a file: passes from `reply` on
--   answer  a message to one person: from `reply` on, to those who wrote first
--   send    passes only with `write`

local jid = require "util.jid";

local M = {};

-- Namespaces of what accompanies messages and holds no words.
local wordless = {
	["http://jabber.org/protocol/chatstates"] = true; -- XEP-0085
	["urn:xmpp:receipts"] = true; -- XEP-0184
	["urn:xmpp:chat-markers:0"] = true; -- XEP-0333
	["urn:xmpp:hints"] = true; -- XEP-0334
	["urn:xmpp:sid:0"] = true; -- XEP-0359
};

-- What a message may hold and still be for one person alone: neither an
-- invitation nor further addresses.
local addresses = {
	["http://jabber.org/protocol/address"] = true; -- XEP-0033
	["http://jabber.org/protocol/muc#user"] = true; -- XEP-0045, mediated invitations
	["jabber:x:conference"] = true; -- XEP-0249
	["http://jabber.org/protocol/rosterx"] = true; -- XEP-0144
	["urn:xmpp:forward:0"] = true; -- XEP-0297
};

-- What a person may ask of their own account: nothing that others are told of.
local own_set = {
	["jabber:iq:roster"] = true;
	["jabber:iq:private"] = true;
	["jabber:iq:privacy"] = true;
	["jabber:iq:register"] = true; -- one's own password
	["urn:ietf:params:xml:ns:xmpp-session"] = true;
	["urn:xmpp:blocking"] = true;
	["urn:xmpp:carbons:2"] = true;
	["urn:xmpp:mam:2"] = true;
	["urn:xmpp:push:0"] = true;
};

-- Nodes of the own account (XEP-0163) that hold settings and keys, no words.
local own_nodes = {
	["storage:bookmarks"] = true;
	["urn:xmpp:bookmarks:1"] = true;
	["urn:xmpp:mds:displayed:0"] = true;
	["urn:xmpp:omemo:2:devices"] = true;
	["urn:xmpp:omemo:2:bundles"] = true;
	["eu.siacs.conversations.axolotl.devicelist"] = true;
};

-- What a presence keeps below `write`: availability, and nothing to read.
local kept = {
	["show"] = true; ["priority"] = true;
	["http://jabber.org/protocol/caps"] = true;
	["http://jabber.org/protocol/muc"] = true;
	["vcard-temp:x:update"] = true;
	["urn:xmpp:idle:1"] = true;
	["urn:xmpp:delay"] = true;
	["jabber:x:delay"] = true;
};
local shows = { away = true; chat = true; dnd = true; xa = true };

-- uploads reports whether a namespace is that of places for files (XEP-0363).
local function uploads(ns)
	return ns:sub(1, 21) == "urn:xmpp:http:upload:" or ns == "urn:xmpp:http:upload";
end

-- where says whose an address is, for a session: "own", "service" (a host),
-- "bare" (a person's server or a room) or "peer" (somebody's program).
local function where(to, session)
	if not to then return "own"; end
	local node, host, resource = jid.split(to);
	if not host then return "peer"; end
	if host == session.host and (not node or node == session.username) then return "own"; end
	if not node then return "service"; end
	return resource and "peer" or "bare";
end

local function message(stanza, session)
	local kind = stanza.attr.type or "normal";
	if kind == "error" then return "quiet"; end
	local words, further = false, false;
	for _, child in ipairs(stanza.tags) do
		local ns = child.attr.xmlns;
		if not (ns and wordless[ns]) and child.name ~= "thread" then words = true; end
		if ns and addresses[ns] then further = true; end
	end
	if not words then return "quiet"; end
	local at = where(stanza.attr.to, session);
	if (kind == "chat" or kind == "normal") and not further and (at == "bare" or at == "peer") then
		return "answer";
	end
	return "send";
end

-- A room is entered under a name that everybody there reads: below `write` it
-- must be the account's own, or the one already in use there.
local function directed(to, session)
	local node, host, resource = jid.split(to);
	if not resource then return "free"; end
	if host == session.host and node == session.username then return "free"; end
	if session.directed and session.directed[to] then return "free"; end
	return resource:lower() == session.username and "free" or "send";
end

local told = { unavailable = true; probe = true; subscribed = true; unsubscribe = true; unsubscribed = true };

local function presence(stanza, session)
	local kind, to = stanza.attr.type, stanza.attr.to;
	if kind and told[kind] then return "free"; end
	if kind == "error" then return "quiet"; end
	if kind then return "send"; end -- subscribe: a word to somebody new
	return to and directed(to, session) or "free";
end

-- publishes reports whether a request to the own account changes nothing but
-- settings and keys.
local function settles(query)
	for _, act in ipairs(query.tags) do
		local node = act.attr.node or "";
		local known = own_nodes[node] or node:sub(1, 39) == "eu.siacs.conversations.axolotl.bundles:";
		if act.name ~= "publish-options" and not (known and (act.name == "publish" or act.name == "retract")) then
			return false;
		end
	end
	return true;
end

local function request(stanza, session, at)
	local query = stanza.tags[1];
	local ns = query and query.attr.xmlns or "jabber:client";
	if uploads(ns) then return "upload"; end
	if at == "peer" then return "send"; end
	if stanza.attr.type == "get" then return "free"; end
	if at ~= "own" then return "send"; end
	if ns == "http://jabber.org/protocol/pubsub" then return settles(query) and "free" or "send"; end
	return own_set[ns] and "free" or "send";
end

local function iq(stanza, session)
	local at = where(stanza.attr.to, session);
	if stanza.attr.type == "get" or stanza.attr.type == "set" then return request(stanza, session, at); end
	return (at == "own" or at == "service") and "free" or "quiet";
end

local classes = { message = message; presence = presence; iq = iq };

-- class says what a stanza is that a session sends.
function M.class(stanza, session)
	local of = classes[stanza.name];
	return of and of(stanza, session) or "send";
end

-- needs is the access from which a class passes.
M.needs = { free = 1; upload = 2; answer = 2; quiet = 3; send = 3 };

-- strip takes from a presence whatever somebody could read.
function M.strip(stanza)
	stanza:maptags(function (tag)
		local key = tag.attr.xmlns or tag.name;
		if not kept[key] then return nil; end
		if key == "show" and not shows[tag:get_text() or ""] then return nil; end
		if key == "priority" and not (tag:get_text() or ""):match("^%s*[+-]?%d%d?%d?%s*$") then return nil; end
		return tag;
	end);
end

-- Files and calls (XEP-0066, -0096, -0166, -0231, -0234, -0261, -0353, -0385, -0446, -0447).
local files = {
	["jabber:x:oob"] = true; ["jabber:iq:oob"] = true; ["urn:xmpp:bob"] = true;
	["http://jabber.org/protocol/si"] = true; ["http://jabber.org/protocol/ibb"] = true;
	["http://jabber.org/protocol/bytestreams"] = true; ["urn:xmpp:reference:0"] = true;
	["urn:xmpp:sims:1"] = true; ["urn:xmpp:sfs:0"] = true; ["urn:xmpp:file:metadata:0"] = true;
};

-- file reports whether a stanza carries a file or asks for a place for one.
function M.file(stanza)
	for _, child in ipairs(stanza.tags) do
		local ns = child.attr.xmlns or "";
		if files[ns] or uploads(ns) or ns:sub(1, 15) == "urn:xmpp:jingle" then return true; end
	end
	return false;
end

-- linked reports whether somebody could follow an address in a message, or
-- nobody but its readers can know (XEP-0380 and before: the words are sealed).
function M.linked(stanza)
	local found = false;
	local function look(element)
		local ns = element.attr.xmlns or "";
		if ns == "urn:xmpp:eme:0" or ns == "jabber:x:encrypted" or ns:find("omemo", 1, true) or ns:find("axolotl", 1, true)
			or element.attr.href or element.attr.url then
			found = true;
			return;
		end
		local text = (element:get_text() or ""):lower();
		if not ns:find("^urn:xmpp:") and (text:find("%a[%w+.-]*://") or text:find("www.", 1, true)
			or text:find("mailto:", 1, true) or text:find("xmpp:", 1, true)) then
			found = true;
			return;
		end
		for _, child in ipairs(element.tags) do look(child); end
	end
	for _, child in ipairs(stanza.tags) do look(child); end
	return found;
end

-- readers counts the addresses of a message (XEP-0033), and says whether it
-- goes to a list.
function M.readers(stanza)
	local more = stanza:get_child("addresses", "http://jabber.org/protocol/address");
	if more then return math.max(1, #more.tags), true; end
	return 1, stanza.attr.type == "groupchat";
end

-- spoken reports whether a message holds more than signs between programs.
function M.spoken(stanza)
	return stanza.name == "message" and message(stanza, {}) ~= "quiet";
end

return M;

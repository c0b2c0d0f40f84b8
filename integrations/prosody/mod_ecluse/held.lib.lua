-- Messages that wait outside a mailbox, in their order, until its owner may
-- receive them. They are kept in Prosody's own storage, before the archive, the
-- carbons and the notifications to telephones have seen them.

local jid = require "util.jid";
local st = require "util.stanza";
local datetime = require "util.datetime".datetime;

local most = module:get_option_number("ecluse_most_held", 500); -- for one account

local store = module:open_store("ecluse_held", "archive");
local counts = {};

-- Who has messages that wait, from before the last start.
if store.users then
	for name in store:users() do
		local items = store:find(name, {});
		local n = 0;
		if items then for _ in items do n = n + 1; end end
		if n > 0 then counts[name] = n; end
	end
end

-- stuck are those of whose messages some could not be delivered.
local M = { counts = counts, stuck = {} };

-- keep takes a message for somebody; false and a condition where it cannot.
function M.keep(name, stanza)
	if (counts[name] or 0) >= most then return false, "resource-constraint"; end
	local kept = st.clone(stanza);
	kept:tag("delay", { xmlns = "urn:xmpp:delay"; from = module.host; stamp = datetime() }):up(); -- XEP-0203
	local ok, err = store:append(name, nil, kept, os.time(), jid.bare(stanza.attr.from) or "");
	if not ok then
		module:log("error", "A message for a closed account could not be kept and goes back to its sender: %s", tostring(err));
		return false, "internal-server-error";
	end
	counts[name] = (counts[name] or 0) + 1;
	return true;
end

-- forget takes out what has been delivered: everything, where nothing is left.
local function forget(name, sent, left)
	local ok, err = true, nil;
	if left == 0 then ok, err = store:delete(name); end
	for i = 1, left > 0 and #sent or 0 do
		if ok then ok, err = store:delete(name, { key = sent[i] }); end
	end
	if not ok then module:log("error", "Messages that waited are delivered, and may be once more after a restart: %s", tostring(err)); end
	counts[name] = left > 0 and left or nil;
	M.stuck[name] = left > 0 or nil;
end

-- release sends everything that waits for somebody, oldest first. While it does,
-- the account counts as open: see releasing. What cannot be delivered goes on
-- waiting, until the next answer about the account, or until its owner signs in.
function M.release(name)
	if not counts[name] or M.releasing == name then return; end
	local items, err = store:find(name, {});
	if not items then
		module:log("error", "The messages that wait for an account cannot be read: %s", tostring(err));
		return;
	end
	local before, sent, left = M.releasing, {}, 0;
	M.releasing = name;
	for key, stanza in items do
		local ok, problem = pcall(module.send, module, stanza);
		if ok then
			sent[#sent + 1] = key;
		else
			left = left + 1;
			module:log("error", "A message that waited could not be delivered, and goes on waiting: %s", tostring(problem));
		end
	end
	M.releasing = before;
	forget(name, sent, left);
end

return M;

-- mod_ecluse closes and reopens chat for the people whom Écluse's orders bind.
-- Prosody 0.12. Load it on each VirtualHost that has accounts.
--
--   ecluse_url         where `ecluse serve` listens, such as "http://127.0.0.1:8080"
--   ecluse_token_file  the token of this point (ecluse point add)
--   ecluse_login       "login": Écluse knows people by the part before the @ (the
--                      default); "jid": by the whole address
--   ecluse_stale_after seconds without a word from Écluse after which everybody is
--                      closed; 10, between 3 and 60
--   ecluse_most_held   messages that may wait for one account; 500
--
-- What it does, by what an account may:
--
--   closed  no session: a new one ends before it is bound, a live one (one that
--           sleeps, XEP-0198, too) ends with <policy-violation/> and the notice.
--           Messages to the account wait outside its mailbox.
--   read    the session lives; sending is refused with <policy-violation/> and a
--           sentence. Messages to the account wait.
--   reply   answers to those who wrote are let through; all else is refused.
--   write   everything, within the limits that orders set.
--
-- In doubt (Écluse silent, an answer that cannot be read) everybody is closed.

--
-- Prosody goes on without a module that fails to load. So what can fail stands in
-- gate.lib.lua, and where that does not load everybody is closed.

local loaded, stop = pcall(function () return module:require "gate"; end);

if not loaded then
	module:log("error", "Everybody is closed, because mod_ecluse cannot work: %s", tostring(stop));
	local text = "La messagerie est fermée : le serveur est mal réglé. Prévenez son administrateur."
		.. "\nMessaging is closed: the server is set up wrongly. Tell its administrator.";
	module:hook("pre-resource-bind", function (event)
		event.session:close{ condition = "policy-violation"; text = text };
		return false;
	end, 1000);
	module:hook("pre-stanza", function (event)
		return event.stanza.attr.type ~= "unavailable" or nil;
	end, 1000);
end

function module.unload()
	if loaded then stop(); end
end

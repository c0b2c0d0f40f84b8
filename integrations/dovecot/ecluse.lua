-- Écluse for Dovecot: a password database that stands before all others and asks,
-- at every sign-in, whether the person's mailbox is open now.
--
--   open       the other password databases go on as if this one were not there
--   closed     they check the password; if it is right, the person reads who closed
--              the mailbox and until when; if it is wrong, nothing but that
--   no answer  nobody signs in: NO [UNAVAILABLE], and mail programs try again
--
-- For Dovecot 2.3.17 and later, and 2.4. How to install it is told in
-- docs/integrations/dovecot.md of Écluse.

local settings = {
  -- Where Écluse is asked: "ecluse serve" on this machine, or "ecluse proxy"
  -- (dovecot.listen) if Écluse is on another.
  url = "http://127.0.0.1:8080/gate/dovecot/login",

  -- The file with the token of "ecluse point add NAME --kind dovecot"; "" where
  -- Écluse trusts this server's address (gate.trusted).
  token_file = "/etc/dovecot/ecluse.token",

  -- After so many milliseconds without an answer nobody signs in.
  timeout = 2000,
}

-- Services that others watch: whoever signs in to send through Postfix is asked
-- about by Postfix at every letter, and lmtp is delivery.
local elsewhere = { smtp = true, lmtp = true }

local client, token

local function read_token(path)
  if path == "" then
    return ""
  end
  local file, problem = io.open(path, "r")
  if not file then
    error("ecluse: " .. problem)
  end
  local text = file:read("*l") or ""
  file:close()
  return (text:gsub("%s+$", ""))
end

-- Dovecot 2.4 hands over lua_settings; both call this once for each process.
function script_init(args)
  for name, value in pairs(args or {}) do
    settings[name] = value
  end
  token = read_token(settings.token_file)
  local timeout = math.floor(tonumber(settings.timeout))
  if args == nil then -- 2.3
    client = dovecot.http.client({
      request_absolute_timeout_msecs = timeout,
      request_timeout_msecs = timeout,
      connect_timeout_msecs = timeout,
      max_attempts = 2,
      no_auto_redirect = true,
    })
  else
    client = dovecot.http.client({
      request_absolute_timeout = timeout .. "ms",
      request_timeout = timeout .. "ms",
      connect_timeout = timeout .. "ms",
      request_max_attempts = "2",
      auto_redirect = "no",
    })
  end
  return 0
end

local function form(text)
  return (text:gsub("[^%w]", function(c) return ("%%%02X"):format(c:byte()) end))
end

-- ask returns "open", or "closed" and the sentence for the person; anything else is
-- no answer, and why.
local function ask(login, service)
  local request = client:request({ url = settings.url, method = "POST" })
  request:add_header("Content-Type", "application/x-www-form-urlencoded")
  if token ~= "" then
    request:add_header("X-Ecluse-Point", token)
  end
  request:set_payload("login=" .. form(login) .. "&service=" .. form(service))
  local response = request:submit()
  if response:status() ~= 200 then
    return nil, response:status() .. " " .. (response:reason() or "")
  end
  local word, sentence = response:payload():match("^(%a+)\n([^\n]*)\n?$")
  if word == "open" then
    return "open"
  elseif word == "closed" and sentence ~= "" then
    return "closed", sentence
  end
  return nil, "an answer that is none of Écluse's"
end

function auth_passdb_lookup(req)
  if elsewhere[req.service or req.protocol] then
    return dovecot.auth.PASSDB_RESULT_NEXT, ""
  end
  local asked, word, sentence = pcall(ask, req.user, req.service or req.protocol or "")
  if asked and word == "open" then
    return dovecot.auth.PASSDB_RESULT_NEXT, ""
  elseif asked and word == "closed" then
    return dovecot.auth.PASSDB_RESULT_OK, {
      noauthenticate = "y",       -- the other databases check the password
      nologin = "y",              -- and even the right one does not open the mailbox
      ecluse_reason = sentence,   -- they show this then (override_fields)
      proxy_mech = "EXTERNAL",    -- a Dovecot proxy that overlooks nologin fails here
    }
  end
  return dovecot.auth.PASSDB_RESULT_INTERNAL_FAILURE,
    "ecluse does not decide: " .. tostring(asked and sentence or word)
end

-- A chat server of a school that Écluse closes and reopens: Prosody 0.12 with
-- the module of this folder. What Écluse needs stands between the two lines of
-- dashes; the rest is a small server as Debian ships it.

plugin_paths = { "/usr/local/lib/prosody/modules" } -- holds the folder mod_ecluse

-- ---------------------------------------------------------------------------
ecluse_url = "http://127.0.0.1:8080"         -- where `ecluse serve` listens
ecluse_token_file = "/etc/prosody/ecluse.token" -- from: ecluse point add --kind prosody
ecluse_stale_after = 10                      -- seconds of silence, then everybody is closed
allow_registration = false                   -- accounts come from the school, from nowhere else
-- ---------------------------------------------------------------------------

modules_enabled = {
	"ecluse"; -- on every VirtualHost
	"admin_shell"; -- for prosodyctl shell, which shows whether the module is loaded
	"roster"; "saslauth"; "tls"; "disco"; "ping"; "presence"; "message"; "iq";
	"carbons"; "mam"; "offline"; "smacks"; "pep"; "private"; "blocklist"; "vcard4"; "vcard_legacy"; "bookmarks";
}
modules_disabled = { "s2s" } -- a school's chat speaks to nobody outside

interfaces = { "127.0.0.1" }
c2s_ports = { 5222 }
c2s_direct_tls_ports = {}
c2s_require_encryption = true
authentication = "internal_hashed"
storage = "internal"
data_path = "/var/lib/prosody"
pidfile = "/run/prosody/prosody.pid"
log = { info = "*console" }

VirtualHost "chat.example"

-- Rooms need no module: whoever speaks in them does so from an account above.
Component "rooms.chat.example" "muc"
	modules_enabled = { "muc_mam" }

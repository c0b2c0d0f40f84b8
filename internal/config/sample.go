package config

import "strings"

// The samples explain every key. What most installations leave out stands in
// comments that begin without a space, so that a test can take them in.

// Sample is a configuration of `ecluse serve` with every key explained.
var Sample = strings.NewReplacer("@WHO2@\n", indented(sampleWho, "    "), "@MORE@\n", indented(sampleServers+"\n"+sampleInside, "  ")).Replace(sampleServe)

// ProxySample is a configuration of `ecluse proxy` with every key explained.
var ProxySample = strings.NewReplacer("@WHO@\n", indented(sampleWho, "  "), "@MORE@\n", sampleServers).Replace(sampleProxy)

// indented puts a margin before every line that holds something.
func indented(text, margin string) string {
	lines := strings.SplitAfter(text, "\n")
	for i, l := range lines {
		if strings.TrimSpace(l) != "" {
			lines[i] = margin + l
		}
	}
	return strings.Join(lines, "")
}

const sampleServe = `# Écluse: what "ecluse serve --config FILE" runs on. Every key may be left out.

# Where to listen: address and port. Without TLS here or a proxy in front, keep
# to the loopback address.
listen: 127.0.0.1:8080

# Where everything is kept: a file (SQLite, made when it is not there; beside this
# one unless its whole path is given) or
# postgres://user@host/name. A password belongs in PGPASSFILE, not in this file.
database: ecluse.db

# The certificate and key that Écluse answers with itself (PEM files). Leave both
# empty when a proxy in front speaks TLS.
tls:
  certificate: ""
  key: ""

# true when a proxy in front speaks TLS with browsers and tells their address in
# X-Forwarded-For. Never true without such a proxy: anybody could then claim any
# address.
proxied: false

# School holidays that were read with "ecluse calendar import --out FILE". They
# are added to those that Écluse knows.
calendar: ""

# What people do by hand for systems that Écluse cannot reach (Pronote, an ENT by
# its publisher): a catalogue that takes the place of the built-in one, which
# "ecluse config procedures" prints (docs/answers.md).
procedures: ""

# Passwords that thieves know: a file made with "ecluse credentials build"
# (docs/leaks.md). None of them is accepted as a new password, and whoever signs in
# with one is asked for another. Nothing leaves this machine. Empty: not checked.
leaked: ""

# From which country a connection comes: up to three databases in the MaxMind format
# (.mmdb), each of another maker (docs/places.md). Two that agree are enough to refuse
# somebody, one alone never is; where it is not known a second proof is asked for.
# Écluse notices within half a minute when a file is replaced. Empty: no country is
# known.
places: []

# The countries from which people sign in, as codes of ISO 3166-1; FR+ is France with
# all its territories: [FR+]. Who travels is let through by the school. Empty: from
# anywhere. Orders may ask for countries of their own (docs/orders.md).
countries: []

# The country in which this server's own network stands (10.0.0.0/8, 192.168.0.0/16,
# fc00::/7, the machine itself), for people who reach it from inside, such as FR or
# RE. Behind a proxy set "proxied" as well, or everybody seems to come from inside.
# Empty: not known, as an address that no database knows.
own_country: ""

# The address at which browsers reach these pages, such as
# https://ecluse.academie.example. Passkeys belong to it: whoever changes it makes
# every passkey useless. Empty: that of "mail" below; without either there are no
# passkeys.
address: ""

# The key that keeps the secrets of code applications, recovery codes and code
# cards from whoever has the database alone. Made at the first start; several nodes
# share it. Keep a copy, apart from the database's: without it no code is accepted.
# Empty: beside the database's file. With PostgreSQL name one, else no codes can be
# set up.
seal_key: ""

# What is logged: debug, info, warn or error.
log: info

# How many different people must sign an order for more than one school before it
# is issued, each with their password: 1 to 9. Whoever holds an office of the
# issuer or of a level above may sign. An order for one school needs one.
signatures: 2

# The gate: messaging that is not Écluse's own (docs/gate.md). Points are added
# with "ecluse point add". Lines that begin with # and no space are further keys:
# take the # away to use them.
gate:
  # Networks of servers that may ask without a token and whose identity header is
  # believed, such as [127.0.0.1]. Anybody who can open a connection from there can
  # claim to be anybody: name servers, not the network of a school. A proxy there
  # that passes the public's requests on must not pass on /gate/ and /metrics.
  trusted: []

  # How a request that a server forwards tells who is asking; several ways may be
  # given, and the first that finds somebody counts (docs/integrations/identity.md).
  identity:
    # The header that the server in front sets, and takes out of what clients send.
    header: X-Ecluse-User
@WHO2@

  # Which addresses are messaging; the first route that fits counts. Without
  # routes every address is. For example:
  #   - {path: /messagerie/api/send, service: messaging, action: message.send}
  #   - {path: /messagerie/**, service: messaging}
  #   - {path: /help/**, open: true}
  #   - {host: chat.ent.example, path: /**, methods: [POST], service: chat, school: 0799001E, refusal: matrix}
  routes: []

  # What no route names: "open" or "messaging". Empty: messaging where there are
  # no routes, open where there are.
  unmatched: ""

@MORE@

# The feed of signed orders (docs/feed.md, docs/following.md): to issue one, made
# with "ecluse feed init" and served under /feed/.
#feed:
#  dir: feed
#  keys: keys                # *.pem, or *.token, of snapshot, timestamp, log and offices; never the root's
#  witnesses: [name+hash+key] # second bodies whose cosignatures of the log are taken in

# To follow one. Its first root and its log's key come by another way.
#follow:
#  url: https://ministry.example/feed
#  root: 1.root.json
#  log: name+hash+key        # empty: the log is not read
#  witnesses: [name+hash+key] # second bodies that cosign the log
#  need: 1                   # how many of them must have, before an order counts
#  dir: followed             # keeps the last good set
#  within: [FR/13]           # with the offices above and below; none: all
#  every: 15s                # the shortest wait between two looks
#  stale_after: 24h          # without a word for so long, pupils are closed
#  late: 0s                  # how long after its end a signature counts, where a feed is carried by hand
#  contact: {office: Service informatique, phone: "05 49 00 00 00", email: aide@academie.example} # whom people call then
#  answers: {key: answers.key, url: ""} # the schools' answers are told to the installation above: at url, or where the feed is, and /answers

# Letters by e-mail (docs/mail.md): reminders to schools that are late, to those who
# sign an order, to families, and copies of orders. Without this none leaves.
#mail:
#  relay: smtp.academie.example:587
#  from: ecluse@academie.example   # somebody reads it: what cannot be delivered comes back to it
#  name: Écluse                    # how readers see the sender
#  address: https://ecluse.academie.example # of these pages, for links
#  user: ecluse                    # with password_file, where the relay wants it
#  password_file: mail.password
#  tls: starttls                   # implicit (port 465), or none for a relay on this machine
#  per_second: 10                  # the most letters
#  escalate: 0s                    # from the reminder to the level above; 0: the order's time to answer, again

# Notices to browsers (docs/push.md): people who ask for it are told at once, on their
# own devices, of a new sign-in and of changes to their account. They pass through the
# services of the browsers' makers, encrypted, and the server connects to these
# services and to no other. Without this nothing is sent, and nothing is asked.
#push:
#  contact: mailto:aide@academie.example # whom these services write to
#  services: []                    # their hosts; empty: those of Chrome, Firefox, Safari and Edge

# People sign in at services that know them already (docs/federation.md): nobody who
# is not in the directory gets in, and no account is made. The address above is needed.
#sign_in:
#  providers:
#    - name: portail                # in addresses; the way back is /sign-in/service/portail/back
#      kind: oidc                   # or cas
#      url: https://portail.academie.example # the issuer, or the address of CAS
#      client_id: ecluse            # oidc alone, like the next three
#      client_secret_file: portail.secret
#      scopes: [profile]            # beside openid
#      acr_values: eidas1           # what is asked for, where the service wants that
#      claim: uid                   # or attribute that names the person; empty: preferred_username, then sub, or CAS's user
#      prefix: ""                   # put before that name, so that two services do not mix theirs
#      second: [amr=mfa]            # then the service asked for a second factor itself
#      for: [teacher, staff, head, office, guardian] # whose accounts it opens: all their places; empty: everybody
#      label_fr: Portail des agents
#      label_en: Agents' portal
#      renew_url: https://portail.academie.example/mot-de-passe # where people change their password
`

const sampleProxy = `# Écluse: what "ecluse proxy --config FILE" runs on. It stands in front of a
# messaging, decides about every request, and ends what is live at the second at
# which messaging closes. It asks an Écluse that is served elsewhere.

# Where to ask, and the file that holds the token printed by
# "ecluse point add NAME --kind proxy". Without a word from there everything
# closes after stale_after.
decisions:
  url: http://127.0.0.1:8080
  token_file: ecluse.token
  stale_after: 10s

# Where to listen, and what stands behind. Leave listen empty to run only the
# servers named further below (postfix, dovecot, ...).
listen: 127.0.0.1:8070
backend: http://127.0.0.1:8090

# The certificate and key to answer with (PEM files), both or none.
tls:
  certificate: ""
  key: ""

# Networks of servers whose identity header is believed: name servers only, that
# set the header on every request.
trusted: []

# How a request tells who is asking (docs/integrations/identity.md). Lines that
# begin with # and no space are further keys: take the # away to use them.
identity:
  header: X-Ecluse-User    # set by a trusted server in front on every request
@WHO@

# Which addresses are messaging; the first route that fits counts. Letters' case
# does not count; of an address that can be read in two ways the strictest reading
# counts.
routes:
  - {path: /messagerie/**, service: messaging}

# What no route names: "open" or "messaging". Empty: messaging where there are no
# routes, open where there are.
unmatched: ""

@MORE@

# What one address (a school has one), one person and all of them can take.
# Trusted servers are not bounded. Each connection needs two open files: raise
# the system's bound with "connections" (LimitNOFILE of systemd).
limits:
  connections: 20000
  per_address: 5000
  per_person: 100
  slow: 30s
  answer: 5m

# Where figures (/metrics), /livez and /readyz are answered; empty: nowhere.
metrics: ""

# What is logged: debug, info, warn or error.
log: info
`

const sampleWho = `#cookie: {name: ecluse, key_file: cookie.key}           # signed; a key has at least 32 bytes
#oidc:
#  issuer: https://connect.ent.example
#  audience: ecluse
#  claim: preferred_username                             # which one names the person; empty: this, then sub
#  cookie: id_token                                      # carries the token; empty: Authorization does
#cas: {url: https://cas.ent.example/cas, service: https://ent.example, attribute: uid} # wants cookie too
#whoami:                                                 # the application's own word
#  url: http://127.0.0.1:8008/_matrix/client/v3/account/whoami
#  headers: [Authorization]                              # handed on, like these two:
#  cookies: [session]
#  query: [access_token]
#  field: user_id                                        # of the JSON, with dots for depth
#  keep: 1m                                              # how long an answer is believed
#prefix: "@"                                             # taken off what was found
#suffix: ":school.example"
`

const sampleServers = `# Postfix asks here (docs/integrations/postfix.md).
#postfix:
#  listen: 127.0.0.1:10040                               # or unix:/path
#  domains: [college.example]
#  delimiter: "+"                                        # its recipient_delimiter
#  open: [imprimante@college.example]                    # that no order concerns
#  incoming: hold                                        # to closed mailboxes: hold, deliver, defer or refuse
#  state: held                                           # remembers held mail
#  release: [postsuper]
#  queue: [postqueue]

# Dovecot's sessions are ended through doveadm (docs/integrations/dovecot.md).
#dovecot:
#  url: http://127.0.0.1:8081/doveadm/v1
#  key_file: doveadm.key
#  domains: [college.example]                            # taken off logins
#  listen: 127.0.0.1:9143                                # in ecluse proxy: where sign-ins are answered

# ejabberd's sessions are ended through mod_http_api (docs/integrations/ejabberd.md).
#ejabberd: {url: http://127.0.0.1:5281/api, host: chat.example, token_file: ejabberd.token}

# Synapse's accounts are suspended and locked (docs/integrations/synapse.md).
#synapse:
#  url: http://127.0.0.1:8008
#  token_file: synapse.token                             # of an administrator
#  server_name: school.example
#  state: synapse.json                                   # remembers which accounts were closed
#  open: [admin]                                         # left alone
#  every: 5m                                             # how often accounts are listed
#  suspend_only: false                                   # true where ecluse proxy stands in front
`

const sampleInside = `# HAProxy is told who may pass (docs/integrations/haproxy.md).
#haproxy:
#  socket: /run/haproxy/admin.sock
#  maps: /etc/haproxy/ecluse
#  services: [messaging]
#  territory: FR
#  point: ent-haproxy                                    # the point that it reports as
#  lease: 15s                                            # how long what was told holds without news

# Where Envoy asks over gRPC (docs/integrations/envoy.md).
#envoy: 127.0.0.1:9191

# Signed statements to sign-in services, and signals when sessions end
# (docs/integrations/oidc.md, docs/integrations/ssf.md).
#sign: {issuer: https://ecluse.example, key_file: sign.pem}
#signals:
#  - name: ent
#    audience: https://connect.ent.example
#    url: https://connect.ent.example/events             # empty: it asks by itself
#    token_file: ent.token
#    territory: FR
#    service: messaging
`

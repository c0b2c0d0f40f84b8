package proxy_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/identity"
	"github.com/ecluse-ecole/ecluse/internal/route"
	"github.com/ecluse-ecole/ecluse/internal/wire/proxy"
	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
)

// The configurations of integrations/proxy, as they stand, in front of stand-ins:
// servers that know the addresses at which each product says whose a session is,
// and answer 200 to everything else. What is shown is which requests of each
// product's clients pass; that the products themselves behave is not.

// What a request of a product is.
type kind int

const (
	always kind = iota // passes at all hours, for nobody in particular too
	reads
	replies
	sends
)

// A shape is a request as a product's clients make it.
type shape struct {
	kind   kind
	method string // SOCKET opens a web socket
	target string
}

// A product is a configuration, the address of its backend in it, how its clients
// carry their session, and their requests.
type product struct {
	file    string
	backend string
	session func(r *http.Request, login string)
	whoami  func(r *http.Request) (login string, answer any) // of the stand-in; nil: not asked
	path    string                                           // at which whoami answers
	shapes  []shape
}

type (
	matrixUser struct {
		UserID string `json:"user_id"`
	}
	mattermostUser struct {
		Username string `json:"username"`
	}
	nextcloudUser struct {
		OCS struct {
			Data struct {
				ID string `json:"id"`
			} `json:"data"`
		} `json:"ocs"`
	}
)

func products() []product {
	header := func(name string) func(*http.Request, string) {
		return func(r *http.Request, login string) { r.Header.Set(name, login) }
	}
	cookie := func(name string) func(*http.Request, string) {
		return func(r *http.Request, login string) { r.AddCookie(&http.Cookie{Name: name, Value: login}) }
	}
	value := func(r *http.Request, name string) string {
		c, err := r.Cookie(name)
		if err != nil {
			return ""
		}
		return c.Value
	}
	return []product{
		{file: "ent.yaml", backend: "http://127.0.0.1:8090", session: header("X-Remote-User"), shapes: ent},
		{file: "rocketchat.yaml", backend: "http://127.0.0.1:3000", session: header("X-Remote-User"), shapes: rocketchat},
		{file: "matrix.yaml", backend: "http://127.0.0.1:8008", shapes: matrix, path: "/_matrix/client/v3/account/whoami",
			session: func(r *http.Request, login string) { r.Header.Set("Authorization", "Bearer "+login) },
			whoami: func(r *http.Request) (string, any) {
				login := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
				return login, matrixUser{"@" + login + ":school.example"}
			}},
		{file: "mattermost.yaml", backend: "http://127.0.0.1:8065", shapes: mattermost, path: "/api/v4/users/me", session: cookie("MMAUTHTOKEN"),
			whoami: func(r *http.Request) (string, any) {
				login := value(r, "MMAUTHTOKEN")
				return login, mattermostUser{login}
			}},
		{file: "nextcloud-talk.yaml", backend: "http://127.0.0.1:8081", shapes: nextcloud, path: "/ocs/v2.php/cloud/user",
			session: func(r *http.Request, login string) {
				r.Header.Set("OCS-APIRequest", "true")
				cookie("ocabcdefghij")(r, login)
			},
			whoami: func(r *http.Request) (string, any) {
				login := value(r, "ocabcdefghij")
				if r.Header.Get("OCS-APIRequest") != "true" {
					login = ""
				}
				var u nextcloudUser
				u.OCS.Data.ID = login
				return login, u
			}},
	}
}

var ent = []shape{
	{always, "GET", "/"}, {always, "GET", "/auth/login"}, {always, "POST", "/auth/login"}, {always, "GET", "/conversation/public/dist/app.js"},
	{always, "GET", "/workspace/documents"}, {always, "POST", "/exercizer/subject"}, {always, "GET", "/timeline/lastNotifications"},
	{reads, "GET", "/conversation/conversation"}, {reads, "GET", "/conversation/list/INBOX?restrain=&page=0&unread=false"},
	{reads, "GET", "/conversation/count/INBOX?unread=true"}, {reads, "GET", "/conversation/message/4a5b"},
	{reads, "GET", "/conversation/message/4a5b/attachment/1"}, {reads, "GET", "/conversation/visible?search=a"},
	{reads, "POST", "/conversation/draft"}, {reads, "PUT", "/conversation/draft/4a5b"}, {reads, "POST", "/conversation/toggleUnread"},
	{sends, "POST", "/conversation/send"}, {sends, "POST", "/conversation/send?id=4a5b&In-Reply-To=3c"},
	{sends, "POST", "/conversation/message/4a5b/attachment"}, {sends, "PUT", "/conversation/trash?id=1"},
	{reads, "GET", "/Conversation/list/INBOX"}, {sends, "POST", "//conversation/send"}, {sends, "GET", "/workspace/..%2fconversation/list/INBOX"},
	{reads, "GET", "/zimbra/zimbra"}, {sends, "POST", "/zimbra/send"}, {reads, "GET", "/messagerie/"}, {sends, "POST", "/messagerie/nouveau"},
	{reads, "GET", "/webmail/"}, {sends, "SOCKET", "/chat/live"},
}

var matrix = []shape{
	{always, "OPTIONS", "/_matrix/client/v3/sync"}, {always, "GET", "/_matrix/client/versions"}, {always, "GET", "/_matrix/client/v3/login"},
	{always, "POST", "/_matrix/client/v3/login"}, {always, "POST", "/_matrix/client/v3/logout"}, {always, "POST", "/_matrix/client/v3/refresh"},
	{always, "GET", "/_matrix/client/v3/account/whoami"}, {always, "POST", "/_matrix/client/v3/account/password"},
	{always, "POST", "/_matrix/client/v3/keys/upload"}, {always, "POST", "/_matrix/client/v3/keys/query"}, {always, "POST", "/_matrix/client/r0/keys/claim"},
	{always, "POST", "/_matrix/client/v3/keys/device_signing/upload"}, {always, "PUT", "/_matrix/client/v3/room_keys/keys?version=1"},
	{always, "GET", "/_matrix/client/v3/devices"}, {always, "PUT", "/_matrix/federation/v1/send/1"}, {always, "GET", "/_matrix/key/v2/server"},
	{always, "GET", "/.well-known/matrix/client"}, {always, "GET", "/_matrix/client/v3/capabilities"},
	{reads, "GET", "/_matrix/client/v3/sync?timeout=30000&since=s1"}, {reads, "GET", "/_matrix/client/r0/sync"},
	{reads, "POST", "/_matrix/client/unstable/org.matrix.simplified_msc3575/sync?timeout=20000"},
	{reads, "GET", "/_matrix/client/v3/rooms/!a%3Aschool.example/messages?dir=b"}, {reads, "GET", "/_matrix/client/v3/joined_rooms"},
	{reads, "POST", "/_matrix/client/v3/user/%40a%3Aschool.example/filter"}, {reads, "POST", "/_matrix/client/v3/rooms/!a:b/receipt/m.read/$e"},
	{reads, "POST", "/_matrix/client/v3/search"}, {reads, "GET", "/_matrix/client/v1/media/download/school.example/abc"},
	{sends, "PUT", "/_matrix/client/v3/rooms/!a:b/send/m.room.message/1"}, {sends, "PUT", "/_matrix/client/v3/rooms/%21a%3Ab/send/m.room.encrypted/m1"},
	{sends, "POST", "/_matrix/client/v3/createRoom"}, {sends, "POST", "/_matrix/client/v3/rooms/!a:b/invite"}, {sends, "POST", "/_matrix/client/v3/join/!a:b"},
	{sends, "PUT", "/_matrix/client/v3/rooms/!a:b/state/m.room.topic"}, {sends, "PUT", "/_matrix/client/v3/rooms/!a:b/redact/$e/2"},
	{sends, "POST", "/_matrix/media/v3/upload"}, {sends, "PUT", "/_matrix/client/v3/sendToDevice/m.room.encrypted/3"},
	{sends, "PUT", "/_matrix/client/v3/profile/@a:b/displayname"}, {sends, "PUT", "/_matrix/client/v3/rooms/!a:b/typing/@a:b"},
	{sends, "GET", "/_synapse/admin/v2/users"},
}

var nextcloud = []shape{
	{always, "GET", "/apps/files/"}, {always, "PROPFIND", "/remote.php/dav/files/a/"}, {always, "GET", "/apps/spreed/"}, {always, "GET", "/call/abc"},
	{always, "GET", "/ocs/v2.php/cloud/capabilities"}, {always, "POST", "/login"}, {always, "PUT", "/ocs/v2.php/apps/user_status/api/v1/heartbeat"},
	{reads, "GET", "/ocs/v2.php/apps/spreed/api/v4/room?format=json"}, {reads, "GET", "/ocs/v2.php/apps/spreed/api/v1/chat/abc?lookIntoFuture=1&timeout=30"},
	{reads, "GET", "/ocs/v2.php/apps/spreed/api/v3/signaling/abc"}, {reads, "POST", "/ocs/v2.php/apps/spreed/api/v4/room/abc/participants/active"},
	{reads, "DELETE", "/ocs/v2.php/apps/spreed/api/v4/room/abc/participants/active"}, {reads, "POST", "/ocs/v2.php/apps/spreed/api/v1/chat/abc/read"},
	{reads, "GET", "/ocs/v1.php/apps/spreed/api/v4/room"},
	{sends, "POST", "/ocs/v2.php/apps/spreed/api/v1/chat/abc"}, {sends, "DELETE", "/ocs/v2.php/apps/spreed/api/v1/chat/abc/12"},
	{sends, "POST", "/ocs/v2.php/apps/spreed/api/v1/reaction/abc/12"}, {sends, "POST", "/ocs/v2.php/apps/spreed/api/v4/room"},
	{sends, "POST", "/ocs/v2.php/apps/spreed/api/v4/call/abc"}, {sends, "POST", "/ocs/v2.php/apps/spreed/api/v3/signaling/abc"},
	{sends, "POST", "/ocs/v2.php/apps//spreed/api/v1/chat/abc"}, {sends, "POST", "/index.php/../ocs/v2.php/apps/spreed/api/v1/chat/abc"},
	{sends, "SOCKET", "/standalone-signaling/spreed"},
}

var rocketchat = []shape{
	{always, "GET", "/home"}, {always, "POST", "/api/v1/login"}, {always, "GET", "/api/info"}, {always, "GET", "/api/v1/settings.public?count=0"},
	{always, "GET", "/avatar/someone"}, {always, "GET", "/assets/favicon.ico"},
	{reads, "GET", "/api/v1/me"}, {reads, "GET", "/api/v1/channels.history?roomId=a"}, {reads, "GET", "/api/v1/im.messages?roomId=a"},
	{reads, "GET", "/api/v1/chat.syncMessages?roomId=a"}, {reads, "POST", "/api/v1/subscriptions.read"}, {reads, "GET", "/file-upload/1/a.pdf"},
	{sends, "POST", "/api/v1/chat.sendMessage"}, {sends, "POST", "/api/v1/chat.postMessage"}, {sends, "POST", "/api/v1/im.create"},
	{sends, "POST", "/api/v1/rooms.upload/a"}, {sends, "POST", "/api/v1/method.call/sendMessage"}, {sends, "POST", "/api/v1/method.call/loadHistory"},
	{sends, "POST", "/hooks/abc/def"}, {sends, "SOCKET", "/websocket"}, {sends, "SOCKET", "/sockjs/123/abcdefgh/websocket"}, {sends, "POST", "/sockjs/123/abcdefgh/xhr_send"}, {sends, "POST", "/sockjs/123/abcdefgh/xhr"},
}

var mattermost = []shape{
	{always, "GET", "/"}, {always, "GET", "/static/main.js"}, {always, "POST", "/api/v4/users/login"}, {always, "POST", "/api/v4/users/logout"},
	{always, "GET", "/api/v4/config/client?format=old"}, {always, "PUT", "/api/v4/users/abc/password"}, {always, "GET", "/api/v4/users/abc/sessions"},
	{reads, "GET", "/api/v4/users/me"}, {reads, "GET", "/api/v4/channels/abc/posts?since=1"}, {reads, "SOCKET", "/api/v4/websocket"},
	{reads, "POST", "/api/v4/users/status/ids"}, {reads, "POST", "/api/v4/channels/members/me/view"}, {reads, "POST", "/api/v4/teams/abc/posts/search"},
	{reads, "GET", "/api/v4/files/abc"}, {reads, "POST", "/api/v4/drafts"}, {reads, "PUT", "/api/v4/users/me/preferences"},
	{sends, "POST", "/api/v4/posts"}, {sends, "PUT", "/api/v4/posts/abc/patch"}, {sends, "DELETE", "/api/v4/posts/abc"}, {sends, "POST", "/api/v4/files?channel_id=a"},
	{sends, "POST", "/api/v4/channels/direct"}, {sends, "POST", "/api/v4/reactions"}, {sends, "POST", "/api/v4/commands/execute"},
	{sends, "PUT", "/api/v4/users/me/status/custom"}, {sends, "POST", "/plugins/playbooks/api/v0/runs"}, {sends, "POST", "/hooks/abc"},
}

// standIn answers for a product.
func standIn(t *testing.T, p product) *httptest.Server {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") != "" {
			if c, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true}); err == nil {
				c.CloseNow()
			}
			return
		}
		if p.whoami == nil || r.URL.Path != p.path {
			return
		}
		login, answer := p.whoami(r)
		if login == "" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		json.NewEncoder(w).Encode(answer)
	}))
	t.Cleanup(s.Close)
	return s
}

// published is a front with a configuration as it stands in integrations/proxy,
// but for the address behind it.
func published(t *testing.T, w *wiretest.World, p product) *front {
	t.Helper()
	behind := standIn(t, p)
	file := filepath.Join(t.TempDir(), p.file)
	wiretest.Config(t, filepath.Join("../../../integrations/proxy", p.file), file, p.backend, behind.URL)
	conf, err := config.LoadProxy(file)
	if err != nil {
		t.Fatal(err)
	}
	table, err := route.Compile(conf.Routes, conf.Unmatched)
	if err != nil {
		t.Fatal(err)
	}
	who, err := identity.New(conf.Identity, trusted)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(conf.Backend)
	if err != nil {
		t.Fatal(err)
	}
	f := serve(t, proxy.Options{
		Decider: w.Desk.Local("proxy"), Who: who, Table: table, Backend: u, Header: conf.Identity.Header, Trusted: trusted, Log: w.Log,
	})
	f.World = w
	return f
}

// try makes a request and returns its status; a web socket's is 101.
func (f *front) try(t *testing.T, p product, s shape, login string) (int, string) {
	t.Helper()
	method := s.method
	if method == "SOCKET" {
		method = "GET"
	}
	r, err := http.NewRequestWithContext(t.Context(), method, f.url+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.URL.Opaque = s.target // as it stands
	if strings.HasPrefix(s.target, "//") {
		r.URL.Opaque, r.URL.Path = "", s.target
	}
	if s.method == "SOCKET" {
		r.Header.Set("Connection", "Upgrade")
		r.Header.Set("Upgrade", "websocket")
		r.Header.Set("Sec-WebSocket-Version", "13")
		r.Header.Set("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA==")
	}
	if login != "" {
		p.session(r, login)
	}
	res, err := client(t, "127.0.0.1").Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode == http.StatusSwitchingProtocols {
		return res.StatusCode, ""
	}
	return res.StatusCode, text(t, res)
}

// allows is an order that leaves everybody one access.
func allows(access string) string {
	return strings.Replace(readOnly, "access: read", "access: "+access, 1)
}

func TestProducts(t *testing.T) {
	states := map[string]struct {
		orders  []string
		highest kind // what passes
	}{
		"closed": {[]string{strings.Replace(readOnly, `hours: "24/7", access: read`, `hours: "off"`, 1)}, always},
		"read":   {[]string{readOnly}, reads},
		"reply":  {[]string{allows("reply")}, replies},
		"open":   {nil, sends},
	}
	for name, state := range states {
		w := wiretest.New(t, wiretest.Before, state.orders...)
		for _, p := range products() {
			t.Run(name+"/"+p.file, func(t *testing.T) {
				f := published(t, w, p)
				for _, s := range p.shapes {
					status, said := f.try(t, p, s, wiretest.Teacher)
					passed := status == http.StatusOK || status == http.StatusSwitchingProtocols
					if want := s.kind <= state.highest; passed != want || !passed && status != http.StatusForbidden {
						t.Errorf("%s %s: %d, should pass: %v; %.80s", s.method, s.target, status, want, said)
					}
				}
			})
		}
	}
}

// Nobody signed in gets through to messaging, and everywhere else.
func TestProductsWithoutAnybody(t *testing.T) {
	w := wiretest.New(t, wiretest.Before)
	for _, p := range products() {
		t.Run(p.file, func(t *testing.T) {
			f := published(t, w, p)
			for _, s := range p.shapes {
				status, said := f.try(t, p, s, "")
				want := http.StatusUnauthorized
				if s.kind == always {
					want = http.StatusOK
				}
				if status != want && !(p.whoami != nil && s.target == p.path) { // the stand-in itself says 401 there
					t.Errorf("%s %s: %d, want %d; %.80s", s.method, s.target, status, want, said)
				}
			}
		})
	}
}

// Each product's clients are refused in the form that they show to people.
func TestProductsRefuseInTheirOwnForm(t *testing.T) {
	w := wiretest.New(t, wiretest.Noon, wiretest.Letter)
	for file, want := range map[string]struct{ method, target, holds string }{
		"ent.yaml":            {"GET", "/conversation/list/INBOX", `"reason_user"`},
		"matrix.yaml":         {"GET", "/_matrix/client/v3/sync", `"errcode":"M_FORBIDDEN"`},
		"nextcloud-talk.yaml": {"GET", "/ocs/v2.php/apps/spreed/api/v4/room?format=json", `"statuscode":403`},
		"rocketchat.yaml":     {"POST", "/api/v1/chat.sendMessage", `"success":false`},
		"mattermost.yaml":     {"POST", "/api/v4/posts", `"status_code":403`},
	} {
		for _, p := range products() {
			if p.file != file {
				continue
			}
			f := published(t, w, p)
			if status, said := f.try(t, p, shape{sends, want.method, want.target}, wiretest.Pupil); status != http.StatusForbidden || !strings.Contains(said, want.holds) {
				t.Errorf("%s: %d %s", file, status, said)
			}
		}
	}
}

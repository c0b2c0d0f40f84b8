package synapse_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1" // as the registration by shared secret has it
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/order/ordertest"
	"github.com/ecluse-ecole/ecluse/internal/wire/synapse"
	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
)

// A homeserver is a real Synapse with the module, beside a world's decision
// interface.
type homeserver struct {
	*wiretest.World
	url   string
	gate  *httptest.Server
	admin user
	turns atomic.Int64 // names transactions
}

// A user is an account that has signed in.
type user struct {
	Name   string `json:"user_id"`
	Token  string `json:"access_token"`
	Device string `json:"device_id"`
}

// A reply is what Synapse answers, with the parts that tests look at.
type reply struct {
	Status int
	Code   string `json:"errcode"`
	Error  string `json:"error"`
	Soft   bool   `json:"soft_logout"`
	Ecluse struct {
		Reopens string
		Unknown bool
	} `json:"org.ecluse"`
	Room  string `json:"room_id"`
	Nonce string `json:"nonce"`
	Name  string `json:"displayname"`
	user
	Keys map[string]map[string]json.RawMessage `json:"device_keys"`

	Suspended bool `json:"suspended"`
}

// secret is what the test registers accounts with.
const secret = "test"

// newHomeserver runs Synapse in the folder tree that ECLUSE_SYNAPSE names: Debian
// sid with the package matrix-synapse, as debootstrap makes it.
func newHomeserver(t *testing.T, at string, orders ...string) *homeserver {
	t.Helper()
	root := os.Getenv("ECLUSE_SYNAPSE")
	if root == "" {
		t.Skip("ECLUSE_SYNAPSE names no folder tree with Synapse: the module and the keeper are tried against stand-ins only")
	}
	h := &homeserver{World: wiretest.New(t, at, orders...)}
	h.gate = serve(t, h.World)
	dir, err := os.MkdirTemp(filepath.Join(root, "tmp"), "ecluse-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	inside := strings.TrimPrefix(dir, strings.TrimRight(root, "/"))
	address := wiretest.FreeAddress(t)
	h.url = "http://" + address
	h.configure(dir, inside, address)
	wiretest.Start(t, address, "chroot", root, "env", "PYTHONPATH="+inside, "PYTHONDONTWRITEBYTECODE=1", "LC_ALL=C.UTF-8",
		"python3", "-m", "synapse.app.homeserver", "--config-path", inside+"/homeserver.yaml", "--config-path", inside+"/ecluse.yaml")
	h.admin = h.register("admin", true)
	return h
}

// configure writes Synapse's own configuration, and Écluse's as it is published.
func (h *homeserver) configure(dir, inside, address string) {
	h.Helper()
	seed := make([]byte, 32)
	rand.Read(seed)
	_, port, _ := net.SplitHostPort(address)
	rates := "{per_second: 1000, burst_count: 1000}"
	h.file(dir, "signing.key", "ed25519 a_1 "+base64.RawStdEncoding.EncodeToString(seed)+"\n")
	h.file(dir, "ecluse.token", h.Point("synapse")+"\n")
	h.file(dir, "log.yaml", "version: 1\nhandlers: {out: {class: logging.StreamHandler}}\nroot: {level: WARNING, handlers: [out]}\n")
	h.file(dir, "homeserver.yaml", strings.NewReplacer("DIR", inside, "PORT", port, "RATES", rates, "SECRET", secret).Replace(`
server_name: school.example
listeners: [{port: PORT, bind_addresses: [127.0.0.1], type: http, resources: [{names: [client]}]}]
database: {name: sqlite3, args: {database: DIR/db}}
signing_key_path: DIR/signing.key
media_store_path: DIR/media
log_config: DIR/log.yaml
pid_file: DIR/pid
registration_shared_secret: SECRET
bcrypt_rounds: 4
trusted_key_servers: []
report_stats: false
macaroon_secret_key: SECRET
form_secret: SECRET
rc_message: RATES
rc_login: {address: RATES, account: RATES, failed_attempts: RATES}
rc_joins: {local: RATES}
rc_invites: {per_room: RATES, per_user: RATES, per_issuer: RATES}
`))
	wiretest.Config(h.T, "../../../integrations/synapse/ecluse_module.py", filepath.Join(dir, "ecluse_module.py"))
	wiretest.Config(h.T, "../../../integrations/synapse/homeserver.yaml.ecluse", filepath.Join(dir, "ecluse.yaml"),
		"http://127.0.0.1:8080", h.gate.URL, "/etc/matrix-synapse/ecluse.token", inside+"/ecluse.token")
}

func (h *homeserver) file(dir, name, text string) {
	h.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		h.Fatal(err)
	}
}

// do makes a request with a token ("" for none) at an address of Synapse, or of
// what stands in front.
func (h *homeserver) do(base, method, path, token, body string) (reply, error) {
	r, err := http.NewRequestWithContext(h.Context(), method, base+path, strings.NewReader(body))
	if err != nil {
		return reply{}, err
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return reply{}, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return reply{}, err
	}
	p := reply{Status: answer.StatusCode}
	return p, json.NewDecoder(bytes.NewReader(text)).Decode(&p)
}

// ask asks Synapse itself.
func (h *homeserver) ask(method, path string, u user, body string) reply {
	h.Helper()
	p, err := h.do(h.url, method, path, u.Token, body)
	if err != nil {
		h.Fatalf("%s %s: %v", method, path, err)
	}
	return p
}

// register makes an account that is signed in.
func (h *homeserver) register(login string, admin bool) user {
	h.Helper()
	const path = "/_synapse/admin/v1/register"
	nonce := h.ask("GET", path, user{}, "").Nonce
	kind := map[bool]string{true: "admin", false: "notadmin"}[admin]
	mac := hmac.New(sha1.New, []byte(secret))
	fmt.Fprintf(mac, "%s\x00%s\x00%s\x00%s", nonce, login, "password", kind)
	p := h.ask("POST", path, user{}, fmt.Sprintf(`{"nonce":%q,"username":%q,"password":"password","admin":%v,"mac":%q}`,
		nonce, login, admin, hex.EncodeToString(mac.Sum(nil))))
	if p.Token == "" {
		h.Fatalf("registering %s: %+v", login, p)
	}
	return p.user
}

func (h *homeserver) say(u user, room string) reply {
	h.Helper()
	path := fmt.Sprintf("/_matrix/client/v3/rooms/%s/send/m.room.message/t%d", url.PathEscape(room), h.turns.Add(1))
	return h.ask("PUT", path, u, `{"msgtype":"m.text","body":"Bonjour"}`)
}

func (h *homeserver) login(login string) reply {
	h.Helper()
	return h.ask("POST", "/_matrix/client/v3/login", user{},
		`{"type":"m.login.password","identifier":{"type":"m.id.user","user":"`+login+`"},"password":"password"}`)
}

func (h *homeserver) whoami(u user) reply {
	h.Helper()
	return h.ask("GET", "/_matrix/client/v3/account/whoami", u, "")
}

// room acts on a room; what names the act, whom whom it is done to.
func (h *homeserver) room(u user, room, what string, whom ...string) reply {
	h.Helper()
	body := "{}"
	if len(whom) > 0 {
		body = `{"user_id":"` + whom[0] + `","reason":"parce que"}`
	}
	return h.ask("POST", "/_matrix/client/v3/rooms/"+url.PathEscape(room)+"/"+what, u, body)
}

func (h *homeserver) want(what string, p reply, status int) {
	h.Helper()
	if p.Status != status {
		h.Errorf("%s: %d %s %s, want %d", what, p.Status, p.Code, p.Error, status)
	}
}

// refused wants the refusal that people can read, with the reopening.
func (h *homeserver) refused(what string, p reply, reopens string) {
	h.Helper()
	if p.Status != http.StatusForbidden || p.Code != "M_FORBIDDEN" || !strings.Contains(p.Error, "messagerie") || p.Ecluse.Reopens != reopens {
		h.Errorf("%s is answered %+v, want 403 until %s", what, p, reopens)
	}
}

// keeps runs a keeper beside the server.
func (h *homeserver) keeps() {
	h.Helper()
	dir := h.TempDir()
	h.file(dir, "token", h.admin.Token)
	k, err := synapse.New(configuration(h.T, h.url, filepath.Join(dir, "token")), h.Desk.Local("synapse"), nil, h.Log)
	if err != nil {
		h.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); k.Run(ctx) }()
	h.Cleanup(func() { cancel(); <-done })
}

const morning = "2024-04-03T07:00:00+02:00"

// TestRealSynapse needs a real server: see newHomeserver.
func TestRealSynapse(t *testing.T) {
	t.Run("module", realModule)
	t.Run("keeper", realKeeper)
	t.Run("reading only", realReading)
	t.Run("long polls", realPoll)
}

func realModule(t *testing.T) {
	h := newHomeserver(t, "2024-04-02T18:59:59", wiretest.Letter)
	teacher, nadia, staff := h.register(wiretest.Teacher, false), h.register(wiretest.Nadia, false), h.register(wiretest.Staff, false)
	pupil := h.register(wiretest.Pupil, false)
	room := h.ask("POST", "/_matrix/client/v3/createRoom", teacher, `{"preset":"private_chat"}`).Room
	for _, u := range []user{nadia, staff, pupil} {
		h.want("inviting "+u.Name, h.room(teacher, room, "invite", u.Name), 200)
	}
	h.want("joining", h.room(nadia, room, "join"), 200)
	h.want("a message", h.say(teacher, room), 200)
	h.refused("a pupil who joins", h.room(pupil, room, "join"), "")
	h.refused("a pupil's room", h.ask("POST", "/_matrix/client/v3/createRoom", pupil, "{}"), "")

	h.At("2024-04-02T19:00")
	began := time.Now()
	h.refused("a message", h.say(teacher, room), morning)
	t.Logf("refused after %v", time.Since(began))
	h.refused("signing in", h.login(wiretest.Teacher), morning)
	h.refused("inviting", h.room(teacher, room, "invite", "@"+wiretest.Head+":school.example"), morning)
	h.refused("joining", h.room(staff, room, "join"), morning)
	h.refused("putting out", h.room(teacher, room, "kick", nadia.Name), morning)
	h.refused("barring", h.room(teacher, room, "ban", nadia.Name), morning)
	h.refused("a room", h.ask("POST", "/_matrix/client/v3/createRoom", teacher, "{}"), morning)
	h.refused("a topic", h.ask("PUT", "/_matrix/client/v3/rooms/"+url.PathEscape(room)+"/state/m.room.topic", teacher, `{"topic":"x"}`), morning)
	name := "/_matrix/client/v3/profile/" + teacher.Name + "/displayname"
	h.ask("PUT", name, teacher, `{"displayname":"parole"}`)
	member := "/_matrix/client/v3/rooms/" + url.PathEscape(room) + "/state/m.room.member/" + teacher.Name
	if now := h.ask("GET", member, nadia, ""); now.Status != 200 || now.Name == "parole" {
		t.Errorf("a new name shows in the room: %+v", now)
	}
	h.want("leaving", h.room(nadia, room, "leave"), 200)
	h.want("who is left alone signs in", h.login("admin"), 200)

	h.At("2024-04-03T07:00")
	h.want("a message at the reopening", h.say(teacher, room), 200)
	h.want("signing in at the reopening", h.login(wiretest.Teacher), 200)

	wiretest.Eventually(t, "the module reports", func() bool { r := reported(h.World); return r != nil && r.Refused })
	h.gate.CloseClientConnections()
	h.gate.Close()
	if p := h.say(teacher, room); p.Status != 403 || !strings.Contains(p.Error, "vérifier") {
		t.Errorf("a message without a decision point: %+v", p)
	}
}

func realKeeper(t *testing.T) {
	h := newHomeserver(t, "2024-04-02T18:59:58", wiretest.Letter)
	teacher, nadia := h.register(wiretest.Teacher, false), h.register(wiretest.Nadia, false)
	pupil := h.register(wiretest.Pupil, false)
	upload := h.ask("POST", "/_matrix/client/v3/keys/upload", teacher, fmt.Sprintf(`{"device_keys":{"user_id":%q,"device_id":%q,
		"algorithms":["m.olm.v1.curve25519-aes-sha2"],"keys":{"curve25519:%[2]s":"x","ed25519:%[2]s":"y"},"signatures":{}}}`, teacher.Name, teacher.Device))
	h.want("uploading keys", upload, 200)
	h.want("locking by hand", h.ask("PUT", "/_synapse/admin/v2/users/"+nadia.Name, h.admin, `{"locked":true}`), 200)
	h.keeps()
	h.lock(pupil)
	h.want("reading while it is open", h.whoami(teacher), 200)

	h.At("2024-04-02T19:00")
	began := time.Now()
	h.lock(teacher)
	t.Logf("locked after %v", time.Since(began))
	if p := h.login(wiretest.Teacher); p.Code != "M_USER_LOCKED" {
		t.Errorf("signing in while locked: %+v", p)
	}

	h.At("2024-04-03T07:00")
	began = time.Now()
	wiretest.Eventually(t, "the same token works again", func() bool { return h.whoami(teacher).Status == 200 })
	t.Logf("unlocked after %v", time.Since(began))
	keys := h.ask("POST", "/_matrix/client/v3/keys/query", teacher, `{"device_keys":{"`+teacher.Name+`":[]}}`)
	if keys.Keys[teacher.Name][teacher.Device] == nil {
		t.Errorf("the device's keys are gone: %+v", keys)
	}
	if p := h.whoami(nadia); p.Code != "M_USER_LOCKED" {
		t.Errorf("an account that somebody locked: %+v", p)
	}
}

// lock waits until an account is signed out softly.
func (h *homeserver) lock(u user) {
	h.Helper()
	wiretest.Eventually(h.T, u.Name+" is locked", func() bool {
		p := h.whoami(u)
		if p.Status != 200 && (p.Status != 401 || p.Code != "M_USER_LOCKED" || !p.Soft) {
			h.Fatalf("%+v", p)
		}
		return p.Status == 401
	})
}

// poll waits for news as clients do, until the test ends. Status 0: it was cut off.
func (h *homeserver) poll(base string, u user) <-chan reply {
	h.Helper()
	ended := make(chan reply, 1)
	next := h.next(base, u)
	go func() {
		p, _ := h.do(base, "GET", "/_matrix/client/v3/sync?timeout=30000&since="+url.QueryEscape(next), u.Token, "")
		ended <- p
	}()
	return ended
}

// next is where a client's news begin.
func (h *homeserver) next(base string, u user) string {
	h.Helper()
	r, err := http.NewRequestWithContext(h.Context(), "GET", base+"/_matrix/client/v3/sync?timeout=0", nil)
	if err != nil {
		h.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+u.Token)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		h.Fatal(err)
	}
	defer answer.Body.Close()
	var p struct {
		Next string `json:"next_batch"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&p); err != nil || p.Next == "" {
		h.Fatalf("asking for news: %d %v", answer.StatusCode, err)
	}
	return p.Next
}

func realReading(t *testing.T) {
	h := newHomeserver(t, "2024-04-02T18:59:58", ordertest.ReadOnly)
	teacher := h.register(wiretest.Teacher, false)
	room := h.ask("POST", "/_matrix/client/v3/createRoom", teacher, "{}").Room
	h.keeps()
	h.At("2024-04-02T19:00")
	account := "/_synapse/admin/v2/users/" + teacher.Name
	wiretest.Eventually(t, "the account is suspended", func() bool { return h.ask("GET", account, h.admin, "").Suspended })
	h.want("reading", h.whoami(teacher), 200)
	h.next(h.url, teacher)
	if p := h.say(teacher, room); p.Status != 403 || p.Code != "M_USER_SUSPENDED" {
		t.Errorf("a message of a suspended account: %+v", p)
	}
	h.At("2024-04-03T07:00")
	wiretest.Eventually(t, "a message passes again", func() bool { return h.say(teacher, room).Status == 200 })
}

package ecluse_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
	"github.com/go-webauthn/webauthn/protocol/webauthncbor"
)

// device is an authenticator in software, with one key for one page's address.
type device struct {
	t      *testing.T
	origin string
	key    *ecdsa.PrivateKey
	user   []byte
	flags  byte
	count  uint32
}

// What an authenticator says of itself: somebody was present, was checked, and
// the key is one that is backed up.
const (
	present  = 0x01
	verified = 0x04
	backedUp = 0x08 | 0x10
	attested = 0x40
)

func newDevice(t *testing.T) *device {
	return &device{
		t: t, origin: "https://ecluse.example", key: must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)), flags: present | verified | backedUp,
	}
}

var b64 = base64.RawURLEncoding

// asked is what we read of options.
type asked struct {
	Challenge string `json:"challenge"`
	User      struct {
		ID string `json:"id"`
	} `json:"user"`
}

func (d *device) read(options []byte) (a asked) {
	d.t.Helper()
	if err := json.Unmarshal(options, &a); err != nil {
		d.t.Fatal(err)
	}
	return a
}

func (d *device) client(kind, challenge string) []byte {
	return must(json.Marshal(struct {
		Type      string `json:"type"`
		Challenge string `json:"challenge"`
		Origin    string `json:"origin"`
	}{kind, challenge, d.origin}))
}

func (d *device) data(flags byte) []byte {
	d.count++
	site := sha256.Sum256([]byte("ecluse.example"))
	return binary.BigEndian.AppendUint32(append(site[:], flags), d.count)
}

func (d *device) id() []byte { return []byte("the one key of this device") }

// create makes the key.
func (d *device) create(options []byte) []byte {
	d.t.Helper()
	a := d.read(options)
	d.user = must(b64.DecodeString(a.User.ID))
	point := must(d.key.PublicKey.Bytes())
	public := must(webauthncbor.Marshal(map[int]any{1: 2, 3: -7, -1: 1, -2: point[1:33], -3: point[33:]}))
	data := append(d.data(d.flags|attested), make([]byte, 16)...)
	data = append(binary.BigEndian.AppendUint16(data, uint16(len(d.id()))), d.id()...)
	data = append(data, public...)
	object := must(webauthncbor.Marshal(map[string]any{"fmt": "none", "attStmt": map[string]any{}, "authData": data}))
	return d.answer(map[string]string{
		"clientDataJSON": b64.EncodeToString(d.client("webauthn.create", a.Challenge)), "attestationObject": b64.EncodeToString(object),
	})
}

// sign answers a challenge.
func (d *device) sign(options []byte) []byte {
	d.t.Helper()
	client, data := d.client("webauthn.get", d.read(options).Challenge), d.data(d.flags)
	hash := sha256.Sum256(client)
	sum := sha256.Sum256(append(data[:len(data):len(data)], hash[:]...))
	return d.answer(map[string]string{
		"clientDataJSON": b64.EncodeToString(client), "authenticatorData": b64.EncodeToString(data),
		"signature": b64.EncodeToString(must(ecdsa.SignASN1(rand.Reader, d.key, sum[:]))), "userHandle": b64.EncodeToString(d.user),
	})
}

func (d *device) answer(response map[string]string) []byte {
	id := b64.EncodeToString(d.id())
	return must(json.Marshal(map[string]any{"id": id, "rawId": id, "type": "public-key", "response": response}))
}

// TestAPasskeysChallengeCountsOnce: a passkey is the second factor, or opens a
// session alone; the same answer never counts again, nor elsewhere, nor too late.
func TestAPasskeysChallengeCountsOnce(t *testing.T) { storetest.EachDatabase(t, testPasskey) }

func testPasskey(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T10:00:00")
	session := w.enter("nadia", "")
	who := w.inside(session)
	d := newDevice(t)
	w.must(w.Permit(w.ctx, who))
	made := d.create(must(w.BeginPasskey(w.ctx, who)))
	w.must(w.AddPasskey(w.ctx, who, made, "Ordinateur"))
	if err := w.AddPasskey(w.ctx, who, made, "Encore"); !fault.Is(err, fault.Conflict) {
		t.Errorf("the answer that made it, again: %v", err)
	}

	half := w.enter("nadia", "")
	if half.Stage != account.StageSecond {
		t.Fatalf("after the password the stage is %d", half.Stage)
	}
	answer := d.sign(must(w.AskPasskey(w.ctx, half.From(atHome))))
	thief := w.enter("nadia", "thief")
	if _, err := w.ProvePasskey(w.ctx, thief.From(atHome), answer); !fault.Is(err, fault.Invalid) {
		t.Errorf("the answer in another session: %v", err)
	}
	if whole := must(w.ProvePasskey(w.ctx, half.From(atHome), answer)); whole.Stage != account.StageWhole {
		t.Errorf("after the passkey the stage is %d", whole.Stage)
	}
	if _, err := w.ProvePasskey(w.ctx, thief.From(atHome), answer); !fault.Is(err, fault.Conflict) {
		t.Errorf("the answer replayed: %v", err)
	}

	alone := func(browser string, answer []byte) (ecluse.Welcome, error) {
		return w.SignInPasskey(w.ctx, ecluse.SignIn{Device: browser, Address: atHome}, answer)
	}
	answer = d.sign(must(w.AskAnyPasskey("browser")))
	if _, err := alone("another", answer); !fault.Is(err, fault.Invalid) {
		t.Errorf("the answer in another browser: %v", err)
	}
	whole := must(alone("browser", answer))
	if v := must(w.Visit(w.ctx, whole.From(atHome))); v.Person.Login != "nadia" || !v.Facts.SecondFactor {
		t.Errorf("the passkey alone opens for %s, second factor %v", v.Person.Login, v.Facts.SecondFactor)
	}
	if _, err := alone("browser", answer); !fault.Is(err, fault.Conflict) {
		t.Errorf("signing in by replay: %v", err)
	}
	other := must(ecluse.Open(w.ctx, ecluse.Options{Database: db, Clock: w.clock, Address: "https://ecluse.example"}))
	defer other.Close()
	answer = d.sign(must(other.AskAnyPasskey("browser")))
	must(alone("browser", answer)) // of another node's asking
	if _, err := other.SignInPasskey(w.ctx, ecluse.SignIn{Device: "browser", Address: atHome}, answer); !fault.Is(err, fault.Conflict) {
		t.Errorf("replayed on another node: %v", err)
	}
	answer = d.sign(must(w.AskAnyPasskey("browser")))
	w.wait(account.ChallengeLasts)
	if _, err := alone("browser", answer); !fault.Is(err, fault.Conflict) {
		t.Errorf("five minutes later: %v", err)
	}
	w.must(w.Freeze(w.ctx, w.as(head), who.Person.ID, ""))
	if _, err := alone("browser", d.sign(must(w.AskAnyPasskey("browser")))); !fault.Is(err, fault.Denied) {
		t.Errorf("a frozen account: %v", err)
	}
}

// TestAPasskeyIsVerified: what a phishing page, a device without its owner, a
// copied key or another key answers proves nothing; of two at once, one counts.
func TestAPasskeyIsVerified(t *testing.T) { storetest.EachDatabase(t, testPasskeyVerified) }

func testPasskeyVerified(t *testing.T, db string) {
	w := newWorld(t, db, "2024-03-29T10:00:00")
	who := w.inside(w.enter("nadia", ""))
	d := newDevice(t)
	w.must(w.Permit(w.ctx, who))
	d.flags = present | backedUp
	if err := w.AddPasskey(w.ctx, who, d.create(must(w.BeginPasskey(w.ctx, who))), ""); !fault.Is(err, fault.Invalid) {
		t.Errorf("a device that does not check its owner: %v", err)
	}
	d.flags = present | verified | backedUp
	w.must(w.AddPasskey(w.ctx, who, d.create(must(w.BeginPasskey(w.ctx, who))), ""))

	refused := func(what string, change func(d *device)) {
		t.Helper()
		altered := *d
		change(&altered)
		answer := altered.sign(must(w.AskAnyPasskey("browser")))
		if _, err := w.SignInPasskey(w.ctx, ecluse.SignIn{Device: "browser", Address: atHome}, answer); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", what, err)
		}
	}
	refused("a phishing page", func(d *device) { d.origin = "https://ecluse.example.invalid" })
	refused("a device without its owner", func(d *device) { d.flags = present | backedUp })
	refused("a key that is not backed up any more", func(d *device) { d.flags = present | verified })
	refused("a copied key", func(d *device) { d.count = 0 })
	refused("another key", func(d *device) { d.key = newDevice(t).key })
	refused("somebody else", func(d *device) { d.user = binary.BigEndian.AppendUint64(nil, 5) })

	answer := d.sign(must(w.AskAnyPasskey("browser")))
	results := make(chan error, 2)
	for range 2 {
		go func() {
			_, err := w.SignInPasskey(w.ctx, ecluse.SignIn{Device: "browser", Address: atHome}, answer)
			results <- err
		}()
	}
	one, two := <-results, <-results
	if (one == nil) == (two == nil) {
		t.Errorf("one answer at once twice: %v, %v", one, two)
	}
	w.wait(time.Hour)
	if _, err := w.BeginPasskey(w.ctx, who); !fault.Is(err, fault.Unproved) {
		t.Errorf("a new passkey an hour after the last proof: %v", err)
	}
}

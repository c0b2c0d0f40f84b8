package ecluse_test

import (
	"errors"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/identity"
	"github.com/ecluse-ecole/ecluse/internal/identity/identitytest"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

// A federated world signs people in at services: one of each kind.
type federated struct {
	*world
	oidc *identitytest.Provider
	cas  *identitytest.CAS
}

// away is where a browser that comes back from a service was.
const (
	backFromOIDC = "https://ecluse.example/sign-in/service/portal/back"
	backFromCAS  = "https://ecluse.example/sign-in/service/ent/back"
)

func newFederated(t *testing.T, db string) federated {
	t.Helper()
	w := newWorld(t, db, "2024-03-29T10:00:00")
	f := federated{world: w, oidc: identitytest.NewProvider(t, w.Now, "nadia"), cas: identitytest.NewCAS(t, w.Now, "karim")}
	service := func(c config.Provider, secret, back string) ecluse.SignInService {
		s := must(identity.NewService(c, secret, w.clock.Now))
		return ecluse.SignInService{Name: c.Name, Back: back, Roles: school.Everyone, Service: s, Offices: c.Kind == "oidc"}
	}
	w.services = []ecluse.SignInService{
		service(config.Provider{Name: "portal", Kind: "oidc", URL: f.oidc.URL, ClientID: identitytest.ClientID, Second: []string{"amr=mfa"}}, identitytest.ClientSecret, backFromOIDC),
		service(config.Provider{Name: "ent", Kind: "cas", URL: f.cas.URL}, "", backFromCAS),
	}
	w.App.Close()
	w.open()
	return f
}

// went is what a browser comes back with.
func (f federated) went(service, secret string, anew bool) ecluse.Return {
	f.Helper()
	s := must(f.SignInService(service))
	address := must(f.SetOut(f.ctx, service, secret, anew))
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response := must(client.Get(address))
	response.Body.Close()
	back := must(url.Parse(response.Header.Get("Location")))
	q := back.Query()
	if back.RawQuery = ""; back.String() != s.Back {
		f.Fatalf("the service sends people to %s", back)
	}
	return ecluse.Return{Service: service, Secret: secret, Proof: anew, Query: q, From: ecluse.Caller{Address: atHome, Device: "d", Browser: "Firefox"}}
}

// comes signs somebody in at a service.
func (f federated) comes(service string) (ecluse.Welcome, ecluse.Visit) {
	f.Helper()
	welcome, _, err := f.ComeBack(f.ctx, f.went(service, identity.NewSecret(), false))
	f.must(err)
	visit := must(f.Halfway(f.ctx, welcome.Token))
	return welcome, visit
}

// refused fails unless who comes back is refused for a kind of reason.
func (f federated) refused(what string, want fault.Kind, r ecluse.Return) {
	f.Helper()
	if _, _, err := f.ComeBack(f.ctx, r); !fault.Is(err, want) {
		f.Errorf("%s: %v, want the kind %v", what, err, want)
	}
}

// TestSignInByService: a service's word opens the session of an account that is
// there, and of no other.
func TestSignInByService(t *testing.T) { storetest.EachDatabase(t, testSignInByService) }

func testSignInByService(t *testing.T, db string) {
	f := newFederated(t, db)
	for service, login := range map[string]string{"portal": "nadia", "ent": "karim"} {
		welcome, visit := f.comes(service)
		if visit.Person.Login != login || welcome.Stage != account.StageWhole || !visit.Session.Factors.Has(account.ByService) || visit.Facts.SecondFactor {
			t.Errorf("%s: %+v", service, visit.Session)
		}
		if !visit.Session.Proved.Equal(f.Now()) {
			t.Errorf("%s: proved at %v", service, visit.Session.Proved)
		}
		must(f.Visit(f.ctx, ecluse.Caller{Token: welcome.Token, Device: welcome.Device, Address: atHome}))
	}
	f.must(f.Import(f.ctx, ecluse.Roster{Aliases: map[string]account.PersonID{"opaque-1": 11}}))
	f.oidc.Set(func(c *identitytest.Claims) { c.Name = "Opaque-1" })
	if _, visit := f.comes("portal"); visit.Person.Login != "other" {
		t.Errorf("by another name: %s", visit.Person.Login)
	}
	f.oidc.Set(func(c *identitytest.Claims) { c.Name = "nobody" })
	var unknown *ecluse.UnknownError
	if _, _, err := f.ComeBack(f.ctx, f.went("portal", identity.NewSecret(), false)); !errors.As(err, &unknown) || unknown.Shut {
		t.Errorf("unknown: %v", err)
	}
	f.cas.Set("dsden", "") // holds an office, and this service is for schools
	if _, _, err := f.ComeBack(f.ctx, f.went("ent", identity.NewSecret(), false)); !errors.As(err, &unknown) || !unknown.Shut {
		t.Errorf("an office: %v", err)
	}
}

// TestServiceForRoles: a service for families opens no account that is a teacher's
// as well.
func TestServiceForRoles(t *testing.T) {
	families := ecluse.SignInService{Roles: school.RolesOf(school.Guardian, school.Pupil)}
	member := func(roles ...school.Role) (list []account.Membership) {
		for _, r := range roles {
			list = append(list, account.Membership{Role: r})
		}
		return list
	}
	for _, c := range []struct {
		members []account.Membership
		offices []account.Office
		want    bool
	}{
		{member(school.Guardian), nil, true}, {member(school.Guardian, school.Guardian), nil, true},
		{member(school.Guardian, school.Teacher), nil, false}, {member(school.Head), nil, false},
		{member(school.Guardian), []account.Office{{Territory: "FR"}}, false}, {nil, nil, false},
	} {
		if got := families.Opens(c.members, c.offices); got != c.want {
			t.Errorf("%v %v: %v", c.members, c.offices, got)
		}
	}
}

// TestServiceReplay: what a service said counts once, on two nodes and two at once,
// and in the browser that asked.
func TestServiceReplay(t *testing.T) { storetest.EachDatabase(t, testServiceReplay) }

func testServiceReplay(t *testing.T, db string) {
	f := newFederated(t, db)
	for _, service := range []string{"portal", "ent"} {
		secret := identity.NewSecret()
		r := f.went(service, secret, false)
		other := r
		other.Secret = identity.NewSecret()
		f.refused(service+": in another browser", fault.Conflict, other)
		other.Secret = ""
		f.refused(service+": in a browser without cookies", fault.Conflict, other)
		if _, _, err := f.ComeBack(f.ctx, r); err != nil {
			t.Errorf("%s: %v", service, err)
		}
		f.refused(service+": again", fault.Conflict, r)
		if service == "portal" {
			// A provider that gives a new code, and the same nonce, for the old state.
			f.refused("portal: the nonce again", fault.Conflict, f.went(service, secret, false))
		}
		twice := f.went(service, identity.NewSecret(), false)
		twice.Query.Add("state", "x")
		f.refused(service+": two states", fault.Conflict, twice)
	}
	mixed := identity.NewSecret() // a service that passes on what it was told of the browser
	fromPortal, toENT := f.went("portal", mixed, false), f.went("ent", mixed, false)
	toENT.Query.Set("state", fromPortal.Query.Get("state"))
	f.refused("ent: with what another service was told", fault.Conflict, toENT)
	r := f.went("portal", identity.NewSecret(), false)
	r.Query.Set("iss", "https://elsewhere.example")
	f.refused("portal: of another issuer", fault.Unavailable, r)
	f.oidc.Leave("access_denied")
	f.refused("portal: given up", fault.Denied, f.went("portal", identity.NewSecret(), false))
}

// TestServiceReplayTogether: of two who bring the same at once, one gets in.
func TestServiceReplayTogether(t *testing.T) { storetest.EachDatabase(t, testServiceReplayTogether) }

func testServiceReplayTogether(t *testing.T, db string) {
	f := newFederated(t, db)
	secret := identity.NewSecret() // with two codes, so that the provider refuses neither
	pair := []ecluse.Return{f.went("portal", secret, false), f.went("portal", secret, false)}
	var in sync.WaitGroup
	errs := make([]error, len(pair))
	for i, r := range pair {
		in.Go(func() { _, _, errs[i] = f.ComeBack(f.ctx, r) })
	}
	in.Wait()
	if (errs[0] == nil) == (errs[1] == nil) {
		t.Errorf("of two at once: %v, %v", errs[0], errs[1])
	}
}

// TestForgedTokens: a token that is not of now, of this client, of this sign-in or
// of this kind signs nobody in.
func TestForgedTokens(t *testing.T) {
	f := newFederated(t, storetest.SQLite(t))
	for name, spoil := range map[string]func(*identitytest.Claims){
		"issuer":   func(c *identitytest.Claims) { c.Issuer = "https://elsewhere.example" },
		"audience": func(c *identitytest.Claims) { c.Audience = "another" },
		"client":   func(c *identitytest.Claims) { c.Client = "another" },
		"nonce":    func(c *identitytest.Claims) { c.Nonce = "another" },
		"none":     func(c *identitytest.Claims) { c.Nonce = "" },
		"expired":  func(c *identitytest.Claims) { c.Expires = f.Now().Add(-time.Minute).Unix() },
		"old":      func(c *identitytest.Claims) { c.Issued = f.Now().Add(-time.Hour).Unix() },
		"events":   func(c *identitytest.Claims) { c.Events = &struct{}{} },
		"nobody":   func(c *identitytest.Claims) { c.Name, c.Subject = "", "" },
		"two":      func(c *identitytest.Claims) { c.Name, c.Subject = "nadia,head", "nadia,head" },
	} {
		f.oidc.Spoil(spoil)
		f.refused(name, fault.Unavailable, f.went("portal", identity.NewSecret(), false))
	}
	f.oidc.Spoil(nil)
	f.comes("portal")
}

// TestServiceAndSecondFactor: one that was set up here is asked for, unless the
// service asserted one; a frozen account stays shut.
func TestServiceAndSecondFactor(t *testing.T) { storetest.EachDatabase(t, testServiceAndSecondFactor) }

func testServiceAndSecondFactor(t *testing.T, db string) {
	f := newFederated(t, db)
	_, visit := f.comes("portal")
	f.must(f.PutFactor(f.ctx, account.Factor{ID: 1, Person: visit.Person.ID, Kind: account.ByCode, Secret: []byte{1}}))
	if welcome, _ := f.comes("portal"); welcome.Stage != account.StageSecond {
		t.Errorf("the second factor is not asked for: stage %d", welcome.Stage)
	}
	f.oidc.Set(func(c *identitytest.Claims) { c.AMR = []string{"pwd", "mfa"} })
	welcome, visit := f.comes("portal")
	if welcome.Stage != account.StageWhole || !visit.Facts.SecondFactor {
		t.Errorf("with the service's second factor: %+v", visit.Session)
	}
	f.must(f.Freeze(f.ctx, f.as(head), visit.Person.ID, ""))
	f.refused("frozen", fault.Denied, f.went("portal", identity.NewSecret(), false))
}

// TestProveByService: who is asked again who they are goes to the service and has
// to sign in there anew, whoever is signed in there already.
func TestProveByService(t *testing.T) { storetest.EachDatabase(t, testProveByService) }

func testProveByService(t *testing.T, db string) {
	f := newFederated(t, db)
	for _, service := range []string{"portal", "ent"} {
		f.comes(service)
		f.clock.Set(f.Now().Add(2 * time.Hour))
		welcome, visit := f.comes(service)
		if visit.Session.Proved.Equal(f.Now()) {
			t.Errorf("%s: who was signed in there already proved it at ten, not now", service)
		}
		silent := f.went(service, identity.NewSecret(), false)
		silent.Proof, silent.From.Token = true, welcome.Token
		if _, _, err := f.ComeBack(f.ctx, silent); err == nil {
			t.Errorf("%s: a sign-in from before counts as a proof of now", service)
		}
		r := f.went(service, identity.NewSecret(), true)
		r.From.Token = welcome.Token
		proved, _, err := f.ComeBack(f.ctx, r)
		f.must(err)
		if visit := must(f.Halfway(f.ctx, proved.Token)); !visit.Session.Proved.Equal(f.Now()) || visit.Session.Service.Name != service {
			t.Errorf("%s: after the proof: %+v", service, visit.Session)
		}
		if _, err := f.Halfway(f.ctx, welcome.Token); !fault.Is(err, fault.SignedOut) {
			t.Errorf("%s: the old token goes on: %v", service, err)
		}
	}
	welcome, _ := f.comes("portal")
	f.oidc.Set(func(c *identitytest.Claims) { c.Name = "head" })
	r := f.went("portal", identity.NewSecret(), true)
	r.From.Token = welcome.Token
	f.refused("as somebody else", fault.Denied, r)
}

// TestRenewalAtService: an account without a password here is renewed where its
// password is: its owner reads so, and proves there anew who they are.
func TestRenewalAtService(t *testing.T) { storetest.EachDatabase(t, testRenewalAtService) }

func testRenewalAtService(t *testing.T, db string) {
	f := newFederated(t, db)
	f.must(f.Import(f.ctx, ecluse.Roster{
		People:  []account.Person{{ID: 30, Login: "federated", First: "P", Last: "F", Language: "fr"}},
		Members: []account.Membership{{School: college, ID: 30, Person: 30, Role: school.Teacher, Name: "P F"}},
	}))
	f.oidc.Set(func(c *identitytest.Claims) { c.Name, c.Subject = "federated", "f" })
	welcome, _ := f.comes("portal")
	f.at("2024-03-29T10:05:00")
	f.must(f.Freeze(f.ctx, f.as(head), 30, ""))
	f.giveBack(30)
	if _, err := f.Halfway(f.ctx, welcome.Token); !fault.Is(err, fault.SignedOut) {
		t.Errorf("the session goes on: %v", err)
	}
	f.at("2024-03-29T10:06:00")
	welcome, _ = f.comes("portal")
	if welcome.Stage != account.StageRenewal {
		t.Fatalf("nothing is asked: stage %d", welcome.Stage)
	}
	r := f.went("portal", identity.NewSecret(), true)
	r.From.Token = welcome.Token
	proved, _, err := f.ComeBack(f.ctx, r)
	f.must(err)
	if proved.Stage != account.StageWhole {
		t.Errorf("after the proof: stage %d", proved.Stage)
	}
	welcome, _ = f.comes("portal")
	if welcome.Stage != account.StageWhole {
		t.Errorf("the renewal is asked again: stage %d", welcome.Stage)
	}

	// Somebody who has a password here renews it here.
	f.oidc.Set(func(c *identitytest.Claims) { c.Name, c.Subject = "nadia", "n" })
	f.must(f.Freeze(f.ctx, f.as(head), 4, ""))
	f.giveBack(4)
	f.at("2024-03-29T10:07:00")
	welcome, _ = f.comes("portal")
	r = f.went("portal", identity.NewSecret(), true)
	r.From.Token = welcome.Token
	if proved, _, err := f.ComeBack(f.ctx, r); err == nil && proved.Stage != account.StageRenewal {
		t.Errorf("a password here counts as renewed by the service: stage %d", proved.Stage)
	}
}

// TestEndedAtService: what a service ends ends here on every node, once.
func TestEndedAtService(t *testing.T) { storetest.EachDatabase(t, testEndedAtService) }

func testEndedAtService(t *testing.T, db string) {
	f := newFederated(t, db)
	other := must(ecluse.Open(f.ctx, ecluse.Options{Database: db, Clock: f.clock, Services: f.services}))
	defer other.Close()
	go other.Run(f.ctx)
	welcome, _ := f.comes("portal")
	visit := must(other.Visit(f.ctx, ecluse.Caller{Token: welcome.Token, Device: welcome.Device, Address: atHome}))
	events, done := make(chan ecluse.Event, 16), make(chan error, 1)
	go func() {
		done <- other.Watch(f.ctx, must(visit.As(teacher)), func(e ecluse.Event) error { events <- e; return nil })
	}()
	<-events
	logout := url.Values{"logout_token": {f.oidc.LogoutToken(nil)}}
	f.must(f.EndedAt(f.ctx, "portal", logout))
	select {
	case err := <-done:
		f.must(err)
	case <-time.After(time.Second):
		t.Error("the stream on the other node goes on")
	}
	gone := func(what string, w ecluse.Welcome, want bool) {
		t.Helper()
		if _, err := other.Halfway(f.ctx, w.Token); fault.Is(err, fault.SignedOut) != want {
			t.Errorf("%s: %v", what, err)
		}
	}
	gone("ended at the service", welcome, true)
	welcome, _ = f.comes("portal")
	if err := f.EndedAt(f.ctx, "portal", logout); !fault.Is(err, fault.Conflict) {
		t.Errorf("the same logout token again: %v", err)
	}
	for name, change := range map[string]func(*identitytest.Claims){
		"another session": func(c *identitytest.Claims) { c.Session = "2" },
		"old":             func(c *identitytest.Claims) { c.Issued -= 3600 },
		"a nonce":         func(c *identitytest.Claims) { c.Nonce = "n" },
		"another client":  func(c *identitytest.Claims) { c.Audience = "x" },
		"nobody":          func(c *identitytest.Claims) { c.Session, c.Subject = "", "" },
	} {
		err := f.EndedAt(f.ctx, "portal", url.Values{"logout_token": {f.oidc.LogoutToken(change)}})
		if name != "another session" && !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	gone("by what is no good", welcome, false)
	f.must(f.EndedAt(f.ctx, "portal", url.Values{"logout_token": {f.oidc.LogoutToken(func(c *identitytest.Claims) { c.Session = "" })}}))
	gone("all of the person", welcome, true)

	r := f.went("ent", identity.NewSecret(), false)
	welcome, _, err := f.ComeBack(f.ctx, r)
	f.must(err)
	f.must(f.EndedAt(f.ctx, "ent", url.Values{"logoutRequest": {identitytest.LogoutRequest("ST-1-another")}}))
	gone("another ticket", welcome, false)
	f.must(f.EndedAt(f.ctx, "ent", url.Values{"logoutRequest": {identitytest.LogoutRequest(r.Query.Get("ticket"))}}))
	gone("the ticket", welcome, true)
	if err := f.EndedAt(f.ctx, "ent", url.Values{"logoutRequest": {"<a/>"}}); !fault.Is(err, fault.Invalid) {
		t.Errorf("no logout request: %v", err)
	}
}

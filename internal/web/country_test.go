package web_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/place"
	"github.com/ecluse-ecole/ecluse/internal/place/placetest"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/web"
)

// Where people of the tests connect from, as a proxy in front tells it.
const (
	france  = "192.0.2.7"
	belgium = "203.0.113.7"
	unsure  = "198.51.100.7"
)

// newWorldIn is a world whose databases know the places above.
func newWorldIn(t *testing.T, o ecluse.Options, orders ...string) *world {
	t.Helper()
	built := paris("2024-03-01T00:00")
	networks := placetest.Networks{"192.0.2.0/24": "FR", "203.0.113.0/24": "BE"}
	o.Places = place.Open([]string{placetest.Write(t, built, networks), placetest.Write(t, built, networks)}, "FR")
	o.Signatures = 1
	return newWorldOf(t, web.Options{Poll: 100 * time.Millisecond, Proxied: true}, o, "2024-03-29T10:00", orders...)
}

// comingFrom is a browser somewhere.
func (w *world) comingFrom(address string) *person {
	p := w.stranger()
	p.client.Transport = forwarded(address)
	return p
}

// forwarded is a proxy in front.
type forwarded string

func (f forwarded) RoundTrip(r *http.Request) (*http.Response, error) {
	r.Header.Set("X-Forwarded-For", string(f))
	return http.DefaultTransport.RoundTrip(r)
}

func (p *person) signIn(login string) answer {
	p.Helper()
	p.base = bases[login]
	return p.post("/sign-in", "login", login, "password", secret)
}

// TestSignInFromElsewhere: refused in words; in doubt more is asked for; somebody
// on a journey that the head has said gets in until it is withdrawn.
func TestSignInFromElsewhere(t *testing.T) {
	w := newWorldIn(t, ecluse.Options{Countries: school.French()})
	w.comingFrom(belgium).signIn(nadia).is(http.StatusForbidden).says("Belgique", "la France et tous ses territoires", "rien fait de mal")
	w.comingFrom(unsure).signIn(nadia).says("de quel pays vous vous connectez", "rien fait de mal")

	office := w.comingFrom(france)
	office.signIn(head).is(http.StatusSeeOther)
	office.get("./people/3").is(http.StatusOK).says("En voyage", "Maroc", `value="MA"`)
	office.post("./people/3", "do", "travel", "country", "BE", "from", "2024-03-29", "to", "demain").is(http.StatusUnprocessableEntity).says("Écrivez chaque jour", `value="demain"`, `value="BE" selected`)
	office.post("./people/3", "do", "travel", "country", "BE", "from", "2024-03-29", "to", "2024-12-31").is(http.StatusUnprocessableEntity).says("92")
	office.follow(office.post("./people/3", "do", "travel", "country", "BE", "from", "2024-03-29", "to", "2024-04-02")).says("C’est noté", "Belgique", "en cours", "du 29\u00a0mars au 2\u00a0avril")

	abroad := w.comingFrom(belgium)
	abroad.follow(abroad.signIn(nadia)).saysNot("ne s’ouvre")
	abroad.get("/account").is(http.StatusOK).says("Belgique (203.0.113.7)")
	travel := office.get("./people/3").field("travel")
	office.follow(office.post("./people/3", "do", "untravel", "travel", travel)).says("C’est retiré")
	abroad.get("./inbox").is(http.StatusForbidden).says("Belgique")
	w.stranger().get("/readyz").is(http.StatusOK).saysNot("countr")
}

// TestAnOrderInDoubt: the notice says what to do about a country that is not known,
// and readiness says that none can be.
func TestAnOrderInDoubt(t *testing.T) {
	order := strings.Replace(secondLetter, `{roles: [pupil], hours: "off"}`, `{roles: [pupil], hours: "24/7", require: {countries: [FR+]}}`, 1)
	w := newWorldIn(t, ecluse.Options{}, order)
	at := func(address string) answer {
		t.Helper()
		p := w.comingFrom(address)
		p.signIn(pupil).is(http.StatusSeeOther)
		return p.get("./inbox")
	}
	at(france).is(http.StatusOK)
	at(belgium).is(http.StatusForbidden).says("Connectez-vous depuis un pays autorisé", "Appelez")
	at(unsure).is(http.StatusForbidden).says("Nous ne savons pas dire de quel pays", "Ajoutez une deuxième preuve")

	blind := newWorldOf(t, web.Options{}, ecluse.Options{Signatures: 1}, "2024-03-29T10:00", order)
	blind.stranger().get("/readyz").is(http.StatusOK).says("no country is known")
	blind.as(dsden).get("./secured").is(http.StatusOK).says("Aucun pays n")
	blind.as(pupil).get("./inbox").is(http.StatusForbidden).says("Nous ne savons pas dire")
}

// TestBrokenDatabasesAreSaid: to the office by their file, to anybody by their number.
func TestBrokenDatabasesAreSaid(t *testing.T) {
	files := []string{placetest.Write(t, paris("2023-03-01T00:00"), placetest.Networks{"192.0.2.0/24": "FR"}), t.TempDir() + "/gone.mmdb"}
	w := newWorldOf(t, web.Options{}, ecluse.Options{Signatures: 1, Places: place.Open(files, "")}, "2024-03-29T10:00")
	w.stranger().get("/readyz").is(http.StatusOK).says("1 of 2 databases of countries cannot be read", "1 of 2 databases of countries are older").saysNot("mmdb", "no country is known")
	w.as(dsden).get("./secured").is(http.StatusOK).says("gone.mmdb", "illisible", "plus de 90 jours")
	w.as(head).get("./secured").is(http.StatusOK).saysNot("gone.mmdb")
}

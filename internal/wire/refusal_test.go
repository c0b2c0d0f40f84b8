package wire_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/order/ordertest"
	"github.com/ecluse-ecole/ecluse/internal/route"
	"github.com/ecluse-ecole/ecluse/internal/wire"
)

// closed is what a pupil of a closed school is answered.
func closed() *enforce.Answer {
	reopens := ordertest.Paris("2024-04-08T07:00")
	return &enforce.Answer{
		Until: reopens, Opens: [...]time.Time{order.Read: reopens, order.Reply: reopens, order.Write: reopens},
		Limits: gate.NoLimits,
		Orders: []enforce.Binding{{
			ID: "FR/13/079/2024-0002", Title: "Fermeture dans les collèges et lycées", Office: "Cabinet du DASEN",
			Phone: "05 36 49 00 00", Email: "dasen@ac.example", Reason: "Des messages menaçants circulent depuis des comptes volés.",
		}},
		French: enforce.Words{
			Brief: "La messagerie est fermée pour les enseignants jusqu'au lundi 8 avril à 7\u00a0h\u00a000, heure de l'établissement.",
			Full:  "La messagerie est fermée. Décision\u00a0: Cabinet du DASEN.",
		},
		English: enforce.Words{Brief: "Messaging is closed for teachers until Monday 8 April at 07:00, school time.", Full: "Messaging is closed. Decided by: Cabinet du DASEN."},
	}
}

func refusal(a *enforce.Answer) wire.Refusal {
	return wire.Refusal{Answer: a, Action: enforce.SendMessage, Wait: 90 * time.Minute, Status: http.StatusForbidden}
}

// told is the answer to a request with these headers.
func told(f wire.Refusal, headers ...string) *http.Response {
	r := httptest.NewRequest("GET", "/ocs/v2.php?format=x", nil)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	f.Write(w, r)
	return w.Result()
}

func text(t *testing.T, r *http.Response) string {
	t.Helper()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

const browser = "text/html,application/xhtml+xml,*/*;q=0.8"

func TestRefusalHeaders(t *testing.T) {
	r := told(refusal(closed()))
	for name, want := range map[string]string{
		"X-Ecluse-Access": "closed", "X-Ecluse-Reopens": "2024-04-08T07:00:00+02:00", "X-Ecluse-Until": "2024-04-08T07:00:00+02:00",
		"X-Ecluse-Order": "FR/13/079/2024-0002", "Retry-After": "5400", "Cache-Control": "no-store",
		"Content-Type": "application/json", "Content-Language": "fr", "X-Content-Type-Options": "nosniff",
	} {
		if got := r.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if got := strings.Join(r.Header.Values("Vary"), ", "); got != "Accept-Language, Accept" {
		t.Errorf("Vary: %q", got)
	}
	said, err := url.PathUnescape(r.Header.Get("X-Ecluse-Message"))
	if err != nil || said != closed().French.Brief {
		t.Errorf("the message reads %q (%v)", said, err)
	}
	if r.StatusCode != http.StatusForbidden {
		t.Errorf("the status is %d", r.StatusCode)
	}
}

func TestRetrySpread(t *testing.T) {
	f := refusal(closed())
	f.Spread = 2 * time.Minute
	seen := map[string]bool{}
	for range 50 {
		h := http.Header{}
		f.Headers(h)
		seconds, err := strconv.Atoi(h.Get("Retry-After"))
		if err != nil || seconds < 5400 || seconds > 5520 {
			t.Fatalf("Retry-After: %q", h.Get("Retry-After"))
		}
		seen[h.Get("Retry-After")] = true
	}
	if len(seen) < 5 {
		t.Errorf("fifty clients return at %d instants only", len(seen))
	}
	unknown := wire.Refusal{Answer: enforce.Undecided("", ""), Status: http.StatusServiceUnavailable}
	if got := told(unknown).Header.Get("Retry-After"); got != "60" {
		t.Errorf("where nothing could be decided, Retry-After is %q", got)
	}
	unknown.Status = http.StatusForbidden
	if got := told(unknown).Header.Get("Retry-After"); got != "" {
		t.Errorf("where the person is not known, Retry-After is %q", got)
	}
}

// A page holds all it needs: it must show under any application's address.
func TestRefusalPageStandsAlone(t *testing.T) {
	r := told(refusal(closed()), "Accept", browser)
	page := text(t, r)
	for _, want := range []string{
		`<html lang="fr">`, "<h1>La messagerie est fermée pour le moment</h1>", "jusqu&#39;au lundi 8 avril à 7\u00a0h\u00a000", "lundi 8\u00a0avril 2024 à 7\u00a0h\u00a000",
		"Cabinet du DASEN", "Fermeture dans les collèges et lycées", "Des messages menaçants circulent", `href="tel:17"`, `href="tel:119"`, `href="tel:3018"`,
		`href="tel:0536490000">05 36 49 00 00`, `href="mailto:dasen@ac.example"`, `<meta http-equiv="refresh" content="5400">`, "rien n’est parti",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if found := regexp.MustCompile(`(?i)<script|<link|<img|@import|url\(|https?:|\son\w+=|style=`).FindString(page); found != "" {
		t.Errorf("the page needs something else: %s", found)
	}
	style := regexp.MustCompile(`(?s)<style>(.*)</style>`).FindStringSubmatch(page)
	sum := sha256.Sum256([]byte(style[1]))
	if want := "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; !strings.Contains(r.Header.Get("Content-Security-Policy"), want) {
		t.Errorf("the policy %q does not allow the style %s", r.Header.Get("Content-Security-Policy"), want)
	}
}

func TestRefusalPageEscapes(t *testing.T) {
	a := closed()
	bad := `"><script>alert(1)</script>&`
	a.French.Brief, a.English.Brief = bad, bad
	a.Orders = []enforce.Binding{{ID: order.ID(bad), Title: bad, Office: bad, Phone: bad, Email: bad + "\r\nX: y", Reason: bad}}
	for _, lang := range []string{"fr", "en"} {
		if page := text(t, told(refusal(a), "Accept", browser, "Accept-Language", lang)); strings.Contains(page, "<script") {
			t.Errorf("the page runs what an order says:\n%s", page)
		}
	}
	r := told(refusal(a))
	if got := r.Header.Get("X-Ecluse-Message"); strings.ContainsAny(got, "\"<> \r\n") {
		t.Errorf("the message goes out as %q", got)
	}
}

func TestRefusalCases(t *testing.T) {
	reading, replying, further, unmet := closed(), closed(), closed(), closed()
	reading.Access, replying.Access = order.Read, order.Reply
	further.Opens = [...]time.Time{order.Write: {}}
	unmet.Unmet = gate.PasswordSince
	signIn := refusal(enforce.Undecided("Connectez-vous.", "Sign in."))
	signIn.Status = http.StatusUnauthorized
	for name, c := range map[string]struct {
		f               wire.Refusal
		french, english string
	}{
		"read":     {refusal(reading), "Vous pouvez lire vos messages, pas en écrire pour le moment", "Reading the messages already received"},
		"reply":    {refusal(replying), "Vous pouvez répondre, pas commencer d’échange", "You can reply, but not start an exchange"},
		"no end":   {refusal(further), "Jusqu’à nouvel ordre", "Until further notice"},
		"unmet":    {refusal(unmet), "Changez votre mot de passe", "Change your password"},
		"unknown":  {refusal(enforce.Undecided("", "")), "il n’est pas possible de vérifier", "cannot be verified"},
		"sign in":  {signIn, "Connectez-vous d’abord", "Sign in first"},
		"ordinary": {refusal(closed()), "La messagerie est fermée pour le moment", "Messaging is closed for now"},
	} {
		for lang, want := range map[string]string{"fr": c.french, "en": c.english} {
			page := text(t, told(c.f, "Accept", browser, "Accept-Language", lang))
			if !strings.Contains(page, want) || !strings.Contains(page, `lang="`+lang+`"`) || !strings.HasSuffix(page, "</html>\n") {
				t.Errorf("%s, %s: the page does not say %q:\n%s", name, lang, want, page)
			}
		}
	}
}

func TestLanguage(t *testing.T) {
	for accept, want := range map[string]string{
		"": "fr", "*": "fr", "de": "fr", "en": "en", "en-GB,en;q=0.9": "en", "fr-FR,fr;q=0.9,en;q=0.8": "fr",
		"en;q=0.3, fr;q=0.4": "fr", "de, en;q=0.5": "en", "en;q=0": "fr", "fr;q=0,en;q=0.1": "en", "EN": "en", ";;,q=,": "fr", "en;q=x": "fr",
	} {
		if got := told(refusal(closed()), "Accept-Language", accept).Header.Get("Content-Language"); got != want {
			t.Errorf("%q reads %s, want %s", accept, got, want)
		}
	}
}

// Each application's client is told in its own words.
func TestRefusalFormats(t *testing.T) {
	var context, inside json.RawMessage
	say := func(format string, into any, headers ...string) {
		t.Helper()
		f := refusal(closed())
		f.Format = format
		if err := json.Unmarshal([]byte(text(t, told(f, headers...))), into); err != nil {
			t.Errorf("%s: %v", format, err)
		}
	}
	say("json", &context)
	var matrix struct {
		Errcode, Error string
		Context        json.RawMessage `json:"org.ecluse"`
	}
	say("matrix", &matrix)
	var ocs struct {
		OCS struct {
			Meta struct {
				Status, Message string
				Statuscode      int
			}
			Data struct{ Ecluse json.RawMessage }
		}
	}
	say("ocs", &ocs, "Accept", "application/json")
	var rocket struct {
		Success bool
		Error   string
		Ecluse  json.RawMessage
	}
	rocket.Success = true
	say("rocketchat", &rocket)
	var mattermost struct {
		ID, Message string
		StatusCode  int `json:"status_code"`
		Ecluse      json.RawMessage
	}
	say("mattermost", &mattermost)
	brief := closed().French.Brief
	if matrix.Errcode != "M_FORBIDDEN" || matrix.Error != brief || ocs.OCS.Meta.Statuscode != 403 || ocs.OCS.Meta.Status != "failure" ||
		ocs.OCS.Meta.Message != brief || rocket.Success || rocket.Error != brief || mattermost.ID != "api.ecluse.closed" ||
		mattermost.Message != brief || mattermost.StatusCode != 403 {
		t.Errorf("the formats say\n%+v\n%+v\n%+v\n%+v", matrix, ocs, rocket, mattermost)
	}
	for _, inside = range []json.RawMessage{matrix.Context, ocs.OCS.Data.Ecluse, rocket.Ecluse, mattermost.Ecluse} {
		if string(inside) != string(context) {
			t.Errorf("the context is %s, want %s", inside, context)
		}
	}
	f := refusal(closed())
	f.Format = "ocs"
	var asXML struct {
		Message string `xml:"meta>message"`
	}
	if err := xml.Unmarshal([]byte(text(t, told(f, "Accept", "*/*"))), &asXML); err != nil || asXML.Message != brief {
		t.Errorf("as XML: %+v, %v", asXML, err)
	}
}

func TestEveryFormatIsKnown(t *testing.T) {
	for _, format := range route.Refusals() {
		f := refusal(closed())
		f.Format = format
		if body := text(t, told(f)); format != "json" && body == string(closed().Context(enforce.SendMessage)) {
			t.Errorf("%s is written as JSON", format)
		}
	}
}

func FuzzAccept(f *testing.F) {
	f.Add("en-GB;q=0.8,fr;q=1", browser)
	f.Fuzz(func(t *testing.T, language, accept string) {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header["Accept-Language"], r.Header["Accept"] = []string{language}, []string{accept}
		w := httptest.NewRecorder()
		refusal(closed()).Write(w, r)
		if lang := w.Header().Get("Content-Language"); w.Code != 403 || lang != "fr" && lang != "en" {
			t.Fatal(w.Code, lang)
		}
	})
}

// With ECLUSE_PAGES=folder the pages are written there, to be looked at.
func TestWritePages(t *testing.T) {
	folder := os.Getenv("ECLUSE_PAGES")
	if folder == "" {
		t.Skip("ECLUSE_PAGES is not set")
	}
	reading, signIn := closed(), refusal(enforce.Undecided("Connectez-vous à votre espace, puis revenez.", "Sign in."))
	reading.Access = order.Read
	signIn.Status = 401
	for name, f := range map[string]wire.Refusal{"closed": refusal(closed()), "read": refusal(reading), "unknown": refusal(enforce.Undecided("", "")), "sign-in": signIn} {
		for _, lang := range []string{"fr", "en"} {
			page := text(t, told(f, "Accept", browser, "Accept-Language", lang))
			if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("%s-%s.html", name, lang)), []byte(page), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestMatrixClientsKeepTheirKeys: a token that is not known now is refused softly.
func TestMatrixClientsKeepTheirKeys(t *testing.T) {
	refuse := func(token string) string {
		w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/_matrix/client/v3/sync", nil)
		if token != "" {
			r.Header.Set("Authorization", token)
		}
		wire.Refusal{Answer: enforce.Undecided("", ""), Status: http.StatusUnauthorized, Format: "matrix"}.Write(w, r)
		return w.Body.String()
	}
	if said := refuse("Bearer x"); !strings.Contains(said, `"M_UNKNOWN_TOKEN"`) || !strings.Contains(said, `"soft_logout":true`) {
		t.Errorf("with a token: %s", said)
	}
	if said := refuse(""); !strings.Contains(said, `"M_MISSING_TOKEN"`) {
		t.Errorf("without a token: %s", said)
	}
}

package wire

import (
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/enforce"
)

// A Refusal is what a person or a program is told instead of what was asked for:
// a page for who reads pages, the decision's context as JSON (see
// enforce.Answer.Context) for programs, or an application's own kind of error, so
// that its client shows the sentence.
type Refusal struct {
	Answer *enforce.Answer
	Action enforce.Action
	Wait   time.Duration // until the action is possible again; only where that is known
	Status int           // 403, or 503 where nothing could be decided and the protocol bears it
	Spread time.Duration // clients return over this long after the reopening
	Format string        // one of route.Refusals; "" is what the client accepts
	Lang   string        // fr or en; "" is what the client accepts, French where it does not say
}

// Headers sets what a server in front can read when it drops the body: nginx
// does. X-Ecluse-Message is one sentence, percent-encoded UTF-8 (RFC 3986,
// section 2.1), in French unless Lang says otherwise.
func (f Refusal) Headers(h http.Header) {
	f.headers(h, f.seconds())
}

func (f Refusal) headers(h http.Header, seconds int) {
	h.Set("X-Ecluse-Access", f.Answer.Access.String())
	if !f.Answer.Until.IsZero() {
		h.Set("X-Ecluse-Until", f.Answer.Until.Format(time.RFC3339))
	}
	if reopens := f.Answer.Reopens(f.Action); !reopens.IsZero() {
		h.Set("X-Ecluse-Reopens", reopens.Format(time.RFC3339))
	}
	if seconds > 0 {
		h.Set("Retry-After", strconv.Itoa(seconds))
	}
	for _, b := range f.Answer.Orders {
		h.Add("X-Ecluse-Order", string(b.ID))
	}
	h.Set("X-Ecluse-Message", url.PathEscape(f.words().Brief))
	h.Set("Cache-Control", "no-store")
}

// again is after how many seconds to ask again where the reopening is not known
// and the server, not the person, is what keeps from deciding.
const again = 60

// seconds are whole seconds to come back after, spread so that a school does not
// return at once; 0 where that is not known.
func (f Refusal) seconds() int {
	wait := f.Wait
	switch {
	case !f.Answer.Reopens(f.Action).IsZero():
	case wait == 0 && f.Status == http.StatusServiceUnavailable:
		wait = again * time.Second
	case wait > 0:
	default:
		return 0
	}
	if f.Spread > 0 {
		wait += rand.N(f.Spread)
	}
	return max(1, int((wait+time.Second-1)/time.Second))
}

// words are the answer's, in the language of the refusal.
func (f Refusal) words() enforce.Words {
	if f.Lang == "en" {
		return f.Answer.English
	}
	return f.Answer.French
}

// Write answers an HTTP request with the refusal.
func (f Refusal) Write(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	if f.Lang == "" {
		f.Lang = language(r.Header.Get("Accept-Language"))
		h.Add("Vary", "Accept-Language")
	}
	if f.Format == "" {
		f.Format = accepted(r.Header.Get("Accept"))
		h.Add("Vary", "Accept")
	}
	seconds := f.seconds()
	f.headers(h, seconds)
	kind, body := f.body(r, seconds)
	if kind == pageType {
		h.Set("Content-Security-Policy", pagePolicy())
		h.Set("Referrer-Policy", "no-referrer")
	}
	h.Set("Content-Type", kind)
	h.Set("Content-Language", f.Lang)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(f.Status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // who left does not read it
	}
}

// accepted is the page for who takes pages, else JSON.
func accepted(accept string) string {
	if strings.Contains(accept, "text/html") {
		return "html"
	}
	return "json"
}

// language is the reader's by Accept-Language (RFC 9110, section 12.5.4): fr or
// en, whichever weighs more, French first.
func language(accept string) string {
	french, english := -1.0, -1.0
	for range 20 { // nobody speaks more
		var one string
		one, accept, _ = strings.Cut(accept, ",")
		tag, parameter, _ := strings.Cut(one, ";")
		main, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-")
		switch weight := weightOf(parameter); main {
		case "fr":
			french = max(french, weight)
		case "en":
			english = max(english, weight)
		}
	}
	if english > max(french, 0) {
		return "en"
	}
	return "fr"
}

func weightOf(parameter string) float64 {
	text, found := strings.CutPrefix(strings.TrimSpace(parameter), "q=")
	if !found {
		return 1
	}
	weight, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0
	}
	return weight
}

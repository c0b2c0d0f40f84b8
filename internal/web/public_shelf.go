package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

// How long a rendering is good for, at most: until something changes at the
// school, until an order is issued, and never longer than publicFresh of real
// time here and publicKept in caches elsewhere.
const (
	publicFresh = 5 * time.Minute
	publicKept  = 30 * time.Second
)

// mostShelved bounds the bytes of renderings kept.
const mostShelved = 48 << 20

// publicPatience is how long a reader waits for a turn at rendering.
const publicPatience = 3 * time.Second

// origin stands in renderings where the address of this site belongs, which only
// each request knows: so that one made-up Host cannot spoil what others are shown.
const origin = "https://ecluse-origin.invalid"

// A rendering is an answer that does not depend on who asks.
type rendering struct {
	kind string // Content-Type
	body []byte
	etag string

	version int64         // of the orders it tells of
	until   time.Time     // of the application's clock
	made    time.Time     // of the machine's
	lang    page.Lang     // "": both
	doubt   bool          // something was missing or could not be decided: never kept
	left    time.Duration // real time from made to until
}

// A shelfKey names a rendering.
type shelfKey struct {
	school school.UAI
	kind   string
	lang   page.Lang
}

// A shelf keeps what was rendered for the public, and lets few render at once:
// however many ask, messaging and the gate keep most of the machine.
type shelf struct {
	mu    sync.Mutex
	kept  map[shelfKey]rendering
	bytes int
	turns chan struct{}
}

func newShelf() *shelf {
	return &shelf{kept: map[shelfKey]rendering{}, turns: make(chan struct{}, max(1, runtime.NumCPU()/2))}
}

// get is the rendering under a key, if it is still good.
func (s *shelf) get(key shelfKey, version int64, now time.Time) (rendering, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, found := s.kept[key]
	good := found && r.version == version && now.Before(r.until) && time.Since(r.made) < publicFresh
	return r, good
}

// put keeps a rendering; a full shelf is emptied, since most of it has aged.
func (s *shelf) put(key shelfKey, r rendering) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bytes+len(r.body) > mostShelved {
		clear(s.kept)
		s.bytes = 0
	}
	s.bytes += len(r.body) - len(s.kept[key].body)
	s.kept[key] = r
}

// queue waits for one of few places to render.
func (c *call) queue() (done func(), err error) {
	wait := time.NewTimer(publicPatience)
	defer wait.Stop()
	select {
	case c.shelf.turns <- struct{}{}:
		return func() { <-c.shelf.turns }, nil
	case <-c.r.Context().Done():
		return nil, c.r.Context().Err()
	case <-wait.C:
		return nil, fault.New(fault.TooMany,
			"Beaucoup de monde consulte cette page en ce moment. Réessayez dans une minute.",
			"Many people are reading this page just now. Try again in a minute.")
	}
}

// publicly answers anybody about one school, from the shelf where that is good.
func (c *call) publicly(kind string, render func(ecluse.PublicNotice) (rendering, error)) error {
	uai, known := c.publicSchool()
	switch {
	case !known:
		return c.publicMissing()
	case string(uai) != c.r.PathValue("uai"):
		rest := strings.TrimPrefix(c.r.URL.Path, page.PublicURL(c.r.PathValue("uai")))
		http.Redirect(c.w, c.r, page.PublicURL(string(uai))+rest+mark(c.r.URL.RawQuery), http.StatusMovedPermanently)
		return nil
	}
	chosen := c.choose()
	r, err := c.shelved(shelfKey{uai, kind, c.lang}, render)
	if err != nil {
		return err
	}
	if !chosen && r.lang != "" {
		c.w.Header().Set("Vary", "Accept-Language, Cookie")
	}
	return c.serve(r)
}

// choose takes the language that the address asks for, and reports whether it
// does.
func (c *call) choose() bool {
	asked := c.r.URL.Query().Get("lang")
	if asked == "" {
		return false
	}
	c.lang = page.ParseLang(asked)
	return true
}

// shelved is a rendering from the shelf, or a new one.
func (c *call) shelved(key shelfKey, render func(ecluse.PublicNotice) (rendering, error)) (rendering, error) {
	sure := c.app.Ready() == nil && !c.opts.Demo // a demonstration's pages show its clock
	if r, good := c.shelf.get(key, c.app.Snapshot().Version(), c.app.Now()); good && sure {
		return r, nil
	}
	done, err := c.queue()
	if err != nil {
		return rendering{}, err
	}
	defer done()
	if r, good := c.shelf.get(key, c.app.Snapshot().Version(), c.app.Now()); good && sure {
		return r, nil // made while this one waited
	}
	n, err := c.app.PublicNotice(key.school)
	if err != nil {
		return rendering{}, err
	}
	r, err := render(n)
	if err != nil {
		return r, err
	}
	r.version, r.until, r.made = n.Version, turning(n), time.Now()
	r.left = c.app.Clock().Real(r.until.Sub(n.Now))
	r.doubt = r.doubt || n.Unknown()
	sum := sha256.Sum256(r.body)
	r.etag = `"` + hex.EncodeToString(sum[:12]) + `"`
	if sure && !r.doubt {
		c.shelf.put(key, r)
	}
	return r, nil
}

// turning is when a page about a school says something else: at the next change,
// an hour and five minutes before it, and at midnight, when "today" is over.
func turning(n ecluse.PublicNotice) time.Time {
	y, m, d := n.Now.Date()
	at := time.Date(y, m, d+1, 0, 0, 0, 0, n.Now.Location())
	for _, states := range n.States {
		for _, st := range states {
			for _, before := range [...]time.Duration{0, 5 * time.Minute, time.Hour} {
				if turn := st.Until.Add(-before); !st.Until.IsZero() && turn.After(n.Now) && turn.Before(at) {
					at = turn
				}
			}
		}
	}
	if !n.Until.IsZero() && n.Until.Before(at) {
		at = n.Until
	}
	return at
}

// serve sends a rendering. Caches may keep it as long as it is surely right, and
// half a minute at most, because an order may be issued meanwhile.
func (c *call) serve(r rendering) error {
	h := c.w.Header()
	age := min(publicKept, r.left-time.Since(r.made))
	if r.doubt || age < 0 {
		age = 0
	}
	h.Set("Cache-Control", fmt.Sprintf("public, max-age=%d", int(age.Seconds())))
	h.Set("Content-Type", r.kind)
	h.Set("ETag", r.etag)
	if r.lang != "" {
		h.Set("Content-Language", string(r.lang))
	}
	if strings.Contains(c.r.Header.Get("If-None-Match"), r.etag) {
		c.w.WriteHeader(http.StatusNotModified)
		return nil
	}
	c.w.Write(bytes.ReplaceAll(r.body, []byte(origin), []byte(c.origin()))) // a reader who has left is no fault
	return nil
}

// renderPage renders a page for the shelf, where it is kept if it is whole.
func (c *call) renderPage(p page.Page, whole bool) (rendering, error) {
	var b bytes.Buffer
	err := p.View().Render(c.r.Context(), &b)
	return rendering{kind: "text/html; charset=utf-8", body: b.Bytes(), lang: c.lang, doubt: !whole}, err
}

// hostName is a name or address with an optional port, and nothing that a page
// or a feed would have to escape.
var hostName = regexp.MustCompile(`^[A-Za-z0-9.:\[\]-]{1,255}$`)

// origin is this site as the reader reached it; "", which leaves addresses
// relative, for a name that no host has.
func (c *call) origin() string {
	switch {
	case !hostName.MatchString(c.r.Host):
		return ""
	case c.opts.Secure:
		return "https://" + c.r.Host
	default:
		return "http://" + c.r.Host
	}
}

package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

// How many schools a page of the list shows, and how much may be asked for.
const (
	listShown = 50
	listQuery = 60
)

// A publicIndex is the schools of a snapshot, ready to be looked for. It is made
// once for all readers.
type publicIndex struct {
	mu      sync.Mutex
	version int64
	made    bool
	rows    []publicEntry // by name
}

// A publicEntry is a school as the list finds it.
type publicEntry struct {
	school school.School
	place  string // its département
	text   string // what is looked through, plain
}

// of is the schools of a snapshot.
func (x *publicIndex) of(s *gate.Snapshot) []publicEntry {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.made && x.version == s.Version() {
		return x.rows
	}
	rows := make([]publicEntry, 0, len(s.Schools()))
	for _, sc := range s.Schools() {
		place := ""
		if d, err := school.DepartmentOf(sc.UAI); err == nil {
			place = d.Name
		}
		rows = append(rows, publicEntry{sc, place, plain(sc.Name + " " + string(sc.UAI) + " " + place)})
	}
	slices.SortFunc(rows, func(a, b publicEntry) int {
		return cmp.Or(strings.Compare(a.text, b.text), strings.Compare(string(a.school.UAI), string(b.school.UAI)))
	})
	x.rows, x.version, x.made = rows, s.Version(), true
	return rows
}

// find lists the schools that hold every word of a question, some of them from
// the skip-th on, and counts all.
func find(rows []publicEntry, question string, skip int) (shown []publicEntry, total int) {
	words := strings.Fields(plain(question))
	for _, r := range rows {
		if slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(r.text, w) }) {
			continue
		}
		if total >= skip && len(shown) < listShown {
			shown = append(shown, r)
		}
		total++
	}
	return shown, total
}

// publicList lists the installation's schools.
func (c *call) publicList() error { return c.showPublicList(ok, "") }

// publicMissing says that a code is not known here, and helps to find the school.
func (c *call) publicMissing() error {
	asked := []rune(c.r.PathValue("uai"))
	if strings.HasSuffix(c.r.URL.Path, page.PublicStatePart) {
		return c.json(http.StatusNotFound, refusal{Error: "no school here has this code"})
	}
	return c.showPublicList(http.StatusNotFound, string(asked[:min(len(asked), 20)]))
}

func (c *call) showPublicList(status int, missing string) error {
	c.choose()
	question := []rune(c.r.FormValue("q"))
	p := page.PublicList{Frame: c.bare(c.lang.Say("Établissements", "Schools")), Query: string(question[:min(len(question), listQuery)]), Missing: missing}
	if missing != "" {
		p.Path = page.PublicListURL
		return c.show(status, p)
	}
	done, err := c.queue()
	if err != nil {
		return err
	}
	defer done()
	skip, _ := strconv.Atoi(c.r.FormValue("from")) // anything else is the beginning
	skip = max(0, skip)
	rows, total := find(c.index.of(c.app.Snapshot()), p.Query, skip)
	p.Total, p.Path = total, listAddress(p.Query, skip)
	for _, r := range rows {
		p.Rows = append(p.Rows, c.publicRow(r))
	}
	if skip > 0 {
		p.Before = listAddress(p.Query, max(0, skip-listShown))
	}
	if next := skip + listShown; next < total {
		p.More = listAddress(p.Query, next)
	}
	return c.show(status, p)
}

// publicRow is a school with its state now in few words.
func (c *call) publicRow(e publicEntry) page.PublicRow {
	var states []page.PublicState
	for role := range school.Role(school.RoleCount) {
		st := c.app.RoleState(e.school.UAI, role)
		states = append(states, page.PublicState{
			Role: role, Access: st.Decision.Access, Unknown: st.Decision.Unknown || c.app.Ready() != nil,
		})
	}
	kind, _ := page.Headline(c.lang, states, c.app.Now())
	return page.PublicRow{
		Name: e.school.Name, UAI: string(e.school.UAI), Place: e.place, URL: page.PublicURL(string(e.school.UAI)),
		Kind: kind, Word: page.PublicWord(c.lang, kind),
	}
}

func listAddress(question string, from int) string {
	v := url.Values{}
	if question != "" {
		v.Set("q", question)
	}
	if from > 0 {
		v.Set("from", strconv.Itoa(from))
	}
	return page.PublicListURL + mark(v.Encode())
}

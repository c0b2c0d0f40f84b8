package ecluse

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/journal"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// points is what is known of enforcement points: their tokens, and what each
// asked and said since it was last written down.
type points struct {
	mu      sync.Mutex
	byToken map[[32]byte]enforce.Point
	noted   map[string]*pointNotes
	said    map[string]map[string]enforce.Report // by point and instance
	fresh   map[[2]string]bool                   // what was said since it was last written down
}

// pointNotes are what a point that only asks shows of itself.
type pointNotes struct {
	asked, tested atomic.Int64 // Unix milliseconds
	version       atomic.Int64
	refused       atomic.Bool
	fresh         atomic.Bool // something was noted since it was last written down
}

// note keeps that a point asked. Asking for the account that is always closed shows
// nothing: whether the point then refuses, a probe or its own report tells.
func (n *pointNotes) note(now time.Time, q enforce.Question, a *enforce.Answer) {
	if q.Login == enforce.SelfTest {
		return
	}
	if a.Version != 0 { // what nothing is known about says nothing of the orders
		n.version.Store(a.Version)
	}
	n.asked.Store(now.UnixMilli())
	if !n.fresh.Load() { // a store for each question would slow down many askers at once
		n.fresh.Store(true)
	}
}

func (p *points) notes(name string) *pointNotes {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.noted == nil {
		p.noted = map[string]*pointNotes{}
	}
	if p.noted[name] == nil {
		p.noted[name] = &pointNotes{}
	}
	return p.noted[name]
}

// put replaces the tokens.
func (p *points) put(records []store.PointRecord) {
	byToken := make(map[[32]byte]enforce.Point, len(records))
	for _, r := range records {
		byToken[r.Token] = r.Point
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.byToken = byToken
}

// PointOf is the point that has a token, or a fault of kind SignedOut.
func (a *App) PointOf(token string) (enforce.Point, error) {
	a.points.mu.Lock()
	p, found := a.points.byToken[account.DigestOf(token)]
	a.points.mu.Unlock()
	if !found || token == "" {
		return p, fault.New(fault.SignedOut,
			"Ce jeton n’est celui d’aucun point d’application : ajoutez le point avec « ecluse point add ».",
			"This token is no enforcement point's: add the point with \"ecluse point add\".")
	}
	return p, nil
}

// AddPoint makes a point known and returns its token, which is told only once.
func (a *App) AddPoint(ctx context.Context, p enforce.Point) (token string, err error) {
	if p.Territory == "" {
		p.Territory = "FR"
	}
	if err := p.Check(); err != nil {
		return "", err
	}
	token, digest := account.NewToken()
	err = a.do(ctx, Actor{}, act{"point.add", journal.Installation, gate.Security}, func(tx *store.Tx, now time.Time) (string, string, error) {
		p.Created = now
		return p.Name, p.Kind + " for " + string(p.Territory), tx.AddPoint(store.PointRecord{Point: p, Token: digest})
	})
	if err != nil {
		return "", err
	}
	return token, a.apply(ctx)
}

// RemovePoint ends a point: its token is worth nothing any more.
func (a *App) RemovePoint(ctx context.Context, name string) error {
	err := a.do(ctx, Actor{}, act{"point.remove", journal.Installation, gate.Security}, func(tx *store.Tx, _ time.Time) (string, string, error) {
		return name, "", tx.RemovePoint(name)
	})
	if err != nil {
		return err
	}
	return a.apply(ctx)
}

// Report keeps what an instance of a point says of itself, and until the next
// one shows it. More instances of one point than mostInstances are not shown.
func (a *App) Report(p enforce.Point, r enforce.Report) {
	r.Point, r.At = p.Name, a.clock.Now()
	a.points.mu.Lock()
	defer a.points.mu.Unlock()
	if a.points.said == nil {
		a.points.said = map[string]map[string]enforce.Report{}
	}
	of := a.points.said[r.Point]
	if of == nil {
		of = map[string]enforce.Report{}
		a.points.said[r.Point] = of
	}
	if _, known := of[r.Instance]; known || len(of) < mostInstances {
		of[r.Instance] = r
		a.points.renew(r)
	}
}

// renew marks what is not written down yet.
func (p *points) renew(r enforce.Report) {
	if p.fresh == nil {
		p.fresh = map[[2]string]bool{}
	}
	p.fresh[[2]string{r.Point, r.Instance}] = true
}

// Tested notes what asking behind a point for what must be refused came to.
func (a *App) Tested(point string, refused bool) {
	n := a.points.notes(point)
	n.refused.Store(refused)
	n.tested.Store(a.clock.Now().UnixMilli())
	n.fresh.Store(true)
}

// Changed is since when the orders that decide are the newest.
func (a *App) Changed() time.Time { return time.UnixMilli(a.since.Load()).UTC() }

// mostInstances bounds how many instances of one point are shown.
const mostInstances = 100

// writeReports writes down what points said and asked since the last time.
func (a *App) writeReports(ctx context.Context) error {
	reports := a.points.take()
	if len(reports) == 0 {
		return nil
	}
	err := a.store.Write(ctx, func(tx *store.Tx) error {
		return each(reports, func(r enforce.Report) error { return keepReport(tx, r) })
	})
	if err != nil {
		a.points.putBack(reports)
	}
	return err
}

// take is what was said or asked and not written down yet.
func (p *points) take() []enforce.Report {
	p.mu.Lock()
	defer p.mu.Unlock()
	var list []enforce.Report
	for at := range p.fresh {
		list = append(list, p.said[at[0]][at[1]])
	}
	p.fresh = nil
	for name, n := range p.noted {
		if n.fresh.Swap(false) {
			list = append(list, n.report(name))
		}
	}
	return list
}

// putBack marks what could not be written down, for the next time.
func (p *points) putBack(reports []enforce.Report) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range reports {
		if n := p.noted[r.Point]; n != nil && r.Instance == "" {
			n.fresh.Store(true)
			continue
		}
		p.renew(r)
	}
}

// forgetSilent makes room for other instances where one has said nothing for long.
func (p *points) forgetSilent(before time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, of := range p.said {
		maps.DeleteFunc(of, func(_ string, r enforce.Report) bool { return r.At.Before(before) })
	}
}

// report is what a point that only asks shows.
func (n *pointNotes) report(name string) enforce.Report {
	asked, tested := n.asked.Load(), n.tested.Load()
	r := enforce.Report{Point: name, Version: n.version.Load(), Refused: n.refused.Load()}
	for _, at := range []struct {
		ms int64
		to *time.Time
	}{{asked, &r.Asked}, {tested, &r.Tested}} {
		if at.ms != 0 {
			*at.to = time.UnixMilli(at.ms).UTC()
		}
	}
	r.At = r.Asked
	if r.Tested.After(r.At) {
		r.At = r.Tested
	}
	return r
}

// A PointView is a point with its instances; one that never asked has none.
type PointView struct {
	enforce.Point
	Instances []enforce.Report
}

// Points lists the points that answer for schools of a territory, or are asked
// about some, by name.
func (a *App) Points(ctx context.Context, t school.Territory) (list []PointView, err error) {
	if err := a.writeReports(ctx); err != nil {
		return nil, err
	}
	err = a.store.Read(ctx, func(tx *store.Tx) error {
		records, err := tx.Points()
		if err != nil {
			return err
		}
		reports, err := tx.Reports()
		if err != nil {
			return err
		}
		for _, r := range records {
			if !t.Contains(r.Territory) && !r.Territory.Contains(t) {
				continue
			}
			v := PointView{Point: r.Point}
			for _, i := range reports {
				if i.Point == r.Name {
					v.Instances = append(v.Instances, i)
				}
			}
			list = append(list, v)
		}
		return nil
	})
	slices.SortFunc(list, func(a, b PointView) int { return strings.Compare(a.Name, b.Name) })
	return list, err
}

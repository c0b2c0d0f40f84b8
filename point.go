package ecluse

import (
	"context"
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
	reports map[[2]string]enforce.Report // by point and instance
}

// pointNotes are what a point that only asks shows of itself.
type pointNotes struct {
	asked, tested atomic.Int64 // Unix milliseconds
	version       atomic.Int64
	refused       atomic.Bool
}

func (n *pointNotes) note(now time.Time, q enforce.Question, a *enforce.Answer) {
	if q.Login == enforce.SelfTest {
		n.refused.Store(!a.Allows(enforce.OpenSession))
		n.tested.Store(now.UnixMilli())
		return
	}
	n.version.Store(a.Version)
	n.asked.Store(now.UnixMilli())
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
// one shows it.
func (a *App) Report(p enforce.Point, r enforce.Report) {
	r.Point, r.At = p.Name, a.clock.Now()
	a.points.mu.Lock()
	defer a.points.mu.Unlock()
	if a.points.reports == nil {
		a.points.reports = map[[2]string]enforce.Report{}
	}
	if len(a.points.reports) < mostInstances {
		a.points.reports[[2]string{r.Point, r.Instance}] = r
	}
}

// Tested notes what asking behind a point for what must be refused came to.
func (a *App) Tested(point string, refused bool) {
	n := a.points.notes(point)
	n.refused.Store(refused)
	n.tested.Store(a.clock.Now().UnixMilli())
}

// Changed is since when the orders that decide are the newest.
func (a *App) Changed() time.Time { return time.UnixMilli(a.since.Load()).UTC() }

// mostInstances bounds how many instances of points report between two looks.
const mostInstances = 10_000

// writeReports writes down what points said and asked since the last time.
func (a *App) writeReports(ctx context.Context) error {
	reports := a.points.take()
	if len(reports) == 0 {
		return nil
	}
	return a.store.Write(ctx, func(tx *store.Tx) error { return each(reports, tx.PutReport) })
}

// take empties what was noted into reports.
func (p *points) take() []enforce.Report {
	p.mu.Lock()
	defer p.mu.Unlock()
	var list []enforce.Report
	for _, r := range p.reports {
		list = append(list, r)
	}
	p.reports = nil
	for name, n := range p.noted {
		if r, some := n.report(name); some {
			list = append(list, r)
		}
	}
	return list
}

// report is what a point that only asks shows, if it asked since the last time.
func (n *pointNotes) report(name string) (r enforce.Report, some bool) {
	asked, tested := n.asked.Load(), n.tested.Load()
	if asked == 0 && tested == 0 {
		return r, false
	}
	r = enforce.Report{Point: name, Version: n.version.Load(), Refused: n.refused.Load()}
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
	return r, true
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

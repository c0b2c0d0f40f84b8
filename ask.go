package ecluse

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// An Answerer answers one enforcement point: about the schools of its territory
// alone, noting what it asked. It is an enforce.Decider.
type Answerer struct {
	app   *App
	point enforce.Point
	notes *pointNotes
}

// Answering is who answers a point.
func (a *App) Answering(p enforce.Point) *Answerer {
	return &Answerer{app: a, point: p, notes: a.points.notes(p.Name)}
}

// Ask answers one question by the present snapshot, clock and directory.
func (w *Answerer) Ask(ctx context.Context, q enforce.Question) *enforce.Answer {
	now, doubt := w.app.clock.Reading()
	answer := selfTest
	if q.Login != enforce.SelfTest {
		answer = w.app.ask(ctx, q, w.point.Territory, reading{now, doubt, time.Now()})
	}
	w.notes.note(now, q, answer)
	return answer
}

// A reading is one look at the clocks, for one question: each costs more than the
// decision itself.
type reading struct {
	now   time.Time     // by which everything is decided
	doubt time.Duration // how far the clock was set back
	real  time.Time     // of this machine, by which silence is counted
}

// AskAll answers each question.
func (w *Answerer) AskAll(ctx context.Context, qs []enforce.Question) []*enforce.Answer {
	answers := make([]*enforce.Answer, len(qs))
	for i, q := range qs {
		answers[i] = w.Ask(ctx, q)
	}
	return answers
}

// Changes tells of every new snapshot and of every instant at which hours, an
// order or an exemption begin, change or end.
func (w *Answerer) Changes(ctx context.Context) <-chan enforce.Change {
	return w.app.changes.Listen(ctx)
}

// Wait is the real time from now to an instant.
func (w *Answerer) Wait(instant time.Time) time.Duration {
	return max(0, w.app.clock.Real(instant.Sub(w.app.clock.Now())))
}

// ask decides. Whatever cannot be decided is closed.
func (a *App) ask(ctx context.Context, q enforce.Question, within school.Territory, r reading) *enforce.Answer {
	if a.ready(r) != nil {
		return enforce.Undecided("", "")
	}
	return a.viewed(ctx, q, view{a.gate.Load(), within, r.now.Unix(), r.real, a.decide})
}

// A view is how a question is looked at: by which orders, about which places, at
// which instant, and who puts the decision into words.
type view struct {
	snapshot *gate.Snapshot
	within   school.Territory
	at       int64
	real     time.Time // when it is looked, by this machine
	tell     func(*gate.Snapshot, gate.Request) *enforce.Answer
}

// viewed answers about a person at the strictest of their places.
func (a *App) viewed(ctx context.Context, q enforce.Question, v view) *enforce.Answer {
	if q.Login == "" {
		return v.roles(q)
	}
	if len(q.Login) > longestLogin || !utf8.ValidString(q.Login) || strings.IndexByte(q.Login, 0) >= 0 {
		return nobody // and nothing of it is remembered
	}
	known, err := a.people.find(ctx, a.store, account.FoldLogin(q.Login), v.real)
	if err != nil {
		if !fault.Is(err, fault.NotFound) {
			a.log.Error("looking a person up for an enforcement point", "error", err)
			return enforce.Undecided("", "")
		}
		return nobody
	}
	switch {
	case known.shut != nil:
		return known.shut
	case a.parting.holds(known.person, v.real):
		return partedAnswer
	}
	var one *enforce.Answer
	var more []*enforce.Answer
	for _, m := range known.members {
		if !asksAbout(v.snapshot, q, m.School, m.Role, v.within) {
			continue
		}
		answer := v.tell(v.snapshot, gate.Request{
			School: m.School, Role: m.Role, With: q.With, Service: q.Service, Member: int64(m.ID),
			At: v.at, Facts: known.facts,
		})
		if one == nil {
			one = answer
			continue
		}
		more = append(more, answer)
	}
	switch {
	case one == nil:
		return nobody
	case more == nil:
		return one
	}
	return enforce.Strictest(append(more, one))
}

// asksAbout reports whether a question of a point is about a place.
func asksAbout(s *gate.Snapshot, q enforce.Question, uai school.UAI, role school.Role, within school.Territory) bool {
	if q.School != "" && q.School != uai || q.Roles != 0 && !q.Roles.Has(role) {
		return false
	}
	if within == "FR" {
		return true
	}
	sc, err := s.School(uai)
	return err == nil && within.Contains(sc.Territory())
}

// roles answers about people of roles in one school, with accounts that meet
// every requirement.
func (v view) roles(q enforce.Question) *enforce.Answer {
	var answers []*enforce.Answer
	for role := range school.Role(school.RoleCount) {
		if q.School == "" || !q.Roles.Has(role) || !asksAbout(v.snapshot, q, q.School, role, v.within) {
			continue
		}
		answers = append(answers, v.tell(v.snapshot, gate.Request{
			School: q.School, Role: role, With: q.With, Service: q.Service, At: v.at, Facts: gate.Compliant(),
		}))
	}
	if len(answers) == 0 {
		return nobody
	}
	return enforce.Strictest(answers)
}

// selfTest answers for the account that is always closed.
var selfTest = enforce.Undecided(
	"Ce compte sert à vérifier le sas : il est toujours fermé.", "This account is for testing the gate: it is always closed.")

// nobody answers for whom nothing is known.
var nobody = enforce.Undecided(
	"Cette personne n’est pas connue ici, ou pas dans cet établissement : dans le doute, l’accès reste fermé. Parlez-en à votre établissement.",
	"This person is not known here, or not in this school: in doubt, access stays closed. Speak to your school.")

// decide decides anew and takes the words from those kept: a decision costs
// nanoseconds, its sentences microseconds, and a school's pupils share them.
func (a *App) decide(s *gate.Snapshot, r gate.Request) *enforce.Answer {
	key := answerKey{
		school: r.School, role: r.Role, with: r.With, service: r.Service, decision: s.Decide(r),
	}
	if s.Personal(r) {
		key.member, key.facts = r.Member, r.Facts
	}
	return a.answers.get(s.Version(), key, func() *enforce.Answer { return a.tell(s, r) })
}

// tell puts a decision into words.
func (a *App) tell(s *gate.Snapshot, r gate.Request) *enforce.Answer {
	e := s.Explain(r)
	place, _ := s.School(r.School)
	loc := a.zone(place.Zone)
	answer := &enforce.Answer{
		Access: e.Decision.Access, Unknown: e.Decision.Unknown, Unmet: e.Decision.Unmet, Limits: e.Decision.Limits,
		School: r.School, Role: r.Role, Until: instant(e.Decision.Until, loc), Version: s.Version(),
		French: enforce.Words{Full: e.French}, English: enforce.Words{Full: e.English},
	}
	answer.French.Brief, answer.English.Brief = e.Brief(r)
	for access := e.Decision.Access + 1; access <= order.Write; access++ {
		answer.Opens[access] = instant(s.Reopens(r, access), loc)
	}
	for _, o := range e.Orders {
		answer.Orders = append(answer.Orders, enforce.Binding{
			ID: o.ID, Title: o.Title, Office: o.Contact.Office, Phone: o.Contact.Phone, Email: o.Contact.Email, Reason: o.Reason,
		})
	}
	return answer
}

// An answerKey is all that an answer's words follow from, beside the snapshot.
// The decision holds the instant at which it ends, so that the key changes with
// every boundary.
type answerKey struct {
	school   school.UAI
	role     school.Role
	with     school.Roles
	service  order.Service
	decision gate.Decision
	member   int64 // where the answer may be another for another account
	facts    gate.Facts
}

// answers keeps answers with their words, for one snapshot.
type answers struct {
	mu      sync.RWMutex
	version int64
	kept    map[answerKey]*enforce.Answer
}

// mostAnswers bounds what is kept: a country's schools by role and service, and
// the accounts for which an order asks something.
const mostAnswers = 500_000

func (k *answers) get(version int64, key answerKey, tell func() *enforce.Answer) *enforce.Answer {
	k.mu.RLock()
	found := k.kept[key]
	same := k.version == version
	k.mu.RUnlock()
	if same && found != nil {
		return found
	}
	made := tell()
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.version != version || k.kept == nil || len(k.kept) >= mostAnswers {
		k.version, k.kept = version, map[answerKey]*enforce.Answer{}
	}
	k.kept[key] = made
	return made
}

// A directory remembers for a moment who is behind a name, so that a point may
// ask at every click. What a change of another process does to a person counts
// after peopleKept at the latest; orders count at once.
type directory struct {
	shards [16]directoryShard
	epoch  atomic.Int64
}

type directoryShard struct {
	mu    sync.RWMutex
	known map[string]*known
}

// A known person has these places and facts. No person means that nobody has
// the name.
type known struct {
	epoch   int64
	read    time.Time
	person  account.PersonID
	members []account.Membership
	facts   gate.Facts
	shut    *enforce.Answer // where the account itself is: frozen, or to be given a new password
}

// How long a person is remembered while the database answers, and while it does
// not; how many are, in each shard.
const (
	peopleKept  = 5 * time.Second
	peopleTrust = staleAfter
	mostPeople  = 10_000
)

// forget has everybody looked up anew.
func (d *directory) forget() { d.epoch.Add(1) }

// find looks a name up, at most every peopleKept.
func (d *directory) find(ctx context.Context, db *store.Store, name string, now time.Time) (*known, error) {
	s := &d.shards[shardOf(name)]
	s.mu.RLock()
	k := s.known[name]
	s.mu.RUnlock()
	epoch := d.epoch.Load()
	if k != nil && k.epoch == epoch && now.Sub(k.read) < peopleKept {
		return k.orNobody()
	}
	fresh := &known{epoch: epoch, read: now}
	switch err := db.Read(ctx, func(tx *store.Tx) error { return fresh.load(tx, name) }); {
	case err == nil:
	case k != nil && k.epoch == epoch && now.Sub(k.read) < peopleTrust:
		return k.orNobody() // the database does not answer just now
	default:
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known == nil || len(s.known) >= mostPeople {
		s.known = map[string]*known{}
	}
	s.known[name] = fresh
	return fresh.orNobody()
}

// shardOf spreads names (FNV-1a).
func shardOf(name string) uint32 {
	h := uint32(2166136261)
	for i := range len(name) {
		h = (h ^ uint32(name[i])) * 16777619
	}
	return h % 16
}

func (k *known) orNobody() (*known, error) {
	if k.person == 0 {
		return nil, notFound("Cette personne n’est pas connue ici.", "This person is not known here.")
	}
	return k, nil
}

// load reads who has a name; nobody is no error, and is remembered too.
func (k *known) load(tx *store.Tx, name string) error {
	p, err := tx.PersonByName(name)
	if err != nil {
		return ignoreNotFound(err)
	}
	if k.members, err = tx.MembershipsOf(p.ID); err != nil {
		return err
	}
	c, err := tx.Credential(p.ID)
	if err := ignoreNotFound(err); err != nil {
		return err
	}
	if k.shut, err = shutAnswer(tx, p.ID); err != nil {
		return err
	}
	k.person = p.ID
	if !c.Changed.IsZero() {
		k.facts.PasswordChanged = c.Changed.Unix()
	}
	return nil
}

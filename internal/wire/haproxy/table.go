package haproxy

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// lines are what a map holds, "key value" each, sorted.
type lines []string

func (l lines) digest() string {
	h := sha256.New()
	for _, line := range l {
		h.Write([]byte(line))
		h.Write([]byte{'\n'})
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// A table is what HAProxy is told at one instant.
type table struct {
	state, pages, texts lines
	answers             map[string]*enforce.Answer // behind the state's lines, by key
	version             int64
	at                  time.Time
}

// A directory is who is known by which name; it is read anew when there is a new
// snapshot, and otherwise so often that reading takes a twentieth of the time.
type directory struct {
	roll    *ecluse.Roll
	people  lines
	groups  map[string][]ecluse.Place // what people are at in several places
	version int64
	due     time.Time
}

func (p *Pusher) readDirectory(ctx context.Context) error {
	began, version := time.Now(), p.answers.Version()
	if p.directory.roll != nil && p.directory.version == version && began.Before(p.directory.due) {
		return nil
	}
	roll, err := p.answers.Roll(ctx)
	if err != nil {
		return err
	}
	d := directory{roll: roll, version: version, groups: map[string][]ecluse.Place{}}
	p.answers.Everybody(roll, p.services[0], func(a ecluse.Account) {
		group := groupOf(a.Places)
		if len(a.Places) > 1 {
			d.groups[group] = a.Places
		}
		for _, name := range a.Names {
			if plain(name) {
				d.people = append(d.people, name+" "+group)
			}
		}
	})
	slices.Sort(d.people)
	d.due = time.Now().Add(20 * time.Since(began))
	p.directory = d
	return nil
}

// plain reports whether a name can be the key of a map.
func plain(name string) bool {
	return name != "" && len(name) <= 200 && strings.IndexFunc(name, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || r == '|' || r == unicode.ReplacementChar
	}) < 0
}

// groupOf is the key of people with the same places.
func groupOf(places []ecluse.Place) string {
	words := make([]string, len(places))
	for i, p := range places {
		words[i] = string(p.School) + "/" + p.Role.String()
	}
	slices.Sort(words)
	return strings.Join(slices.Compact(words), "+")
}

// tell puts together what holds now.
func (p *Pusher) tell(ctx context.Context, offset time.Duration) *table {
	now := time.Now().Add(shift(offset))
	b := builder{
		table:  &table{answers: map[string]*enforce.Answer{}, version: p.answers.Version(), at: time.Now()},
		before: p.notices, notices: map[*enforce.Answer]notice{}, known: map[string]bool{},
		unix: func(instant time.Time) int64 {
			return now.Add(p.answers.Wait(instant)).Round(10 * time.Millisecond).Unix()
		},
	}
	for _, service := range p.services {
		p.tellService(&b, service)
	}
	b.put(p.selfTestKey(), p.answers.Ask(ctx, enforce.Question{Login: enforce.SelfTest}))
	b.words(noticeOf("undecided", enforce.Undecided("", "")))
	b.words(noticeOf("nobody", p.answers.Ask(ctx, enforce.Question{Login: "ecluse:nobody"})))
	p.notices = b.notices
	return b.finish()
}

func (p *Pusher) selfTestKey() string { return p.services[0].String() + "/=" + enforce.SelfTest }

// tellService tells of every school and role, of people with several places, and
// of those whose account counts.
func (p *Pusher) tellService(b *builder, service order.Service) {
	prefix := service.String() + "/"
	const page = 1000
	for after, more := school.UAI(""), true; more; {
		schools := p.answers.Schools(after, page)
		for _, s := range schools {
			for role := range school.Role(school.RoleCount) {
				at := ecluse.Place{School: s.UAI, Role: role}
				b.put(prefix+groupOf([]ecluse.Place{at}), p.answers.AtPlaces(service, at))
			}
			after = s.UAI
		}
		more = len(schools) == page
	}
	for group, places := range p.directory.groups {
		b.put(prefix+group, p.answers.AtPlaces(service, places...))
	}
	p.answers.Everybody(p.directory.roll, service, func(a ecluse.Account) {
		if a.Own == nil {
			return
		}
		for _, name := range a.Names {
			if plain(name) {
				b.put(prefix+"="+name, a.Own)
			}
		}
	})
}

// A builder fills a table.
type builder struct {
	*table
	unix    func(time.Time) int64 // by HAProxy's clock, never later than the instant
	before  map[*enforce.Answer]notice
	notices map[*enforce.Answer]notice
	known   map[string]bool // the keys of notices that the table holds
}

// put adds the state of a key, and what is said where it refuses something.
func (b *builder) put(key string, a *enforce.Answer) {
	n, told := b.notices[a]
	if !told {
		if n, told = b.before[a]; !told {
			n = noticeFor(a)
		}
		b.notices[a] = n
		b.words(n)
	}
	b.answers[key] = a
	b.state = append(b.state, key+" "+encode(a, b.unix, n.key))
}

func (b *builder) words(n notice) {
	if !b.known[n.key] && n.page != "" {
		b.known[n.key] = true
		b.pages = append(b.pages, n.key+" "+n.page)
		b.texts = append(b.texts, n.key+" "+n.json)
	}
}

func (b *builder) finish() *table {
	slices.Sort(b.state)
	slices.Sort(b.pages)
	slices.Sort(b.texts)
	return b.table
}

// never is an instant that does not come.
const never = 9_999_999_999

// undecidedWord stands for the access where nothing can be decided. No number of
// a state is below zero: HAProxy 2.6 takes -1 less 1 for the greatest of all.
const undecidedWord = "unknown"

// encode is the state of an answer: access as a number and a word, until when,
// when reading, replying and writing come next (0: not known), and the key of the
// notice.
func encode(a *enforce.Answer, unix func(time.Time) int64, notice string) string {
	word, until := a.Access.String(), int64(never)
	if a.Unknown && a.Access == order.Closed {
		word = undecidedWord
	}
	if !a.Until.IsZero() {
		until = max(0, unix(a.Until))
	}
	text := strconv.AppendInt(nil, int64(a.Access), 10)
	text = append(append(text, ':'), word...)
	for _, n := range []int64{until, opens(a, order.Read, unix), opens(a, order.Reply, unix), opens(a, order.Write, unix)} {
		text = strconv.AppendInt(append(text, ':'), n, 10)
	}
	return string(append(append(text, ':'), notice...))
}

func opens(a *enforce.Answer, access order.Access, unix func(time.Time) int64) int64 {
	if a.Access >= access || a.Opens[access].IsZero() {
		return 0
	}
	return max(0, unix(a.Opens[access]))
}

// shift is what is added to our clock to tell instants by HAProxy's: nothing where
// both agree as clocks do, else whole seconds, towards the earlier closing.
func shift(offset time.Duration) time.Duration {
	if offset.Abs() < 500*time.Millisecond {
		return 0
	}
	seconds := offset / time.Second
	if offset < 0 {
		seconds--
	}
	return seconds * time.Second
}

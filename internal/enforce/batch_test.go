package enforce_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/ecluse-ecole/ecluse/internal/enforce"
)

// A program lists its sessions by name and ends many at once.
type program struct {
	*testing.T
	enforce.Batch[string]
	live   map[enforce.Held][]string
	ended  [][]string // of each request
	stayed []string   // of the last
	stuck  string     // a session that does not end
}

func newProgram(t *testing.T, d enforce.Decider, logins ...string) *program {
	p := &program{T: t, live: map[enforce.Held][]string{}}
	for _, l := range logins {
		p.live[held(l, enforce.OpenSession)] = []string{l + "/desk", l + "/phone"}
	}
	p.Decider = d
	p.List = func(context.Context) (map[enforce.Held][]string, error) {
		if p.live == nil {
			return nil, errors.New("out of reach")
		}
		return maps.Clone(p.live), nil
	}
	p.End = func(_ context.Context, refused []enforce.Refusal[string], stay []string) []error {
		var names []string
		results := make([]error, len(refused))
		for i, r := range refused {
			names = append(names, r.Sessions...)
			if r.Why.Allows(r.Action) {
				t.Errorf("%s is cut and told of an answer that allows", r.Login)
			}
			if slices.Contains(r.Sessions, p.stuck) {
				results[i] = errors.New("it does not end")
			}
		}
		p.ended, p.stayed = append(p.ended, names), stay
		return results
	}
	return p
}

// look lists what is live.
func (p *program) look(want int) {
	p.Helper()
	if live, err := p.Live(p.Context()); err != nil || len(live) != want || p.Len() != want || p.Down() {
		p.Fatalf("live are %v, %v (%d, down: %v), want %d", live, err, p.Len(), p.Down(), want)
	}
}

func (p *program) cut(login string) error {
	return p.Cut(p.Context(), held(login, enforce.OpenSession), shut)
}

// TestBatchCutsAtOnce: a thousand are ended in one request, and who stays is known.
func TestBatchCutsAtOnce(t *testing.T) {
	d := newRule()
	logins := []string{"reader1", "teacher1"}
	for i := range 1200 {
		logins = append(logins, fmt.Sprint("pupil", i))
	}
	p := newProgram(t, d, logins...)
	p.look(len(logins))
	d.closed.Store(true)
	for _, l := range logins[2:] {
		if err := p.cut(l); err != nil {
			t.Fatal(err)
		}
	}
	if len(p.ended) != 1 || len(p.ended[0]) != 2400 {
		t.Fatalf("%d requests, want one for 2400 sessions", len(p.ended))
	}
	if slices.Sort(p.stayed); !slices.Equal(p.stayed, []string{"reader1/desk", "reader1/phone", "teacher1/desk", "teacher1/phone"}) {
		t.Errorf("%v stay", p.stayed)
	}
	p.look(len(logins))
	if err := p.cut("pupil7"); err != nil || len(p.ended) != 2 {
		t.Errorf("who is live at the next look again is not cut again: %v, %d requests", err, len(p.ended))
	}
}

// TestBatchTellsOfEach: what did not end is told of, and nothing else.
func TestBatchTellsOfEach(t *testing.T) {
	d := newRule()
	p := newProgram(t, d, "pupil1", "pupil2", "pupil3")
	p.look(3)
	d.closed.Store(true)
	p.stuck = "pupil2/phone"
	if err := errors.Join(p.cut("pupil1"), p.cut("pupil3")); err != nil || !p.Down() {
		t.Errorf("who ended: %v, down: %v", err, p.Down())
	}
	if p.cut("pupil2") == nil || len(p.ended) != 1 {
		t.Errorf("who did not end is not told of, in %d requests", len(p.ended))
	}
	if err := p.cut("pupil4"); err != nil || len(p.ended) != 1 {
		t.Errorf("who has left is cut: %v, %d requests", err, len(p.ended))
	}
	p.live = nil
	if _, err := p.Live(t.Context()); err == nil || !p.Down() {
		t.Errorf("a program out of reach: %v, down: %v", err, p.Down())
	}
}

// mute answers fewer questions than it is asked.
type mute struct{ *rule }

func (mute) AskAll(context.Context, []enforce.Question) []*enforce.Answer { return nil }

func TestBatchWithoutAnswers(t *testing.T) {
	p := newProgram(t, mute{newRule()}, "pupil1", "pupil2")
	p.look(2)
	if p.cut("pupil1") == nil || len(p.ended) != 0 {
		t.Errorf("it is cut without an answer, in %d requests", len(p.ended))
	}
}

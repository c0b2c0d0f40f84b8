package api

import "fmt"

// A semantic says when a batch ends early (section 7.1.2.1).
type semantic string

const (
	executeAll    semantic = "execute_all"
	denyOnFirst   semantic = "deny_on_first_deny"
	permitOnFirst semantic = "permit_on_first_permit"
)

// A batch is several evaluations with their defaults; without any it is one.
type batch struct {
	evaluation
	items    [][]byte // each as it was sent
	semantic semantic
}

// mostEvaluations bounds a batch.
const mostEvaluations = 1000

func (b *batch) read(body []byte) error {
	b.semantic = executeAll
	return readBody(body, func(s *scanner) error {
		return s.object(func(name []byte) error {
			switch string(name) {
			case "evaluations":
				return inside("evaluations", b.seen.once(hasEvaluations, "evaluations"), func() error { return b.readItems(s) })
			case "options":
				return inside("options", b.seen.once(hasOptions, "options"), func() error { return b.readOptions(s) })
			}
			known, err := b.field(s, name)
			if known || err != nil {
				return err
			}
			return s.skip()
		})
	})
}

func (b *batch) readItems(s *scanner) error {
	if s.null() {
		return nil
	}
	return s.list(func() error {
		item, err := s.raw()
		if b.items = append(b.items, item); len(b.items) > mostEvaluations {
			return misshapen(fmt.Sprintf("want at most %d", mostEvaluations))
		}
		return err
	})
}

func (b *batch) readOptions(s *scanner) error {
	if s.null() {
		return nil
	}
	var seen seen
	return s.object(func(name []byte) error {
		if string(name) != "evaluations_semantic" {
			return s.skip()
		}
		text, err := s.member(&seen, 0, "evaluations_semantic")
		if err != nil {
			return err
		}
		switch b.semantic = semantic(text); b.semantic {
		case executeAll, denyOnFirst, permitOnFirst:
			return nil
		}
		return misshapen("evaluations_semantic: want execute_all, deny_on_first_deny or permit_on_first_permit")
	})
}

// item is the i-th evaluation with the defaults, or what is wrong with it.
func (b *batch) item(i int) (e evaluation, err error) {
	s := &scanner{data: b.items[i]}
	err = s.object(func(name []byte) error {
		known, err := e.field(s, name)
		if known || err != nil {
			return err
		}
		return s.skip()
	})
	if err == nil {
		e.or(&b.evaluation)
	}
	return e, err
}

package api

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strconv"
)

// A search is an evaluation that lacks what is looked for, and a page (section 8).
type search struct {
	evaluation
	token string // where to go on; "": from the beginning
	limit int    // 0: not said
	after string // what the token says
}

func (q *search) read(body []byte) error {
	return readBody(body, func(s *scanner) error {
		return s.object(func(name []byte) error {
			if string(name) == "page" {
				return inside("page", q.seen.once(hasPage, "page"), func() error { return q.readPage(s) })
			}
			known, err := q.field(s, name)
			if known || err != nil {
				return err
			}
			return s.skip()
		})
	})
}

func (q *search) readPage(s *scanner) error {
	if s.null() {
		return nil
	}
	var seen seen
	return s.object(func(name []byte) error {
		switch string(name) {
		case "token":
			text, err := s.member(&seen, 0, "token")
			q.token = string(text)
			return err
		case "limit":
			if err := seen.once(1, "limit"); err != nil {
				return err
			}
			return q.readLimit(s)
		}
		return s.skip()
	})
}

func (q *search) readLimit(s *scanner) error {
	text, err := s.raw()
	if err != nil {
		return err
	}
	n, err := strconv.ParseUint(string(text), 10, 31)
	if err != nil {
		return misshapen("limit: want a whole number that is not negative")
	}
	q.limit = int(n)
	return nil
}

// How many results a page has, unless said otherwise, and at most; and how many
// candidates are asked about for one page: it may have fewer results than its
// limit, or none, and go on.
const (
	usualResults   = 100
	mostResults    = 1000
	mostCandidates = 2000
)

// A token of a page is its limit, a digest of what was asked, and the last
// candidate of the page before. Who makes one up moves their own page alone.
const digestSize = 12

// turn opens the page that the token names; a token of another search is refused
// (section 8.2: all values must remain identical).
func (q *search) turn(endpoint string) error {
	given := q.limit
	if q.token == "" {
		if q.limit = min(q.limit, mostResults); q.limit == 0 {
			q.limit = usualResults
		}
		return nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(q.token)
	if err != nil || len(raw) < digestSize+2 {
		return badRequest("page.token is none of ours: begin again without one")
	}
	q.limit = min(max(1, int(binary.BigEndian.Uint16(raw))), mostResults)
	if string(raw[2:][:digestSize]) != q.digest(endpoint) || given != 0 && min(given, mostResults) != q.limit {
		return badRequest("page.token belongs to another search: everything but the token stays as it was in the first request")
	}
	q.after = string(raw[2+digestSize:])
	return nil
}

// digest tells one search from another.
func (q *search) digest(endpoint string) string {
	e := &q.evaluation
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %q %q %d %q %d %q %q %q", endpoint,
		e.subject.kind, e.subject.id, e.subject.roles, e.action.name, e.action.with,
		e.resource.kind, e.resource.id, e.resource.service))
	return string(sum[:digestSize])
}

// next is the token of the page after a candidate.
func (q *search) next(endpoint, after string) string {
	raw := binary.BigEndian.AppendUint16(nil, uint16(q.limit))
	raw = append(raw, q.digest(endpoint)...)
	return base64.RawURLEncoding.EncodeToString(append(raw, after...))
}

package order

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/ecluse-ecole/ecluse/internal/school"
)

// Encode is the order in the one canonical form of its file: keys in a fixed
// order, nothing written that says nothing. Parse gives the same order back.
func (o *Order) Encode() []byte {
	var w writer
	w.line(0, "order", string(o.ID))
	w.line(0, "issuer", string(o.Issuer))
	w.line(0, "status", o.Status.String())
	w.line(0, "type", o.Type.String())
	w.list(0, "references", words(o.References))
	w.text(0, "title", o.Title)
	w.text(0, "basis", o.Basis)
	w.scope(o.Applies)
	w.line(0, "from", o.From.String())
	w.line(0, "until", orNull(o.Until.String()))
	w.line(0, "review", day(o.Review))
	w.rules(o.Rules)
	w.text(0, "reason", o.Reason)
	w.open(0, "contact")
	w.text(1, "office", o.Contact.Office)
	w.text(1, "phone", o.Contact.Phone)
	w.text(1, "email", o.Contact.Email)
	w.list(0, "copies", o.Copies)
	return []byte(w.String())
}

// Digest is "sha256:" and the hash of the canonical form, in hexadecimal. Two
// files that differ only in comments or layout have the same digest.
func (o *Order) Digest() string {
	sum := sha256.Sum256(o.Encode())
	return "sha256:" + hex.EncodeToString(sum[:])
}

// A writer builds the canonical YAML. A key without a value is left out.
type writer struct{ strings.Builder }

func (w *writer) open(depth int, key string) {
	w.WriteString(strings.Repeat("  ", depth) + key + ":\n")
}

// line writes a value that needs no quotes.
func (w *writer) line(depth int, key, value string) {
	if value != "" {
		fmt.Fprintf(w, "%s%s: %s\n", strings.Repeat("  ", depth), key, value)
	}
}

// text writes a value in people's words.
func (w *writer) text(depth int, key, value string) {
	if value != "" {
		w.line(depth, key, quote(value))
	}
}

func (w *writer) list(depth int, key string, values []string) {
	if len(values) == 0 {
		return
	}
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = quote(v)
	}
	w.line(depth, key, "["+strings.Join(quoted, ", ")+"]")
}

func (w *writer) scope(s Scope) {
	w.open(0, "applies")
	w.line(1, "territory", string(s.Territory))
	w.list(1, "degrees", words(s.Degrees))
	w.list(1, "sectors", words(s.Sectors))
	w.list(1, "services", words(s.Services))
	if len(s.Except) == 0 {
		return
	}
	w.open(1, "except")
	for _, e := range s.Except {
		fmt.Fprintf(w, "    - school: %s\n      reason: %s\n", e.School, quote(e.Reason))
	}
}

func (w *writer) rules(rules []Rule) {
	if len(rules) == 0 {
		return
	}
	w.open(0, "rules")
	for _, r := range rules {
		fmt.Fprintf(w, "  - roles: [%s]\n", r.Roles)
		w.rule(r)
	}
}

func (w *writer) rule(r Rule) {
	w.text(2, "hours", r.Hours.String())
	if r.Access != Write {
		w.line(2, "access", r.Access.String())
	}
	if r.Outside != Closed {
		w.line(2, "outside", r.Outside.String())
	}
	if r.With != 0 {
		w.line(2, "with", "["+r.With.String()+"]")
	}
	if (r.Limits != Limits{}) {
		w.limits(r.Limits)
	}
	if r.Require.IsZero() {
		return
	}
	w.require(r.Require)
	if r.Otherwise != Closed {
		w.line(2, "otherwise", r.Otherwise.String())
	}
}

func (w *writer) limits(l Limits) {
	w.open(2, "limits")
	w.number("recipients", l.Recipients)
	w.number("per_hour", l.PerHour)
	w.flag("lists", l.Lists)
	w.flag("attachments", l.Attachments)
	w.flag("links", l.Links)
}

func (w *writer) require(r Requirements) {
	w.open(2, "require")
	w.line(3, "password_since", r.PasswordSince.String())
	w.flag("second_factor", given(r.SecondFactor))
	w.flag("known_device", given(r.KnownDevice))
	w.list(3, "countries", r.Countries)
}

func (w *writer) number(key string, n *int) {
	if n != nil {
		w.line(3, key, strconv.Itoa(*n))
	}
}

func (w *writer) flag(key string, b *bool) {
	if b != nil {
		w.line(3, key, strconv.FormatBool(*b))
	}
}

// given is b when it is true, and nothing otherwise.
func given(b bool) *bool {
	if b {
		return &b
	}
	return nil
}

func words[T ID | Service | school.Degree | school.Sector](list []T) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = fmt.Sprint(v)
	}
	return out
}

func orNull(s string) string {
	if s == "" {
		return "null"
	}
	return s
}

// day is the date of a reading given as a day.
func day(w Wall) string {
	if w.IsZero() {
		return ""
	}
	return w.Date.String()
}

// quote is a YAML double-quoted string. Quoting everything that people wrote
// leaves nothing to YAML's guesses about plain words.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range s {
		switch {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteRune(c)
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\t':
			b.WriteString(`\t`)
		case unicode.IsPrint(c) || c == '\u00a0' || c == '\u202f':
			b.WriteRune(c)
		case c > 0xffff:
			fmt.Fprintf(&b, `\U%08x`, c)
		default:
			fmt.Fprintf(&b, `\u%04x`, c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

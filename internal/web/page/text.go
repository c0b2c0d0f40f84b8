package page

import (
	"context"
	"io"
	"regexp"
	"strings"

	"github.com/a-h/templ"
)

const nbsp = "\u00a0"

var french = strings.NewReplacer(
	" :", nbsp+":", " ;", nbsp+";", " !", nbsp+"!", " ?", nbsp+"?",
	"« ", "«"+nbsp, " »", nbsp+"»", "'", "’",
)

var frenchHour = regexp.MustCompile(`(\d) h\b(?: (\d\d)\b)?`)

// Typeset puts the no-break spaces of French typography into a sentence: before
// : ; ! ?, inside « » and in "7 h 00", with typographic apostrophes. It must not
// be given addresses or code.
func Typeset(s string) string {
	if strings.Contains(s, " h") {
		s = frenchHour.ReplaceAllStringFunc(s, func(hour string) string {
			return strings.ReplaceAll(hour, " ", nbsp)
		})
	}
	if !strings.ContainsAny(s, ":;!?»«'") {
		return s
	}
	return french.Replace(s)
}

// A part is a run of a message's text: plain, or the address of a link.
type part struct {
	text string
	link bool
}

var address = regexp.MustCompile(`https?://[^\s<>"«»]+`)

// linked cuts a plain text into runs so that web addresses can be clicked. The
// address itself is always what is shown: a message cannot hide where it leads.
func linked(text string) []part {
	var parts []part
	rest := text
	for rest != "" {
		at := address.FindStringIndex(rest)
		if at == nil {
			return append(parts, part{text: rest})
		}
		end := at[0] + len(strings.TrimRight(rest[at[0]:at[1]], ".,;:!?)]}'’"))
		if at[0] > 0 {
			parts = append(parts, part{text: rest[:at[0]]})
		}
		parts = append(parts, part{text: rest[at[0]:end], link: true})
		rest = rest[end:]
	}
	return parts
}

// prose shows a plain text with its line breaks kept and its web addresses
// clickable. It is written by hand because a template would add white space
// between the runs, which pre-wrap would show.
func prose(text string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		var b strings.Builder
		b.WriteString(`<div class="prose">`)
		for _, p := range linked(text) {
			shown := templ.EscapeString(p.text)
			if p.link {
				shown = `<a href="` + shown + `" rel="noopener noreferrer nofollow" target="_blank">` + shown + `</a>`
			}
			b.WriteString(shown)
		}
		b.WriteString(`</div>`)
		_, err := io.WriteString(w, b.String())
		return err
	})
}

// digits is a phone number as tel: addresses want it.
func digits(number string) string {
	return strings.Map(func(r rune) rune {
		if r == '+' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, number)
}

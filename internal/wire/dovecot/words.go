package dovecot

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ecluse-ecole/ecluse/internal/enforce"
)

// mostWords is the longest sentence that a mail program is sent, in bytes: programs
// show it in one small window, and some read no longer lines.
const mostWords = 900

// sentence is what the person reads, on one line: who decided, until when and why
// where it fits, else until when.
func sentence(a *enforce.Answer) string {
	if full := clean(a.French.Full); len(full) <= mostWords {
		return full
	}
	return shorten(clean(a.French.Brief))
}

func shorten(s string) string {
	if len(s) <= mostWords {
		return s
	}
	end := mostWords - len("…")
	for !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + "…"
}

// clean takes out what would end a line of IMAP, POP3 or Dovecot's own protocol,
// and what is no text.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == utf8.RuneError:
			return -1
		case unicode.IsControl(r), r == '\u2028', r == '\u2029':
			return ' '
		}
		return r
	}, s)
}

// undecided reports whether an answer closes for want of a decision that may come
// at the next try. An unknown person is decided: nobody has that name.
func undecided(a *enforce.Answer) bool {
	return a.Unknown && a.French == enforce.Undecided("", "").French
}

// coded puts the code in front that tells a program why: of RFC 5530 for IMAP and
// ManageSieve, of RFC 3206 for POP3.
func coded(a *enforce.Answer, service string) string {
	code := "[CONTACTADMIN] "
	switch {
	case strings.HasPrefix(service, "pop3"):
		code = "[SYS/TEMP] "
	case undecided(a):
		code = "[UNAVAILABLE] "
	}
	return code + sentence(a)
}

// Explain is what a mail program is told about somebody whose answer this is.
func Explain(a *enforce.Answer) string {
	switch {
	case a.Allows(enforce.OpenSession):
		return "Dovecot asks for the password as usual and opens the mailbox."
	case undecided(a):
		return "Dovecot answers NO [UNAVAILABLE]: mail programs try again by themselves. Open sessions end with BYE."
	default:
		return "Dovecot answers, after the right password, NO [CONTACTADMIN] " + sentence(a) + " Open sessions end with BYE."
	}
}

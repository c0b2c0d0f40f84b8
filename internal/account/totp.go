package account

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"net/url"
	"strings"
	"time"
	"unicode"

	"github.com/pquerna/otp/hotp"
)

// Codes of an application (RFC 6238): SHA-1, six digits, thirty seconds, which is
// what every application understands. The code before and the one after count as
// well: clocks of phones differ.
const (
	codeStep   = 30 // seconds
	codeSecret = 20 // bytes, as RFC 4226 recommends
	codeSlack  = 1  // steps before and after
)

// NewCodeSecret is what an application and Écluse share from now on.
func NewCodeSecret() []byte {
	secret := make([]byte, codeSecret)
	rand.Read(secret)
	return secret
}

// CodeAt is the code of an instant.
func CodeAt(secret []byte, now time.Time) string { return codeOf(secret, now.Unix()/codeStep) }

// CodeStep finds the step of time that a code belongs to, near now. Who keeps the
// latest step that was used refuses every code that counts no later: RFC 6238,
// section 5.2, wants each to count once.
func CodeStep(secret []byte, code string, now time.Time) (step int64, ok bool) {
	code = FoldCode(code)
	for step := now.Unix()/codeStep - codeSlack; step <= now.Unix()/codeStep+codeSlack; step++ {
		if subtle.ConstantTimeCompare([]byte(codeOf(secret, step)), []byte(code)) == 1 {
			return step, true
		}
	}
	return 0, false
}

func codeOf(secret []byte, step int64) string {
	code, err := hotp.GenerateCode(codeText(secret), uint64(step))
	if err != nil {
		return "" // never: the text is our own; and equal to no code, which is never empty here
	}
	return code
}

func codeText(secret []byte) string {
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(secret)
}

// CodeText is a secret to be typed into an application, in groups of four.
func CodeText(secret []byte) string { return grouped(codeText(secret)) }

// CodeLink is a secret as applications read it from a picture.
func CodeLink(login string, secret []byte) string {
	q := url.Values{"secret": {codeText(secret)}, "issuer": {"Écluse"}}
	return "otpauth://totp/" + url.PathEscape("Écluse:"+login) + "?" + strings.ReplaceAll(q.Encode(), "+", "%20")
}

// FoldCode is a code as it was typed, without what was put between its signs.
func FoldCode(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToUpper(r)
		}
		return -1
	}, s)
}

// grouped puts a space after every fourth sign.
func grouped(s string) string {
	var b strings.Builder
	for i, r := range s {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}

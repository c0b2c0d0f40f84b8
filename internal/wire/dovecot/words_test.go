package dovecot

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/ecluse-ecole/ecluse/internal/enforce"
)

// FuzzSentence: whatever an order's reason holds, it stays one line of text that
// mail programs can read.
func FuzzSentence(f *testing.F) {
	f.Add("La messagerie est fermée.", "Fermée.")
	f.Add("a\r\n* OK fooled\u2028b\x00\xff\t", "b\n")
	f.Add(strings.Repeat("é", 1000), strings.Repeat("ù", 1000))
	f.Fuzz(func(t *testing.T, full, brief string) {
		said := sentence(&enforce.Answer{French: enforce.Words{Full: full, Brief: brief}})
		if len(said) > mostWords || strings.ContainsAny(said, "\r\n\t\x00\x01\u2028\u2029") || !utf8.ValidString(said) {
			t.Errorf("%q", said)
		}
	})
}

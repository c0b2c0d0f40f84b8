package point

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

// FuzzEvents asks that whatever a server sends as its stream, reading it ends and
// gives each event once, as it was written.
func FuzzEvents(f *testing.F) {
	for _, s := range []string{
		"event: tick\ndata: {\"version\":1}\n\n", "data:x\r\n\r\ndata: y\n\n", ": nothing\n\nevent: a\n\ndata\n\n", "data: a\ndata: b\n\n",
		strings.Repeat("a", 20<<10) + "\n\n", "event: x\ndata: half",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		e, n := newEvents(bytes.NewReader(data)), 0
		for {
			_, text, err := e.next()
			if err != nil {
				break
			}
			if n++; bytes.ContainsAny(text, "\n") || !bytes.Contains(data, text) {
				t.Fatalf("%q gives %q", data, text)
			}
			var m moment
			_ = json.Unmarshal(text, &m)
		}
		if most := bytes.Count(data, []byte("data")); n > most {
			t.Fatalf("%q gives %d events", data, n)
		}
	})
}

package api_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/ecluse-ecole/ecluse/internal/api"
	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
)

// TestThePagesTellWhatHappens sends every request of the pages about this
// interface, and holds the answers that stand there against ours.
func TestThePagesTellWhatHappens(t *testing.T) {
	w := newWorld(t, "2024-04-02T19:00", api.Options{}, wiretest.Letter)
	for name, least := range map[string]int{"authzen.md": 6, "api.md": 3} {
		page, err := os.ReadFile("../../docs/integrations/" + name)
		if err != nil {
			t.Fatal(err)
		}
		sent := 0
		last := ""
		for i, block := range strings.Split(string(page), "```") {
			if text, is := strings.CutPrefix(block, "http\n"); is && i%2 == 1 {
				sent++
				last = w.sends(text)
			}
			if want, is := strings.CutPrefix(block, "json\n"); is && i%2 == 1 && compact(t, want) != compact(t, last) {
				t.Errorf("%s tells\n%s\nbut it is\n%s", name, want, last)
			}
		}
		if sent < least {
			t.Errorf("%s shows %d requests, want %d", name, sent, least)
		}
	}
}

// sends sends a request of a page and is its answer; a stream's is left unread.
func (w *world) sends(text string) string {
	w.Helper()
	line, body, _ := strings.Cut(text, "\n\n")
	method, path, _ := strings.Cut(strings.TrimSpace(line), " ")
	if path == "/gate/changes" {
		_, stop := w.listen("")
		stop()
		return ""
	}
	res, answer := w.do(w.request(method, path, body))
	if res.StatusCode != http.StatusOK {
		w.Errorf("%s: %s %s", line, res.Status, answer)
	}
	return answer
}

func compact(t *testing.T, text string) string {
	t.Helper()
	var out bytes.Buffer
	if err := json.Compact(&out, []byte(text)); err != nil {
		t.Errorf("%v: %s", err, text)
	}
	return spaces.Replace(out.String())
}

// spaces that do not break look like others on a page.
var spaces = strings.NewReplacer("\u00a0", " ", "\u202f", " ")

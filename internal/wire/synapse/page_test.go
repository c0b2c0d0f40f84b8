package synapse_test

import (
	"os"
	"strings"
	"testing"
)

// TestPagesQuote what is published: every line of their YAML stands in a file.
func TestPagesQuote(t *testing.T) {
	read := func(name string) string {
		t.Helper()
		text, err := os.ReadFile("../../../" + name)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	published := map[string]bool{}
	for _, name := range []string{"synapse/homeserver.yaml.ecluse", "synapse/ecluse.yaml", "proxy/matrix.yaml"} {
		for line := range strings.Lines(read("integrations/" + name)) {
			published[strings.TrimSpace(line)] = true
		}
	}
	quoted := 0
	for _, page := range []string{"synapse", "matrix"} {
		inside := false
		for line := range strings.Lines(read("docs/integrations/" + page + ".md")) {
			line = strings.TrimSpace(line)
			switch {
			case strings.HasPrefix(line, "```"):
				inside = line == "```yaml"
			case inside && !published[line]:
				t.Errorf("%s.md quotes %q, which stands in no file", page, line)
			case inside:
				quoted++
			}
		}
	}
	if quoted < 20 {
		t.Errorf("only %d lines are quoted", quoted)
	}
}

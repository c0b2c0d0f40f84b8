package ecluse_test

import (
	"regexp"
	"strings"
	"testing"
)

const attacksPage = "docs/attacks.md"

var (
	namedTest  = regexp.MustCompile("`(Test\\w+)(?:/([^`]+))?`")
	testFunc   = regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	attackName = regexp.MustCompile(`(?m)^\t\t\{name: "([^"]+)"`)
)

// TestAttacksHaveTests wants every test that the list of attacks names to exist,
// with its case, and every line of its tables to name one.
func TestAttacksHaveTests(t *testing.T) {
	sources := map[string]string{} // of each test, the file it stands in
	for _, name := range tracked(t, "*_test.go") {
		text := read(t, name)
		for _, found := range testFunc.FindAllStringSubmatch(text, -1) {
			sources[found[1]] += text
		}
	}
	page := read(t, attacksPage)
	for _, found := range namedTest.FindAllStringSubmatch(page, -1) {
		source, exists := sources[found[1]]
		if !exists {
			t.Errorf("%s names %s, which does not exist", attacksPage, found[1])
		} else if found[2] != "" && !strings.Contains(source, `"`+found[2]+`"`) {
			t.Errorf("%s names the case %q of %s, which does not exist", attacksPage, found[2], found[1])
		}
	}
	for _, row := range strings.Split(page, "\n") {
		if strings.HasPrefix(row, "| ") && !strings.HasSuffix(row, "| test |") && !namedTest.MatchString(row) {
			t.Errorf("%s: no test is named for %q", attacksPage, row)
		}
	}
}

// TestAttacksAreListed wants every attack that is tried on a follower to stand in
// the list.
func TestAttacksAreListed(t *testing.T) {
	page := read(t, attacksPage)
	names := attackName.FindAllStringSubmatch(read(t, "internal/feed/attack_test.go"), -1)
	if len(names) < 20 {
		t.Fatalf("%d attacks found: this test reads them no more", len(names))
	}
	for _, found := range names {
		if !strings.Contains(page, "`TestAttacks/"+found[1]+"`") {
			t.Errorf("%s does not tell of the attack %q", attacksPage, found[1])
		}
	}
}

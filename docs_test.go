package ecluse_test

import (
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/ecluse-ecole/ecluse/internal/order"
)

// tracked lists the files that belong to the repository, or skips where it is
// not a checkout.
func tracked(t *testing.T, patterns ...string) []string {
	t.Helper()
	list, err := exec.Command("git", append([]string{"ls-files", "-z", "--"}, patterns...)...).Output()
	if err != nil {
		t.Skipf("git does not list the files of this folder: %v", err)
	}
	return slices.DeleteFunc(strings.Split(strings.TrimRight(string(list), "\x00"), "\x00"), func(name string) bool {
		_, err := os.Stat(name)
		return err != nil // deleted, and not committed yet
	})
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var (
	fence = regexp.MustCompile("(?ms)^```.*?^```")
	link  = regexp.MustCompile(`(?:\]\(|src=")([^)\s"]+)[)"]`)
	title = regexp.MustCompile(`(?m)^#+ (.*)$`)
)

// TestDocumentedLinks wants every relative link and picture to lead somewhere.
func TestDocumentedLinks(t *testing.T) {
	for _, name := range tracked(t, "*.md") {
		for _, found := range link.FindAllStringSubmatch(fence.ReplaceAllString(read(t, name), ""), -1) {
			if !strings.Contains(found[1], "://") {
				checkLink(t, name, found[1])
			}
		}
	}
}

func checkLink(t *testing.T, from, to string) {
	t.Helper()
	file, anchor, _ := strings.Cut(to, "#")
	target := path.Join(path.Dir(from), file)
	if file == "" {
		target = from
	}
	if _, err := os.Stat(filepath.FromSlash(target)); err != nil {
		t.Errorf("%s: nothing is at %s", from, to)
		return
	}
	if anchor != "" && !slices.Contains(anchors(read(t, target)), anchor) {
		t.Errorf("%s: no heading is at %s", from, to)
	}
}

// anchors are the names that headings get where the page is shown.
func anchors(text string) []string {
	var names []string
	for _, h := range title.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
		names = append(names, strings.Map(func(r rune) rune {
			switch {
			case r == ' ' || r == '-':
				return '-'
			case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_':
				return unicode.ToLower(r)
			}
			return -1
		}, h[1]))
	}
	return names
}

// TestDocumentedOrders reads the orders that the READMEs show, without a warning.
func TestDocumentedOrders(t *testing.T) {
	for _, name := range []string{"README.md", "README.fr.md"} {
		blocks := strings.Split(read(t, name), "```yaml order\n")[1:]
		if len(blocks) == 0 {
			t.Errorf("%s shows no order", name)
		}
		for _, block := range blocks {
			text, _, _ := strings.Cut(block, "```")
			if _, warnings, err := order.Check(name, []byte(text)); err != nil || len(warnings) > 0 {
				t.Errorf("%v %v", err, warnings)
			}
		}
	}
}

var (
	command  = regexp.MustCompile("(?m)(?:^|`)(?:\\$ )?(?:go run \\./cmd/ecluse|ecluse) ((?:[a-z]+ ?)+)")
	made     = regexp.MustCompile("(?m)(?:^|`)make ([a-z]+)")
	helpLine = regexp.MustCompile(`(?m)^  ([a-z]+(?: [a-z]+)*)  `)
	target   = regexp.MustCompile(`(?m)^([a-z]+):`)
)

// TestDocumentedCommands wants the commands that the documents name to exist.
func TestDocumentedCommands(t *testing.T) {
	help, err := exec.Command("go", "run", "./cmd/ecluse", "--help").Output()
	if err != nil {
		t.Fatalf("asking for help: %v", err)
	}
	_, list, _ := strings.Cut(string(help), "\nCommands:\n")
	commands := firsts(helpLine, list)
	targets := firsts(target, read(t, "Makefile"))
	for _, name := range tracked(t, "*.md") {
		text := read(t, name)
		for _, words := range firsts(command, text) {
			if !slices.ContainsFunc(commands, func(c string) bool { return begins(words, c) || begins(c, words) }) {
				t.Errorf("%s: there is no command ecluse %s", name, words)
			}
		}
		for _, word := range firsts(made, text) {
			if !slices.Contains(targets, word) {
				t.Errorf("%s: there is no target make %s", name, word)
			}
		}
	}
}

// firsts lists what a pattern's first group finds.
func firsts(pattern *regexp.Regexp, text string) []string {
	var out []string
	for _, found := range pattern.FindAllStringSubmatch(text, -1) {
		out = append(out, strings.TrimSpace(found[1]))
	}
	return out
}

// begins reports whether words begins with prefix, word by word.
func begins(words, prefix string) bool {
	return strings.HasPrefix(words+" ", prefix+" ")
}

// TestDocumentedFloors wants every package of the house in the design, and every
// decision in the list of decisions.
func TestDocumentedFloors(t *testing.T) {
	design := read(t, "docs/design.md")
	for room, floor := range floors {
		if room == "." {
			room = "ecluse"
		}
		if !strings.Contains(design, "`"+room+"`") {
			t.Errorf("docs/design.md does not name %s of floor %d", room, floor)
		}
	}
	decisions := read(t, "docs/decisions/README.md")
	for _, name := range tracked(t, "docs/decisions/0*.md") {
		if !strings.Contains(decisions, "("+path.Base(name)+")") {
			t.Errorf("docs/decisions/README.md does not list %s", path.Base(name))
		}
	}
}

// machinePath is a path on somebody's own machine. It is put together here, so
// that this file does not hold one.
var machinePath = regexp.MustCompile(`(?:^|[\s"'(=:])/` + `(?:home|Users|root|work)/[A-Za-z0-9.]`)

// TestNoMachinePaths keeps the machines of those who work on it out of the files.
func TestNoMachinePaths(t *testing.T) {
	for _, name := range tracked(t) {
		if place := machinePath.FindString(read(t, name)); place != "" {
			t.Errorf("%s holds a path of somebody's machine (…%s…): make it relative", name, place)
		}
	}
}

package ecluse_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// elided is a French elision with a straight apostrophe.
var elided = regexp.MustCompile(`(?i)\b(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu|aujourd)'[aeiouyhéèêàâ]`)

// untypeset are the sources whose French is set when it is shown, was typed by
// somebody, or leaves as ASCII.
var untypeset = []string{"internal/web/", "internal/demo/", "internal/wire/postfix/", "integrations/", "bench/"}

// TestFrenchHasItsApostrophes reads every sentence of the sources that is shown as
// it stands: those of pages are looked at in the gallery.
func TestFrenchHasItsApostrophes(t *testing.T) {
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		skip := func(prefix string) bool { return strings.HasPrefix(filepath.ToSlash(path)+"/", prefix) }
		for _, prefix := range untypeset {
			if skip(prefix) {
				return fs.SkipDir
			}
		}
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file := token.NewFileSet()
		source, err := parser.ParseFile(file, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(source, func(n ast.Node) bool {
			if text, ok := n.(*ast.BasicLit); ok && text.Kind == token.STRING && elided.MatchString(text.Value) {
				t.Errorf("%s: a straight apostrophe in %s", file.Position(text.Pos()), text.Value)
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

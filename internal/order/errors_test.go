package order

import (
	"errors"
	"fmt"
	"go/ast"
	goparser "go/parser"
	gotoken "go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/ecluse-ecole/ecluse/hours"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// formatAt is which argument of these functions is a format or a term of the
// catalogue; an empty one says nothing.
var formatAt = map[string]int{
	"fail": 1, "warn": 1, "tell": 0, "tellAs": 1, "term": 0, "section": 1,
	"need": 1, "words": 2, "territory": 1, "wall": 1, "reading": 1,
}

// formats are the English formats and terms that stand in the package's sources.
func formats(t *testing.T) map[string]bool {
	t.Helper()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := goparser.ParseFile(gotoken.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				if format := formatOf(call); format != "" {
					found[format] = true
				}
			}
			return true
		})
	}
	return found
}

// formatOf is the literal that a call hands to the catalogue, or "".
func formatOf(call *ast.CallExpr) string {
	name := ""
	switch f := call.Fun.(type) {
	case *ast.Ident:
		name = f.Name
	case *ast.SelectorExpr:
		name = f.Sel.Name
	}
	at, known := formatAt[name]
	if !known || at >= len(call.Args) {
		return ""
	}
	literal, ok := call.Args[at].(*ast.BasicLit)
	if !ok || literal.Kind != gotoken.STRING {
		return "" // handed on by one of these functions to another
	}
	text, err := strconv.Unquote(literal.Value)
	if err != nil {
		return ""
	}
	return text
}

var verb = regexp.MustCompile(`%[0-9.]*([a-zA-Z])`)

// sample fills a format with arguments that suit its verbs.
func sample(format string, verbs [][]string) string {
	args := make([]any, len(verbs))
	for i, v := range verbs {
		args[i] = "x"
		if strings.Contains("dX", v[1]) {
			args[i] = 7
		}
	}
	return fmt.Sprintf(format, args...)
}

func TestEverySentenceHasItsFrench(t *testing.T) {
	used := formats(t)
	if len(used) < 100 {
		t.Fatalf("only %d sentences were found in the sources", len(used))
	}
	for english := range used {
		if frenchSentences[english] == "" {
			t.Errorf("no French for %q: add it to errors_fr.go", english)
		}
	}
	for english := range frenchSentences {
		if !used[english] {
			t.Errorf("nobody says %q any more: remove it from errors_fr.go", english)
		}
		verbs := verb.FindAllStringSubmatch(english, -1)
		if n := len(verb.FindAllString(french(english), -1)); n != len(verbs) {
			t.Errorf("%q has %d arguments, its French %d", english, len(verbs), n)
		}
		if filled := sample(french(english), verbs); strings.Contains(filled, "%!") {
			t.Errorf("%q does not suit its arguments: %s", english, filled)
		}
		typeset(t, french(english))
	}
}

var (
	loose   = regexp.MustCompile(`[ \pL)][;!?]( |$)| :( |$)|« | »|'`)
	foreign = regexp.MustCompile(`\b(the|is|not|has|and|such|of)\b`)
)

// typeset wants French typography.
func typeset(t *testing.T, french string) {
	t.Helper()
	if bad := loose.FindString(french); bad != "" {
		t.Errorf("%q stands without its no-break space or apostrophe in %q", bad, french)
	}
}

// speaksFrench wants a whole sentence that is French, and another than English.
func speaksFrench(t *testing.T, said speaker) {
	t.Helper()
	french, english := said.In(hours.French), said.In(hours.English)
	apart, _, _ := strings.Cut(french, "(détail technique") // the library's own words
	if french == english || french == "" || strings.Contains(french, "%!") || foreign.MatchString(apart) {
		t.Errorf("in French %q, in English %q", french, english)
	}
}

func TestErrorsInFrench(t *testing.T) {
	says := func(file string, wants ...string) {
		t.Helper()
		_, err := Parse("", []byte(file))
		var errs Errors
		if !errors.As(err, &errs) {
			t.Errorf("accepted:\n%s", file)
			return
		}
		if have := strings.ReplaceAll(errs.In(hours.French), "\u00a0", "_"); have != strings.Join(wants, "\n") {
			t.Errorf("have\n%s\nwant\n%s", have, strings.Join(wants, "\n"))
		}
		if Say(err, hours.English) != err.Error() || Say(err, hours.French) != errs.In(hours.French) {
			t.Errorf("Say gives %q", Say(err, hours.French))
		}
	}
	says(with(t, "title: Fermeture", "titel: Fermeture"),
		"ligne 1, colonne 1_: l’ordre n’a pas de «_title_» (titre)_: écrivez une ligne qui dit ce qui est fermé, et pour qui",
		"ligne 4, colonne 1_: l’ordre n’a pas de clé «_titel_»_: vouliez-vous écrire «_title_»_?")
	says(with(t, `"07:00-23:00"`, `"07:00-"`),
		"ligne 11, colonne 37_: horaires_: il faut ici une heure de fermeture, comme «_19:00_», et non la fin")
	says(with(t, "[first]", "[primary]"),
		"ligne 5, colonne 43_: «_primary_» n’est pas une valeur de «_degrees_» (degrés)_: choisissez parmi first, second")
	says(with(t, "[pupil]", "pupil"), "ligne 10, colonne 13_: «_roles_» (profils) est «_pupil_»_: écrivez une liste, comme «_[a, b]_»")
	says(with(t, "type: issue", "type: update"),
		"ligne 3, colonne 7_: un ordre qui remplace («_update_») doit désigner les ordres auxquels il met fin_: ajoutez «_references: [FR/13/079/2024-0001]_»")
	says(with(t, "until: null", "until: 2024-03-28T23:59:59"),
		"ligne 7, colonne 8_: la fin (28/03/2024 à 23_h_59_min_59_s) ne vient pas après le début (29/03/2024 à 0_h_00), et l’ordre ne vaudrait jamais_: corrigez l’une des deux dates")
	says(with(t, "title: Fermeture", "title: "+strings.Repeat("é", 201)), "ligne 4, colonne 8_: «_title_» (titre) compte 201 caractères_: écrivez-en 200 au plus")
	says(with(t, "FR/13/079/2024-0001", "XX/2024-0001"),
		"ligne 1, colonne 8_: «_XX/2024-0001_» n’est pas un numéro d’ordre («_XX_» n’est pas un territoire_: écrivez un chemin qui commence par FR, de cinq parties au plus, en capitales et en chiffres, comme «_FR/13/079_»)")
	says(with(t, "title: Fermeture", "title: Fermeture\n\"a\\u202eb\": 1"),
		`ligne 5, colonne 1_: l’ordre n’a pas de clé «_a\u202eb_»_: les clés possibles sont order, issuer, status, type, references, title, basis, applies, from, until, review, rules, reason, contact, copies`)
}

func TestWarningsInFrench(t *testing.T) {
	says := func(file, want string) {
		t.Helper()
		_, warnings, err := Check("", []byte(file))
		if err != nil || len(warnings) != 1 {
			t.Fatalf("have %v, %v", warnings, err)
		}
		if have := strings.ReplaceAll(warnings[0].In(hours.French), "\u00a0", "_"); have != want {
			t.Errorf("have %s\nwant %s", have, want)
		}
		if warnings[0].In(hours.English) != warnings[0].Text {
			t.Errorf("in English %s", warnings[0].In(hours.English))
		}
	}
	says(with(t, "review: 2024-04-15\n", ""), "l’ordre n’a ni fin ni date de réexamen, et rien ne rappellera de le lever_: ajoutez l’une ou l’autre")
	says(with(t, "2024-04-15", "2024-03-15"), "le réexamen (15/03/2024) vient avant le début (29/03/2024 à 0_h_00)_: vérifiez les dates")
	says(with(t, "[adults]", "[teacher, staff]"), "aucune règle ne concerne les responsables et la direction_: ajoutez-en une si l’ordre ne doit pas les laisser libres")
	says(with(t, `"07:00-23:00"`, `"PH off; Mo-Fr 07:00-23:00"`),
		"horaires_: «_PH off_» est écrit avant «_Mo-Fr 07:00-23:00_», qui rouvre les jours fériés ou de vacances_: écrivez-le en dernier")
	if all := people(school.Adults).In(hours.French); all != "les adultes" {
		t.Errorf("adults are %s", all)
	}
}

func TestSayOfAnotherError(t *testing.T) {
	if have := Say(fmt.Errorf("reading: %w", errors.New("no such file")), hours.French); have != "reading: no such file" {
		t.Errorf("have %q", have)
	}
	_, err := ParseAccess("half")
	if have := Say(fmt.Errorf("--access: %w", err), hours.French); have != "«\u00a0half\u00a0» n’est pas un accès\u00a0: choisissez parmi closed, read, reply, write" {
		t.Errorf("have %q", have)
	}
}

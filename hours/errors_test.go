package hours

import (
	"errors"
	"fmt"
	"go/ast"
	goparser "go/parser"
	gotoken "go/token"
	"maps"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// formatAt is which argument of these functions is the format of a sentence.
var formatAt = map[string]int{"refuse": 1, "warn": 1, "tell": 0}

// formats are the English formats that stand in the package's sources.
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

// formatOf is the literal that a call gives as a sentence's format, or "".
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
	if !ok {
		return "" // handed on by one of these functions to another
	}
	text, err := strconv.Unquote(literal.Value)
	if err != nil {
		return ""
	}
	return text
}

var verb = regexp.MustCompile(`%[0-9]*([a-z])`)

// sample fills a format with arguments that suit its verbs.
func sample(format string, verbs [][]string) string {
	args := make([]any, len(verbs))
	for i, v := range verbs {
		args[i] = "x"
		if v[1] == "d" {
			args[i] = 7
		}
	}
	return fmt.Sprintf(format, args...)
}

func TestEverySentenceHasItsFrench(t *testing.T) {
	used := formats(t)
	if len(used) < 60 {
		t.Fatalf("only %d sentences were found in the sources", len(used))
	}
	for english := range used {
		if frenchSentences[english] == "" {
			t.Errorf("no French for %q: add it to errors_fr.go", english)
		}
	}
	for english := range maps.Keys(frenchSentences) {
		if !used[english] {
			t.Errorf("nobody says %q any more: remove it from errors_fr.go", english)
		}
		verbs := verb.FindAllStringSubmatch(english, -1)
		french := frenchFormat(english)
		if n := len(verb.FindAllString(french, -1)); n != len(verbs) {
			t.Errorf("%q has %d arguments, its French %d", english, len(verbs), n)
		}
		if filled := sample(french, verbs); strings.Contains(filled, "%!") {
			t.Errorf("%q does not suit its arguments: %s", english, filled)
		}
		typeset(t, french)
	}
}

var (
	loose  = regexp.MustCompile(`[ \pL)][:;!?]( |$)|« | »|'`)
	remedy = regexp.MustCompile(`[\x{a0},] ?[:;]|il faut ici|compris`)
)

// typeset wants French typography and a remedy.
func typeset(t *testing.T, french string) {
	t.Helper()
	if bad := loose.FindString(french); bad != "" {
		t.Errorf("%q stands without its no-break space or apostrophe in %q", bad, french)
	}
	if !remedy.MatchString(french) {
		t.Errorf("%q says no remedy", french)
	}
}

func TestRefusalsInFrench(t *testing.T) {
	says := func(value, french, english string) {
		t.Helper()
		_, err := Parse(value)
		var refusal *Error
		if !errors.As(err, &refusal) {
			t.Errorf("%s: accepted", value)
			return
		}
		if got := strings.ReplaceAll(refusal.In(French), nbsp, "_"); got != french {
			t.Errorf("%s\n in French   %s\n instead of  %s", value, got, french)
		}
		if got := refusal.In(English); got != english || got != refusal.Reason {
			t.Errorf("%s\n in English  %s\n instead of  %s", value, got, english)
		}
	}
	says("Mo-Fr 7h-19h", "le nombre «_7_» n’a pas sa place ici_: écrivez les heures comme «_07:00_», les dates comme «_Jan 09_», les semaines comme «_week 02_»",
		"the number 7 has no place here: write times as 07:00, dates as Jan 09, weeks as week 02")
	says("Mo-Fr 07:00-", "il faut ici une heure de fermeture, comme «_19:00_», et non la fin", "a closing time such as 19:00 is expected, and not the end")
	says("Mo Tu", "«_Tu_» suit un élément de même nature_: joignez-les par une virgule, ou écrivez «_;_» pour une nouvelle règle",
		`"Tu" stands beside another of its kind: join them with a comma, or use ; for a new rule`)
	says("lundi", "le mot «_lundi_» n’est pas connu_: mettez un texte libre entre guillemets droits", `the word "lundi" is not known: put free text between double quotes`)
	says("mo", "le mot «_mo_» ne s’écrit pas ainsi_: écrivez «_Mo_»", `the word "mo" is not written as the language writes it: write Mo`)
	says("Mo \u202e", `le caractère «_\u202e_» n’a pas sa place ici_: mettez un texte libre entre guillemets droits`,
		`the character '\u202e' has no place here: put free text between double quotes`)
	says("Jan 1", "un jour du mois s’écrit avec deux chiffres_: écrivez «_01_»", "a day of the month has two digits: write 01")
}

func TestWarningsInFrench(t *testing.T) {
	says := func(value, french string) {
		t.Helper()
		got := mustParse(t, value).Warnings()
		if len(got) != 1 || strings.ReplaceAll(got[0].In(French), nbsp, "_") != french || got[0].In(English) != got[0].Text {
			t.Errorf("%s: warns %v, want %s", value, got, french)
		}
	}
	says("PH off; Mo-Fr 07:00-19:00", "«_PH off_» est écrit avant «_Mo-Fr 07:00-19:00_», qui rouvre les jours fériés ou de vacances_: écrivez-le en dernier")
	says("Mo 12:00-14:00 16:00-18:00", "des plages écrites côte à côte se lisent comme une seule liste_: joignez-les par une virgule")
	says("2015 Feb 29", "«_2015 Feb 29_» n’existe pas_: vérifiez la date")
}

func TestReasonOfSomebodyElse(t *testing.T) {
	if e := (&Error{Reason: "no calendar is given"}); e.In(French) != e.Reason || e.In(English) != e.Reason {
		t.Errorf("have %q", e.In(French))
	}
}

package web_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// TestLargeSchool: where a thousand people could be written to, the page offers
// the classes and those who match a search, and keeps who was chosen.
func TestLargeSchool(t *testing.T) {
	w := newWorld(t, "2024-03-29T10:00:00")
	var r ecluse.Roster
	for i := range 1100 {
		p := account.Person{ID: account.PersonID(5000 + i), Login: fmt.Sprintf("crowd.%d", i), First: "Foule", Last: fmt.Sprint(i), Language: "fr"}
		r.People = append(r.People, p)
		r.Members = append(r.Members, account.Membership{
			School: college, ID: school.MemberID(5000 + i), Person: p.ID, Role: school.Pupil, Name: fmt.Sprintf("Foule Numéro%04d", i),
		})
	}
	w.must(w.app.Import(t.Context(), r))

	head := w.as(head)
	page := head.get("./compose").is(200).says("cherchez un nom").saysNot("Numéro0007")
	if n := len(page.body); n > 64<<10 {
		t.Errorf("the page has %d bytes", n)
	}
	found := head.post("./compose", "draft", page.field("draft"), "version", "0", "do", "find", "q", "numero0007", "subject", "Objet", "body", "Texte").
		is(200).says("Numéro0007", "Texte")
	chosen := head.post("./compose", "draft", page.field("draft"), "version", found.field("version"), "do", "find", "q", "numero0042",
		"subject", "Objet", "body", "Texte", "to", "m5007").
		is(200).says("Numéro0007", "Numéro0042").saysNot("Numéro0008")
	if !strings.Contains(chosen.body, `value="m5007" checked`) {
		t.Error("who was chosen is no longer")
	}
}

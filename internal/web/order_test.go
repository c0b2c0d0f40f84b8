package web_test

import (
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

var sources = regexp.MustCompile(`(?s)<textarea[^>]*name="yaml"[^>]*>(.*?)</textarea>`)

// source is the order that a preview would sign.
func (a answer) source() string {
	a.Helper()
	m := sources.FindStringSubmatch(a.body)
	if m == nil {
		a.Fatalf("the page %q holds no order", a.heading())
	}
	return html.UnescapeString(m[1])
}

// shorter is the form of an order by which the collège closes an hour earlier.
func shorter(changes ...string) []string {
	fields := []string{
		"do", "preview", "title", "Le collège ferme plus tôt", "reason", "Décision du conseil.", "basis", "Conseil du 2 avril",
		"from", "2024-04-03T00:00", "until", "2024-06-01T18:30", "review", "2024-05-01",
		"rule-0-roles", "guardian", "rule-0-roles", "teacher", "rule-0-roles", "staff",
		"rule-0-hours", "Mo-Fr 08:00-18:00; PH off", "rule-0-inside", "write", "rule-0-outside", "closed",
		"office", "Direction", "phone", "05 36 49 10 01", "email", "direction@example.org", "copies", "Mairie\nPréfecture",
	}
	for i := 0; i < len(changes); i += 2 {
		for j := 0; j < len(fields); j += 2 {
			if fields[j] == changes[i] {
				fields[j+1] = changes[i+1]
				changes[i] = ""
			}
		}
		if changes[i] != "" {
			fields = append(fields, changes[i], changes[i+1])
		}
	}
	return fields
}

// holds fails unless a form shows what was typed in shorter.
func (a answer) holds() answer {
	a.Helper()
	return a.says(`value="Le collège ferme plus tôt"`, ">Décision du conseil.</textarea>", `value="Conseil du 2 avril"`,
		`value="2024-04-03T00:00"`, `value="2024-06-01T18:30"`, `value="2024-05-01"`,
		`name="rule-0-roles" value="guardian" checked`, `name="rule-0-roles" value="staff" checked`,
		`value="Direction"`, `value="05 36 49 10 01"`, `value="direction@example.org"`, "Mairie\nPréfecture</textarea>")
}

func TestAHeadIssuesAStricterOrder(t *testing.T) {
	w := newWorld(t, "2024-04-02T18:30:00", secondLetter)
	p := w.as(head)
	p.get("./orders/new").is(200).says("Collège de la Boutonne", `value="2024-04-02T19:00"`).saysNot(`name="yaml"`, `name="territory"`)
	preview := p.post("./orders/new", shorter()...).is(200).
		says("Signer et émettre", "Le collège ferme plus tôt", "1\u00a0établissement").saysNot("ne peut pas être signé")
	p.post("./orders", "do", "edit", "yaml", preview.source()).is(200).holds().says(`value="Mo-Fr 08:00-18:00; PH off"`)
	if w.at("2024-04-03T18:30:00"); w.as(nadia).get("./inbox").status != 200 {
		t.Error("a preview closed the school")
	}
	w.at("2024-04-03T18:30:00")
	p = w.as(head)
	p.follow(p.post("./orders", "do", "issue", "yaml", preview.source())).says("L’ordre est émis.", "Le collège ferme plus tôt")
	notice := w.as(nadia).get("./inbox")
	if !notice.refused() {
		t.Fatalf("after the order: %d", notice.status)
	}
	notice.says("Le collège ferme plus tôt", "Direction", "05 36 49 10 01")
	w.as(nadia).get("./orders/FR/13/079/0799002F/2024-0001").is(200).says("Conseil du 2 avril").saysNot("?lift=")
	p.post("./orders", "do", "issue", "yaml", preview.source()).is(http.StatusConflict).holds() // the same number again
}

func TestALooserOrderIsRefusedWithTheReason(t *testing.T) {
	w := newWorld(t, "2024-04-02T18:30:00", secondLetter)
	p := w.as(head)
	preview := p.post("./orders/new", shorter("rule-0-hours", "06:00-22:00")...).is(200)
	preview.says("ne peut pas être signé", "FR/13/079/2024-0002", "Cabinet du DASEN").saysNot("Signer et émettre")
	p.post("./orders", "do", "issue", "yaml", preview.source()).is(422).holds().says("plus souple")
	if w.as(nadia).at("2024-04-02T20:00:00").as(nadia).get("./inbox").status == 200 {
		t.Error("the looser order opened the school")
	}
}

func TestWhatIsWrongIsSaidAtItsField(t *testing.T) {
	w := newWorld(t, "2024-04-02T18:30:00", secondLetter)
	p := w.as(head)
	for _, c := range []struct {
		change, value, where, what string
	}{
		{"rule-0-hours", "Mo-Fr 7h-19h", "rule-0-hours-error", "au caractère 7, «\u00a07h-19h\u00a0». Le nombre «\u00a07\u00a0» n’a pas sa place ici\u00a0: écrivez les heures comme «\u00a007:00\u00a0»"},
		{"rule-0-hours", "Mo-Fr 07:00-", "rule-0-hours-error", "s’arrêtent trop tôt. Il faut ici une heure de fermeture, comme «\u00a019:00\u00a0», et non la fin."},
		{"rule-0-hours", "sunrise-sunset", "rule-0-hours-error", "caractère 1, «\u00a0sunrise-sunset\u00a0». Les heures qui dépendent du soleil ne sont pas acceptées"},
		{"rule-0-hours", "", "rule-0-hours-error", "Aucun horaire n’est écrit\u00a0: écrivez par exemple"},
		{"from", "demain", "from-error", "Cette date ne se lit pas."},
		{"until", "2024-13-01T00:00", "until-error", "Cette date ne se lit pas. «\u00a02024-13-01\u00a0» n’est pas un jour du calendrier"},
		{"title", " ", "title-error", "À remplir."},
		{"reason", "", "reason-error", "À remplir."},
		{"office", "", "office-error", "À remplir."},
		{"rule-1-hours", "off", "rule-1-rule-error", "Choisissez pour qui"},
		{"until", "2024-04-01T00:00", "until-error", "La fin vient avant le début."},
	} {
		a := p.post("./orders/new", shorter(c.change, c.value)...).is(422).says(`id="`+c.where+`"`, c.what)
		a.says(`value="` + html.EscapeString(strings.TrimSpace(c.value)))
	}
	p.post("./orders/new", shorter("phone", "", "email", " ")...).is(422).says(`id="phone-error"`)
	p.post("./orders/new", shorter("rule-0-inside", "closed", "rule-0-outside", "write")...).is(422).says(`id="rule-0-rule-error"`)
	w.as(dsden).post("./orders/new", shorter("territory", "Deux-Sèvres")...).is(422).says("Ce territoire n’existe pas.")
	p.post("./orders/new", "do", "preview").is(422).says("À remplir.")
}

// The reasons of packages hours and order speak the reader's language.
func TestProblemsInFrench(t *testing.T) {
	w := newWorld(t, "2024-04-02T18:30:00", secondLetter)
	p := w.as(head)
	p.post("./orders/new", shorter("title", strings.Repeat("é", 201))...).is(422).
		says("«\u00a0title\u00a0» (titre) compte 201 caractères\u00a0: écrivez-en 200 au plus.")
	p.post("./orders/new", shorter("from", "2024-04-04T00:00", "title", "", "rule-0-hours", "PH off; Mo-Fr 08:00-18:00")...).is(422).
		says("«\u00a0PH off\u00a0» est écrit avant «\u00a0Mo-Fr 08:00-18:00\u00a0», qui rouvre les jours fériés ou de vacances\u00a0: écrivez-le en dernier.")
	p.post("./orders/new", shorter("review", "2024-04-01")...).is(200).
		says("Le réexamen (01/04/2024) vient avant le début (03/04/2024 à 0\u00a0h\u00a000)\u00a0: vérifiez les dates.", "Aucune règle ne concerne les élèves et la direction")
	w.as(dsden).post("./orders/new", "do", "read", "yaml", strings.Replace(rich, "hours: \"24/7\"", "hours: 7h", 1)).is(422).
		says("ligne 11, colonne 32\u00a0: horaires\u00a0: le nombre «\u00a07\u00a0» n’a pas sa place ici")
}

func TestProblemsInEnglish(t *testing.T) {
	w := newWorld(t, "2024-04-02T18:30:00", secondLetter)
	p := w.as(head)
	p.post("/language", "lang", "en", "back", p.base+"/orders/new")
	p.post("./orders/new", shorter("title", strings.Repeat("é", 201))...).is(422).says("Title has 201 characters: write at most 200.")
	p.post("./orders/new", shorter("rule-0-hours", "Mo-Fr 07:00-")...).is(422).
		says("These hours end too early. A closing time such as 19:00 is expected, and not the end.")
	p.post("./orders/new", shorter("rule-0-hours", "Mo-Fr 7h-19h")...).is(422).
		says("not understood from character 7 on, “7h-19h”. The number 7 has no place here")
	p.post("./orders/new", shorter("review", "2024-04-01")...).is(200).says("Review 2024-04-01 lies before from 2024-04-03T00:00.", "No rule binds pupil, head: the order leaves them free.")
	q := w.as(dsden)
	q.post("/language", "lang", "en", "back", q.base+"/orders/new")
	q.post("./orders/new", "do", "read", "yaml", "order: x\nbogus: 1\n").is(422).says("line 2, column 1: the order has no key")
}

func TestAnExerciseClosesNothing(t *testing.T) {
	w := newWorld(t, "2024-04-03T10:00:00", secondLetter)
	p := w.as(head)
	preview := p.post("./orders/new", shorter("exercise", "yes", "rule-0-hours", "off")...).is(200).says("xercice")
	p.post("./orders", "do", "edit", "yaml", preview.source()).says(`name="exercise" value="yes" checked`)
	p.post("./orders", "do", "issue", "yaml", preview.source()).is(http.StatusSeeOther)
	w.as(nadia).get("./inbox").is(200)
	w.as(nadia).get("./orders").says("xercice")
}

func TestAnAuthorityIssuesForItsTerritory(t *testing.T) {
	w := newWorld(t, "2024-04-02T10:00:00")
	p := w.as(dsden)
	p.get("./orders/new").is(200).says("Deux-Sèvres", "Circonscription du Marais", `name="yaml"`)
	form := shorter("territory", "FR/13/079/C01", "degree", "first", "from", "2024-04-02T00:00", "rule-0-hours", "off")
	preview := p.post("./orders/new", form...).is(200).says("1\u00a0établissement", "École des Saules")
	p.post("./orders", "do", "edit", "yaml", preview.source()).says(`<option value="FR/13/079/C01" selected`, `name="degree" value="first" checked`)
	p.follow(p.post("./orders", "do", "issue", "yaml", preview.source())).says("L’ordre est émis")
	karim := w.as(karim)
	karim.get("./inbox").is(200)
	karim.base = "/at/6"
	if a := karim.get("./inbox"); !a.refused() {
		t.Errorf("the école: %d, want closed", a.status)
	}

	lift := p.get("./orders/FR/13/079/2024-0001").is(200).says("lift=FR%2F13%2F079%2F2024-0001")
	preview = p.get("./orders/new?lift=FR/13/079/2024-0001").is(200).says("Levée", "Signer et émettre")
	karim.get("./inbox").is(http.StatusForbidden) // looking lifts nothing
	p.follow(p.post("./orders", "do", "issue", "yaml", preview.source())).says("levé")
	karim.get("./inbox").is(200)
	lift.says("Le collège ferme plus tôt")
	p.get("./orders/FR/13/079/2024-0001").saysNot("?lift=")
}

// rich is an order that says more than the form can show.
const rich = `
order: FR/13/079/2024-0009
issuer: FR/13/079
status: actual
type: issue
title: Envois bornés
applies: {territory: FR/13/079, except: [{school: 0799001E, reason: pas concernée}]}
from: 2024-04-02T00:00
review: 2024-05-01
rules:
  - {roles: [guardian], hours: "24/7", limits: {recipients: 2, links: false}}
reason: Essai.
contact: {office: Cabinet, phone: "05 36 49 00 00"}
`

func TestAPastedOrder(t *testing.T) {
	w := newWorld(t, "2024-04-02T10:00:00")
	p := w.as(dsden)
	p.post("./orders/new", "do", "read", "yaml", "order: x\nbogus: 1\n").is(422).says("bogus: 1", "ligne 2, colonne 1\u00a0: l’ordre n’a pas de clé «\u00a0bogus\u00a0»", `id="yaml-error"`)
	p.post("./orders/new", "do", "read", "yaml", strings.ReplaceAll(rich, "FR/13/079/2024", "FR/13/080/2024")).is(422)
	preview := p.post("./orders/new", "do", "read", "yaml", rich).is(200).says("Envois bornés", "1\u00a0établissement")
	again := p.post("./orders", "do", "edit", "yaml", preview.source()).is(200).says("dit plus que le formulaire")
	if again.source() != preview.source() {
		t.Error("going back to change it lost a part of the order")
	}
	p.post("./orders", "do", "issue", "yaml", preview.source()).is(http.StatusSeeOther)
	w.as(karim).get("./compose").says("2 destinataires au plus", "Pas de lien")
	w.as(karim).send("Lien", "Voir https://x.example", to(nadiaAt)).is(422).says("ne peuvent pas contenir de lien", "Voir https://x.example")
	p.post("./orders", "do", "issue", "yaml", "nonsense").is(422)
	w.as(head).post("./orders", "do", "issue", "yaml", rich).is(422).says("au nom de")
	w.as(head).get("./orders/new?lift=FR/13/079/2024-0009").is(http.StatusForbidden).says("l’autorité qui l’a émis")
}

func TestTheWeekIsAPictureAndATable(t *testing.T) {
	w := newWorld(t, "2024-03-29T10:00:00", secondLetter)
	week := w.as(head).get("./orders?week=2024-04-03").is(200)
	week.says("<svg viewBox", "<table", "?week=2024-03-25", "?week=2024-04-08", "Fermeture dans les collèges et lycées")
}

func TestAnOrderReplacesAnother(t *testing.T) {
	w := newWorld(t, "2024-04-02T10:00:00")
	p := w.as(head)
	issue := func(form []string) answer {
		t.Helper()
		return p.follow(p.post("./orders", "do", "issue", "yaml", p.post("./orders/new", form...).is(200).source()))
	}
	issue(shorter("from", "2024-04-02T00:00", "rule-0-hours", "off"))
	w.as(nadia).get("./inbox").is(http.StatusForbidden)
	const first = "FR/13/079/0799002F/2024-0001"
	p.get("./orders/new").says(`name="references" value="` + first + `"`)
	again := shorter("references", first, "from", "2024-04-02T00:00", "rule-0-hours", "Mo-Fr 08:00-18:00")
	preview := p.post("./orders/new", again...).is(200)
	p.post("./orders", "do", "edit", "yaml", preview.source()).is(200).says(`name="references" value="` + first + `" checked`)
	issue(again).says("remplacé")
	w.as(nadia).get("./inbox").is(200)
}

// TestWeekOfAnySchool: an office reaches each school's week from its desk.
func TestWeekOfAnySchool(t *testing.T) {
	w := newWorld(t, "2024-03-29T10:00:00", secondLetter)
	office := w.as(dsden)
	desk := office.get("./desk").is(200)
	for uai, name := range map[string]string{string(college): "Collège de la Boutonne", string(ecole): "École"} {
		link := "./orders?school=" + uai
		desk.says(strings.TrimPrefix(link, "."))
		office.get(link).is(200).says("Semaine", name, "school="+uai+"&amp;week=2024-04-01")
	}
	office.get("./orders?school=9999999X").is(200).says("Semaine")
}

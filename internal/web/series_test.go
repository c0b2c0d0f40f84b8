package web_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/ecluse-ecole/ecluse/internal/web"
)

// reopenIt is the address of the form that reopens the second letter's closing.
const reopenIt = "./orders/series?of=FR/13/079/2024-0002"

// fields are what the form of a series would post, names and values in turn.
func (a answer) fields() (list []string) {
	a.Helper()
	doc, err := html.Parse(strings.NewReader(a.body))
	if err != nil {
		a.Fatal(err)
	}
	inside := func(n *html.Node) bool {
		return n.Data == "form" && strings.HasSuffix(attr(n, "action"), "/orders/series")
	}
	for form := range doc.Descendants() {
		if !inside(form) {
			continue
		}
		for n := range form.Descendants() {
			if name, value, posted := posts(n); posted {
				list = append(list, name, value)
			}
		}
	}
	return list
}

// posts is what a control would post.
func posts(n *html.Node) (name, value string, posted bool) {
	name = attr(n, "name")
	switch n.Data {
	case "input":
		box := attr(n, "type") == "checkbox"
		return name, attr(n, "value"), !box || attr(n, "checked") == "yes"
	case "textarea":
		for c := range n.Descendants() {
			value += c.Data
		}
		return name, value, true
	case "select":
		for c := range n.Descendants() {
			if c.Data == "option" && (value == "" || attr(c, "selected") == "yes") {
				value = attr(c, "value")
			}
		}
		return name, value, true
	}
	return "", "", false
}

// attr is an attribute; one without a value is "yes".
func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key && a.Val == "" && key != "value" {
			return "yes"
		} else if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// with puts other values in fields.
func with(fields []string, changes ...string) []string {
	out := slices.Clone(fields)
	for i := 0; i < len(changes); i += 2 {
		found := false
		for j := 0; j < len(out); j += 2 {
			if out[j] == changes[i] {
				out[j+1], found = changes[i+1], true
			}
		}
		if !found {
			out = append(out, changes[i], changes[i+1])
		}
	}
	return out
}

// yamls are the orders that a preview would sign.
func (a answer) yamls() (list []string) {
	fields := a.fields()
	for i := 0; i < len(fields); i += 2 {
		if fields[i] == "yaml" {
			list = append(list, fields[i+1])
		}
	}
	return list
}

func TestReopeningInStages(t *testing.T) {
	w := newOffices(t, "2024-04-02T10:00:00", secondLetter)
	office, colleague := w.as(dsden), w.signer(second)
	office.get(theClosing).is(200).says("Rouvrir par étapes", "/orders/series?of=FR%2F13%2F079%2F2024-0002").saysNot("Suspendre", "Refermer")
	form := office.get(reopenIt).is(200).says("Étape 5", "Réouverture pour les personnels", `value="2024-04-03T07:00"`, "Une étape de plus", `value="24/7"`)
	typed := with(form.fields(), "do", "preview", "reason", "Les comptes <sont> sûrs.")
	preview := office.post("./orders/series", typed...).is(200).
		says("5\u00a0ordres, signés et émis ensemble", "Signer et proposer le tout", "FR/13/079/2024-0007", "Plus ouvert qu’aujourd’hui", "<svg viewBox").saysNot("ne peut pas être signé")
	office.post("./orders/series", with(preview.fields(), "do", "edit")...).is(200).says(`Les comptes &lt;sont&gt; sûrs.`, `value="2024-04-03T07:00"`)
	sign := with(preview.fields(), "do", "propose")
	office.post("./orders/series", with(sign, "do", "issue")...).is(http.StatusForbidden).says("une autre personne doit le signer", "Les comptes &lt;sont&gt; sûrs.")
	office.follow(office.post("./orders/series", sign...)).says("Les étapes sont proposées", "5\u00a0ordres")

	at := colleague.get("./orders").says("en 5 ordres").proposal()
	colleague.get(at).is(200).says("Signer le tout", "5. Réouverture pour tous", "Les comptes &lt;sont&gt; sûrs.", "FR/13/079/2024-0003")
	colleague.follow(colleague.post(at, "do", "sign")).says("L’ordre est émis")
	w.at("2024-04-03T20:00:00")
	w.as(nadia).get("./inbox").is(200) // staff at all hours
	page := w.as(dsden).get(theClosing).is(200).says("Les étapes", "Prochaine étape", "Changer les étapes à venir", "Suspendre la suite", "Refermer", `aria-current="true">Fermeture`)
	page.saysNot(">Rouvrir par étapes<")
	w.as(karim).get("./notice").says("Prochaine étape annoncée", "jeudi 4\u00a0avril", "Réouverture pour les responsables légaux")
	public := w.as(dsden)
	public.base = ""
	public.get("/ecole/0799002F").is(200).says("Réouverture pour les responsables légaux", "Réouverture pour tous")
}

func TestWhatAReopeningRefuses(t *testing.T) {
	w := newOffices(t, "2024-04-02T10:00:00", secondLetter)
	p := w.as(dsden)
	fields := with(p.get(reopenIt).is(200).fields(), "do", "preview")
	for _, tt := range []struct{ field, value, at, says string }{
		{"stage-0-from", "2024-04-01T07:00", "stage-0-from-error", "Cette date est passée."},
		{"stage-2-from", "2024-04-03T07:00", "stage-2-from-error", "ne vient pas après celle d’avant"},
		{"stage-1-from", "", "stage-1-from-error", "Écrivez une date"},
		{"stage-1-hours", "demain", "stage-1-hours-error", "demain"},
		{"stage-2-hours", "", "stage-2-hours-error", "pas encore d’heures ouvertes"},
		{"stage-2-since", "2024-12-01", "stage-2-since-error", "à venir"},
		{"stage-3-title", "", "stage-3-title-error", "À remplir."},
		{"reason", " ", "reason-error", "À remplir."},
	} {
		p.post("./orders/series", with(fields, tt.field, tt.value)...).is(422).
			says(`id="`+tt.at+`"`, tt.says, `value="Réouverture pour tous"`, `value="`+strings.TrimSpace(tt.value))
	}
	sorted := p.post("./orders/series", with(fields, "stage-0-from", "2024-06-01T07:00", "do", "sort")...).is(200).fields()
	if sorted[slices.Index(sorted, "stage-5-title")+1] == "" {
		// five rows, the first of them now last
		if got := sorted[slices.Index(sorted, "stage-4-title")+1]; got != "Réouverture pour les personnels" {
			t.Errorf("the last row is %q", got)
		}
	}
	two := p.post("./orders/series", with(fields, "stage-0-skip", "yes", "stage-2-skip", "yes", "stage-3-skip", "yes")...).is(200)
	if got := len(two.yamls()); got != 2 {
		t.Errorf("%d orders without the rows that were left out", got)
	}
	w.as(head).get(reopenIt).is(http.StatusForbidden)
	w.as(nadia).get(reopenIt).is(http.StatusForbidden)
	p.get("./orders/series?of=FR/13/079/2024-0099").is(http.StatusNotFound)
}

func TestAStageLooserThanAnOrderAbove(t *testing.T) {
	w := newOffices(t, "2024-04-02T10:00:00", secondLetter)
	p := w.as(head)
	p.follow(p.post("./orders", "do", "issue", "yaml", p.post("./orders/new", shorter()...).is(200).source()))
	const own = "FR/13/079/0799002F/2024-0001"
	w.at("2024-04-03T10:00:00")
	p = w.as(head)
	fields := with(p.get("./orders/series?of="+own).is(200).fields(), "do", "preview")
	p.post("./orders/series", fields...).is(422).says(`id="stage-0-stage-error"`, "Fermeture dans les collèges et lycées", "24/7")
	strict := with(fields, "stage-0-hours", "Mo-Fr 07:00-19:00; PH off", "stage-1-skip", "yes", "stage-2-skip", "yes", "stage-3-skip", "yes", "stage-4-skip", "yes")
	preview := p.post("./orders/series", strict...).is(200).says("Signer et émettre le tout")
	p.follow(p.post("./orders/series", with(preview.fields(), "do", "issue")...)).says("Les étapes sont émises", "Les étapes")
}

func TestTheRestIsChangedStoppedAndClosed(t *testing.T) {
	w := newWorldSigned(t, web.Options{}, 1, "2024-04-02T10:00:00", secondLetter)
	p := w.as(dsden)
	issue := func(fields []string) {
		t.Helper()
		preview := p.post("./orders/series", with(fields, "do", "preview")...).is(200)
		p.follow(p.post("./orders/series", with(preview.fields(), "do", "issue")...)).says("Les étapes sont émises")
	}
	issue(p.get(reopenIt).is(200).fields())
	w.at("2024-04-04T10:00:00")
	p = w.as(dsden)
	rest := p.get("./orders/series?of=FR/13/079/2024-0004").is(200).says("Changer les étapes à venir", "prennent la place", "Étape 3").saysNot("Étape 4")
	issue(with(rest.fields(), "stage-0-from", "2024-04-10T07:00", "stage-2-skip", "yes"))
	p.get(theClosing).says("Nouvelles étapes", "10\u00a0avril").saysNot("Réouverture pour tous")
	stop := p.get("./orders/new?stop=FR/13/079/2024-0002").is(200).says("Suite suspendue").source()
	p.follow(p.post("./orders", "do", "issue", "yaml", stop)).says("L’ordre est émis")
	p.get(theClosing).says("Refermer").saysNot("Suspendre la suite")
	again := p.get("./orders/new?close=FR/13/079/2024-0002").is(200).says("Fermeture dans les collèges").source()
	p.follow(p.post("./orders", "do", "issue", "yaml", again)).says("L’ordre est émis")
	p.get(theClosing).saysNot("Refermer", "Suspendre la suite")
	w.at("2024-04-12T20:00:00")
	w.as(nadia).get("./inbox").is(http.StatusForbidden)
}

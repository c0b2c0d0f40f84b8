package web

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

// report is what an order did, as a page or, asked for with file=, as one to keep.
func (c *call) report() error {
	if c.who.Office.Territory == "" {
		return c.nothing()
	}
	r, err := c.app.ReportOn(c.r.Context(), c.who, c.orderID())
	if err != nil {
		return err
	}
	p, err := c.reportPage(r)
	if err != nil {
		return err
	}
	switch c.r.FormValue("file") {
	case "":
		return c.show(ok, p)
	case "json":
		return c.reportJSON(r, p)
	case "csv":
		return c.reportCSV(r)
	case "md":
		return c.reportText(r, p)
	}
	return c.nothing()
}

// reportPage fills the page in the reader's language.
func (c *call) reportPage(r ecluse.OrderReport) (page.Report, error) {
	o := r.Order.Order
	p := page.Report{
		Row: c.orderRow(r.Order), Place: c.reportPlace(r), Over: r.Over, Rules: c.ruleSentences(o), Scope: c.scopeSentences(o.Applies),
		Reason: o.Reason, Contact: o.Contact, Schools: len(r.Rows), Own: c.who.Member.ID != 0,
		States: c.reportStates(r), Counted: page.ServiceWord(c.lang, r.Service), Times: c.reportTimes(r),
		First: c.reportSchool(r.First), Last: c.reportSchool(r.Last),
	}
	p.Row.Summary = ""
	for role, n := range r.By {
		p.People = append(p.People, page.ReportPeople{Role: school.Role(role), All: n.All, Closed: n.Closed, Always: n.Always})
	}
	for _, e := range r.Events {
		p.Events = append(p.Events, page.ReportEvent{At: e.At.In(c.loc), Text: c.eventSentence(r, e)})
	}
	base := c.base() + page.ReportsPart + "/" + string(o.ID) + "?file="
	p.JSON, p.CSV, p.Markdown = base+"json", base+"csv", base+"md"
	var err error
	p.Frame, err = c.stayingFrame(c.lang.Say("Rapport : ", "Report: ") + c.marked(o))
	return p, err
}

// marked is an order's title, with a word before that of an exercise.
func (c *call) marked(o *order.Order) string {
	if o.Status == order.Exercise {
		return c.lang.Say("Exercice : ", "Exercise: ") + o.Title
	}
	return o.Title
}

// reportPlace is whose report it is, in words.
func (c *call) reportPlace(r ecluse.OrderReport) string {
	if c.who.Member.ID != 0 {
		return c.schoolName(c.who.Member.School)
	}
	return c.app.TerritoryName(r.Place)
}

func (c *call) schoolName(uai school.UAI) string {
	if sc, err := c.app.Snapshot().School(uai); err == nil {
		return sc.Name
	}
	return string(uai)
}

// reportSchool is a school and when it applied the order.
func (c *call) reportSchool(row *ecluse.BoardRow) string {
	if row == nil {
		return ""
	}
	return row.School.Name + c.lang.Say(", le ", ", on ") + c.lang.Moment(row.Applied.In(c.loc)) +
		c.lang.Say(", en ", ", after ") + c.lang.Lasting(max(0, row.Applied.Sub(row.Due)))
}

// reportStates counts the schools that stand alike, and leaves out what none is.
func (c *call) reportStates(r ecluse.OrderReport) (sums []page.ReportSum) {
	var counts [ecluse.AnswerStateCount]int
	for _, row := range r.Rows {
		counts[row.State]++
	}
	for state, n := range counts {
		if n > 0 {
			sums = append(sums, page.ReportSum{Word: page.AnswerStateWord(c.lang, page.AnswerState(state)), Value: n})
		}
	}
	return sums
}

func (c *call) reportTimes(r ecluse.OrderReport) []page.ReportTimes {
	row := func(name string, t ecluse.Times) page.ReportTimes {
		return page.ReportTimes{Name: name, Took: t.Took, Min: t.Min, Median: t.Median, P95: t.P95, Max: t.Max}
	}
	list := []page.ReportTimes{row(c.lang.Say("Appliqué par tous les serveurs", "Applied by all servers"), r.Applied)}
	if !slices.Equal(r.Applied.Took, r.Done.Took) {
		list = append(list, row(c.lang.Say("Et fait à la main, là où il le faut", "And done by hand, where needed"), r.Done))
	}
	return list
}

// eventSentence is what happened, and who did it, by number and office.
func (c *call) eventSentence(r ecluse.OrderReport, e ecluse.ReportEvent) string {
	return c.eventWords(r, e) + c.eventActor(e) + "."
}

// eventWords is what happened.
func (c *call) eventWords(r ecluse.OrderReport, e ecluse.ReportEvent) string {
	switch e.Kind {
	case ecluse.EventProposed:
		return c.lang.Say("Proposé à la signature", "Proposed for signature")
	case ecluse.EventSigned:
		return c.lang.Say("Signé", "Signed")
	case ecluse.EventIssued:
		return c.lang.Say("Émis", "Issued")
	case ecluse.EventReceived:
		if e.Schools > 0 {
			return c.lang.Say("Reçu par ", "Received by ") + e.Service + c.lang.Say(" : ", ": ") + c.eventSchools(e)
		}
		return c.lang.Say("Reçu par ", "Received by ") + c.server(e.Service)
	case ecluse.EventBegins:
		return c.lang.Say("Début : ", "Begins: ") + c.eventSchools(e)
	case ecluse.EventDelaySet:
		return c.lang.Say("Délai de réponse fixé", "Time to answer set")
	case ecluse.EventApplied:
		return c.lang.Say("Appliqué : ", "Applied: ") + c.eventSchools(e)
	case ecluse.EventOverdue:
		return c.lang.Say("Pas de réponse complète dans le délai de ", "No complete answer within ") + c.lang.Lasting(r.Delay) + c.lang.Say(" : ", ": ") + c.eventSchools(e)
	case ecluse.EventEndDecided:
		return c.lang.Say("Fin décidée par l'ordre ", "End decided by order ") + string(e.Other)
	case ecluse.EventEnds:
		return c.lang.Say("Fin : ", "Ends: ") + c.eventSchools(e)
	}
	return c.answerWords(e)
}

// answerWords is what somebody in a school said or asked, and what was answered.
func (c *call) answerWords(e ecluse.ReportEvent) string {
	at := c.lang.Say(" : ", ": ") + c.eventSchools(e)
	asker := fmt.Sprintf(" (%d, %s)", e.Request, page.RoleWord(c.lang, e.Role))
	switch e.Kind {
	case ecluse.EventAttested:
		return c.lang.Say("Fait à la main et attesté dans ", "Done by hand and attested in ") + c.product(e.Product) + at
	case ecluse.EventUndone:
		return c.lang.Say("Défait et attesté dans ", "Undone and attested in ") + c.product(e.Product) + at
	case ecluse.EventNotApplied:
		return c.lang.Say("L'établissement dit ne pas l'appliquer", "The school says that it does not apply it") + at
	case ecluse.EventExemptionAsked:
		return c.lang.Say("Dérogation demandée", "Exemption asked for") + asker + at
	case ecluse.EventExemptionGranted:
		return c.lang.Say("Dérogation accordée", "Exemption granted") + asker + at
	default:
		return c.lang.Say("Dérogation refusée", "Exemption refused") + asker + at
	}
}

// eventSchools is where it happened.
func (c *call) eventSchools(e ecluse.ReportEvent) string {
	if e.School != "" {
		return c.schoolName(e.School) + " (" + string(e.School) + ")"
	}
	return c.lang.Count(e.Schools, "établissement", "établissements", "school", "schools")
}

// eventActor is who did it, as the journal names them.
func (c *call) eventActor(e ecluse.ReportEvent) string {
	var by []string
	if e.Person != 0 {
		by = append(by, c.lang.Say("personne ", "person ")+fmt.Sprint(e.Person))
	}
	if e.Office != "" {
		by = append(by, c.lang.Say("pour ", "for ")+c.app.TerritoryName(e.Office))
	}
	if len(by) == 0 {
		return ""
	}
	return c.lang.Say(", par ", ", by ") + strings.Join(by, " ")
}

// server is one that holds the order.
func (c *call) server(name string) string {
	if name == "" {
		return c.lang.Say("Écluse même", "Écluse itself")
	}
	return c.lang.Say("le serveur ", "the server ") + name
}

// product is what was closed by hand, by its name in the catalogue.
func (c *call) product(id string) string {
	if p, found := c.app.Procedures().Find(id); found {
		return c.lang.Say(p.Name.French, p.Name.English)
	}
	return id
}

// reportFile begins the answer with a file of the order's name.
func (c *call) reportFile(r ecluse.OrderReport, kind, ext string) {
	name := strings.ReplaceAll(string(r.Order.ID), "/", "-")
	if r.Order.Status == order.Exercise {
		name = "exercice-" + name
	}
	h := c.w.Header()
	h.Set("Content-Type", kind+"; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="ecluse-`+name+"."+ext+`"`)
}

// rfc is an instant of a file, "" for one that is not known.
func rfc(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

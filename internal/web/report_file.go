package web

import (
	"encoding/json"
	"strconv"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/sheet"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

// A reportFile is a report for software. Fields are only ever added.
type reportFile struct {
	Exercise bool           `json:"exercise"`
	Order    string         `json:"order"`
	Title    string         `json:"title"`
	Issuer   string         `json:"issuer"`
	Office   string         `json:"office"`
	State    string         `json:"state"`
	Over     bool           `json:"over"`
	From     string         `json:"from"`
	Until    string         `json:"until,omitempty"`
	Reason   string         `json:"reason"`
	Rules    []string       `json:"rules"`
	Source   string         `json:"source"` // the order as it was issued
	Place    string         `json:"place"`
	Made     string         `json:"made"`
	Schools  reportSchools  `json:"schools"`
	Service  string         `json:"service"`
	People   []reportPeople `json:"people"`
	Applied  reportTimes    `json:"applied"`
	Done     reportTimes    `json:"done"`
	Events   []reportEvent  `json:"events"`
}

type reportSchools struct {
	All    int            `json:"all"`
	States map[string]int `json:"states"`
	First  *reportFirst   `json:"first,omitempty"`
	Last   *reportFirst   `json:"last,omitempty"`
}

type reportFirst struct {
	School string `json:"school"`
	At     string `json:"at"`
}

// reportPeople counts by role whom the order closes by itself.
type reportPeople struct {
	Role   string `json:"role"`
	All    int    `json:"all"`
	Closed int    `json:"closed"`
	Always int    `json:"throughout"`
}

// reportTimes are seconds.
type reportTimes struct {
	Schools int     `json:"schools"`
	Min     float64 `json:"min"`
	Median  float64 `json:"median"`
	P95     float64 `json:"p95"`
	Max     float64 `json:"max"`
}

type reportEvent struct {
	At       string `json:"at"`
	Event    string `json:"event"`
	Exercise bool   `json:"exercise"`
	Person   int64  `json:"person,omitempty"`
	Office   string `json:"office,omitempty"`
	School   string `json:"school,omitempty"`
	Schools  int    `json:"schools,omitempty"`
	Service  string `json:"service,omitempty"`
	Product  string `json:"product,omitempty"`
	Other    string `json:"other,omitempty"` // the order that ends this one
	Request  string `json:"request,omitempty"`
	Log      string `json:"log,omitempty"` // where the journal holds it
	Seq      *int64 `json:"seq,omitempty"`
}

func (c *call) reportJSON(r ecluse.OrderReport, p page.Report) error {
	c.reportFile(r, "application/json", "json")
	f := reportFile{
		Exercise: r.Order.Status == order.Exercise, Order: string(r.Order.ID), Title: r.Order.Title, Issuer: string(r.Order.Issuer),
		Office: p.Row.Issuer, State: r.Order.State.String(), Over: r.Over, From: rfc(r.Order.From), Until: rfc(r.Order.Until),
		Reason: r.Order.Reason, Rules: p.Rules, Source: string(r.Order.Encode()), Place: string(r.Place), Made: rfc(r.Made),
		Schools: schoolsOf(r), Service: r.Service.String(), Applied: secondsOf(r.Applied), Done: secondsOf(r.Done), Events: []reportEvent{},
	}
	for role, n := range r.By {
		f.People = append(f.People, reportPeople{school.Role(role).String(), n.All, n.Closed, n.Always})
	}
	for _, e := range r.Events {
		f.Events = append(f.Events, eventOf(r, e))
	}
	out := json.NewEncoder(c.w)
	out.SetIndent("", "  ")
	return out.Encode(f)
}

func schoolsOf(r ecluse.OrderReport) reportSchools {
	s := reportSchools{All: len(r.Rows), States: map[string]int{}}
	for _, row := range r.Rows {
		s.States[row.State.String()]++
	}
	if r.First != nil {
		s.First = &reportFirst{string(r.First.School.UAI), rfc(r.First.Applied)}
		s.Last = &reportFirst{string(r.Last.School.UAI), rfc(r.Last.Applied)}
	}
	return s
}

func secondsOf(t ecluse.Times) reportTimes {
	return reportTimes{len(t.Took), t.Min.Seconds(), t.Median.Seconds(), t.P95.Seconds(), t.Max.Seconds()}
}

func eventOf(r ecluse.OrderReport, e ecluse.ReportEvent) reportEvent {
	out := reportEvent{
		At: rfc(e.At), Event: e.Kind.String(), Exercise: r.Order.Status == order.Exercise, Person: int64(e.Person), Office: string(e.Office),
		School: string(e.School), Schools: e.Schools, Service: e.Service, Product: e.Product, Other: string(e.Other), Log: string(e.Log),
	}
	if e.Request != 0 {
		out.Request = strconv.FormatInt(e.Request, 10)
	}
	if e.Log != "" {
		out.Seq = &e.Seq
	}
	return out
}

// reportCSV is the chronology as a table, each line whole in itself.
func (c *call) reportCSV(r ecluse.OrderReport) error {
	c.reportFile(r, "text/csv", "csv")
	out := sheet.NewWriter(c.w, "order", "exercise", "at", "event", "person", "office", "school", "schools", "service", "product", "other", "request", "log", "seq")
	for _, e := range r.Events {
		v := eventOf(r, e)
		seq := ""
		if v.Seq != nil {
			seq = strconv.FormatInt(*v.Seq, 10)
		}
		out.Write(
			string(r.Order.ID), strconv.FormatBool(v.Exercise), v.At, v.Event, positive(v.Person), v.Office, v.School, positive(int64(v.Schools)),
			v.Service, v.Product, v.Other, v.Request, v.Log, seq,
		)
	}
	_ = out.End() // a reader who has left is no fault
	return nil
}

// positive is a number, and nothing for none.
func positive(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

func (c *call) reportText(r ecluse.OrderReport, p page.Report) error {
	c.reportFile(r, "text/markdown", "md")
	_, _ = c.w.Write([]byte(p.Text())) // likewise
	return nil
}

package web

import (
	"encoding/json"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

// A publicState is a school's state for other software. Its fields are only ever
// added to. Instants are RFC 3339, or absent where none is known.
type publicState struct {
	School   publicPlace     `json:"school"`
	Page     string          `json:"page"`
	Limited  bool            `json:"limited"`         // messaging is closed or restricted for somebody
	Unknown  bool            `json:"unknown"`         // something could not be decided, and is closed
	Until    *time.Time      `json:"until,omitempty"` // the next change of anything
	Headline publicWords     `json:"headline"`
	Services []publicService `json:"services"`
	Orders   []publicOrder   `json:"orders"` // in force and announced, exercises included
}

type publicPlace struct {
	UAI   string `json:"uai"`
	Name  string `json:"name"`
	Zone  string `json:"zone"`
	Phone string `json:"phone,omitempty"`
}

type publicWords struct {
	French  string `json:"fr"`
	English string `json:"en"`
}

type publicService struct {
	Service string       `json:"service"`
	Roles   []publicRole `json:"roles"`
}

type publicRole struct {
	Role    string     `json:"role"`
	Access  string     `json:"access"`
	Unknown bool       `json:"unknown,omitempty"`
	Until   *time.Time `json:"until,omitempty"`
	Reopens *time.Time `json:"reopens,omitempty"`
}

type publicOrder struct {
	ID       string     `json:"id"`
	Title    string     `json:"title"`
	State    string     `json:"state"`
	Exercise bool       `json:"exercise"`
	Office   string     `json:"office"`
	Reason   string     `json:"reason"`
	Phone    string     `json:"phone,omitempty"`
	Email    string     `json:"email,omitempty"`
	From     *time.Time `json:"from"`
	Until    *time.Time `json:"until,omitempty"`
}

// publicStateJSON answers any site about a school.
func (c *call) publicStateJSON() error {
	c.w.Header().Set("Access-Control-Allow-Origin", "*")
	c.w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
	c.lang = page.French // one document for both languages
	return c.publicly("state", func(n ecluse.PublicNotice) (rendering, error) {
		st, whole := stateOf(n), false
		st.School.Phone, whole = c.publicPhone(n.School.UAI)
		body, err := json.Marshal(st)
		return rendering{kind: "application/json", body: append(body, '\n'), doubt: !whole}, err
	})
}

func stateOf(n ecluse.PublicNotice) publicState {
	st := publicState{
		School: publicPlace{UAI: string(n.School.UAI), Name: n.School.Name, Zone: n.School.Zone},
		Page:   origin + page.PublicURL(string(n.School.UAI)), Limited: n.Limited(order.Messaging), Unknown: n.Unknown(),
		Until: known(n.Until), Orders: []publicOrder{},
	}
	states := publicStates(n, order.Messaging)
	_, st.Headline.French = page.Headline(page.French, states, n.Now)
	_, st.Headline.English = page.Headline(page.English, states, n.Now)
	for service, roles := range n.States {
		told := publicService{Service: order.Service(service).String()}
		for _, r := range roles {
			told.Roles = append(told.Roles, publicRole{
				Role: r.Role.String(), Access: r.Access.String(), Unknown: r.Unknown,
				Until: known(r.Until), Reopens: known(r.Opens[order.Write]),
			})
		}
		st.Services = append(st.Services, told)
	}
	for _, o := range n.Orders {
		if o.State == order.InForce || o.State == order.Announced {
			st.Orders = append(st.Orders, publicOrder{
				ID: string(o.ID), Title: o.Title, State: o.State.String(), Exercise: o.Status == order.Exercise,
				Office: o.Office, Reason: o.Reason, Phone: o.Contact.Phone, Email: o.Contact.Email,
				From: known(o.From), Until: known(o.Until),
			})
		}
	}
	return st
}

// known is an instant, or nothing where there is none.
func known(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

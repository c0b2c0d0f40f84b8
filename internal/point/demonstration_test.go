package point_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/api"
	"github.com/ecluse-ecole/ecluse/internal/clock"
	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/order/ordertest"
	"github.com/ecluse-ecole/ecluse/internal/point"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
	"github.com/ecluse-ecole/ecluse/internal/wire"
	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
)

// TestADemonstrationsEvening passes a hundred times as fast as ours: the client
// closes when the server's clock strikes, and knows beforehand how long that is.
func TestADemonstrationsEvening(t *testing.T) {
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	evening := clock.Scaled(ordertest.Paris("2024-04-02T18:58:00"), 100)
	app, err := ecluse.Open(t.Context(), ecluse.Options{Database: storetest.SQLite(t), Clock: evening, Log: quiet})
	must(err)
	t.Cleanup(func() { app.Close() })
	must(app.Import(t.Context(), ecluse.Roster{
		Schools: []ecluse.SchoolEntry{{School: school.School{UAI: wiretest.College, Name: "Collège", Degree: school.Second, Parent: "FR/13/079", Zone: "Europe/Paris", Calendar: "079"}}},
		People:  []account.Person{{ID: 1, Login: wiretest.Teacher, First: "P", Last: "T", Language: "fr"}},
		Members: []account.Membership{{School: wiretest.College, ID: 1, Person: 1, Role: school.Teacher, Name: "P T"}},
	}))
	letter, err := order.Parse("letter", []byte(wiretest.Letter))
	must(err)
	must(app.AdoptOrders(t.Context(), []*order.Order{letter}))
	token, err := app.AddPoint(t.Context(), enforce.Point{Name: "proxy", Kind: "proxy"})
	must(err)
	mux := http.NewServeMux()
	api.New(wire.NewDesk(app, nil), nil, api.Options{Log: quiet}).Routes(mux)
	server := httptest.NewServer(mux)
	t.Cleanup(func() { app.Hush(); server.Close() })
	go app.Run(t.Context())

	c := run(t, point.Options{URL: server.URL, Token: token, Log: quiet})
	opensFor(t, c, wiretest.Teacher)
	closing := ordertest.Paris("2024-04-02T19:00:00")
	strikes := time.Now().Add(c.Wait(closing))
	changes := c.Changes(t.Context())
	told(t, changes, "the closing", func() bool { return !allows(c, wiretest.Teacher) })
	if late := time.Since(strikes); late.Abs() > 500*time.Millisecond {
		t.Errorf("it closed %v after the time foreseen", late)
	}
	if off := evening.Now().Sub(c.Now()); off.Abs() > 30*time.Second { // a third of a second of ours
		t.Errorf("the server's clock is believed to be %v behind", off)
	}
}

package ecluse_test

import (
	"context"
	"io"
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/clock"
	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// BenchmarkAsk is a point's question from the name to the answer in words, for
// people who were asked about a moment ago.
func BenchmarkAsk(b *testing.B) {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	app, err := ecluse.Open(ctx, ecluse.Options{
		Database: filepath.Join(b.TempDir(), "bench.db"), Clock: clock.Manual(paris("2024-04-02T12:00")),
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		b.Fatal(err)
	}
	defer app.Close()
	r := ecluse.Roster{
		Territories: map[school.Territory]string{"FR/13/079": "Deux-Sèvres"},
		Schools: []ecluse.SchoolEntry{{School: school.School{
			UAI: college, Name: "Collège", Degree: school.Second, Parent: "FR/13/079", Zone: "Europe/Paris", Calendar: "079"}}},
		People:  []account.Person{{ID: 1, Login: "nadia", First: "N", Last: "L"}},
		Members: []account.Membership{{School: college, ID: 1, Person: 1, Role: school.Teacher}},
	}
	if err := app.Import(ctx, r); err != nil {
		b.Fatal(err)
	}
	for _, text := range letters {
		o, err := order.Parse("bench", []byte(text))
		if err != nil {
			b.Fatal(err)
		}
		if err := app.AdoptOrders(ctx, []*order.Order{o}); err != nil {
			b.Fatal(err)
		}
	}
	go app.Run(ctx)
	d := app.Answering(enforce.Point{Name: "bench", Kind: "other", Territory: "FR"})
	q := enforce.Question{Login: "nadia", School: college}
	b.ReportAllocs()
	for b.Loop() {
		if !d.Ask(ctx, q).Allows(enforce.SendMessage) {
			b.Fatal("closed")
		}
	}
}

package wiretest

import (
	"io"
	"log/slog"
	"net/netip"
	"path/filepath"
	"testing"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/clock"
	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/order/ordertest"
	"github.com/ecluse-ecole/ecluse/internal/wire"
)

// Answering answers a benchmark's questions: the same small place, at Noon under
// Letter.
func Answering(b *testing.B, kind string) *ecluse.Answerer {
	b.Helper()
	return benched(b).Answering(enforce.Point{Name: "bench-" + kind, Kind: kind, Territory: "FR"})
}

// Desk answers a benchmark's questions where points are told apart; it trusts the
// loopback network.
func Desk(b *testing.B) *wire.Desk {
	b.Helper()
	return wire.NewDesk(benched(b), []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")})
}

func benched(b *testing.B) *ecluse.App {
	b.Helper()
	app, err := ecluse.Open(b.Context(), ecluse.Options{
		Database: filepath.Join(b.TempDir(), "ecluse.db"), Clock: clock.Manual(ordertest.Paris(Noon)),
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { app.Close() })
	letter, err := order.Parse("test", []byte(Letter))
	if err != nil {
		b.Fatal(err)
	}
	if err := app.Import(b.Context(), people()); err != nil {
		b.Fatal(err)
	}
	if err := app.AdoptOrders(b.Context(), []*order.Order{letter}); err != nil {
		b.Fatal(err)
	}
	return app
}

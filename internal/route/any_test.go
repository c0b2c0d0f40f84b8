package route_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/route"
)

// A switchboard opens the services that it names, and knows no others.
type switchboard map[order.Service]order.Access

func (s switchboard) Ask(_ context.Context, q enforce.Question) *enforce.Answer {
	if int(q.Service) >= order.ServiceCount {
		return enforce.Undecided("", "")
	}
	return &enforce.Answer{Access: s[q.Service]}
}

func (s switchboard) AskAll(ctx context.Context, qs []enforce.Question) (all []*enforce.Answer) {
	for _, q := range qs {
		all = append(all, s.Ask(ctx, q))
	}
	return all
}

func (s switchboard) Changes(context.Context) <-chan enforce.Change { return nil }

func (s switchboard) Wait(time.Time) time.Duration { return 0 }

// What could be any service is as open as the least open of them, asked about
// alone or among others.
func TestAnyService(t *testing.T) {
	q := enforce.Question{Login: "teacher1", Service: route.AnyService}
	chat, mail := q, q
	chat.Service, mail.Service = order.Chat, order.Mail
	all := switchboard{}
	for s := range order.Service(order.ServiceCount) {
		all[s] = order.Write
	}
	for _, least := range []order.Access{order.Write, order.Read, order.Closed} {
		all[order.Chat] = least
		d := route.Any{Decider: all}
		if got := d.Ask(t.Context(), q); got.Access != least || got.Unknown {
			t.Errorf("any service is %v where the least open is %v", got, least)
		}
		got := d.AskAll(t.Context(), []enforce.Question{mail, q, chat, q})
		for i, want := range []order.Access{order.Write, least, least, least} {
			if len(got) != 4 || got[i].Access != want || got[i].Unknown {
				t.Fatalf("question %d of %d is answered %v, want %v", i, len(got), got, want)
			}
		}
		if got := d.AskAll(t.Context(), []enforce.Question{mail, chat}); len(got) != 2 || got[1].Access != least {
			t.Errorf("two services are answered %v", got)
		}
	}
}

// What an address costs is bounded: nobody can make the gate work for
// milliseconds with a line of text. Allocations do not depend on the machine.
func TestReadingsCostLittle(t *testing.T) {
	several := compile(t, "open", config.Route{Path: "/messaging/**"}, config.Route{Path: "/chat/**", Service: "chat"})
	for name, c := range map[string]struct {
		table  *route.Table
		target string
		most   float64
	}{
		"many ways to read":            {several, strings.Repeat("/a.%2f;%5c", 22), 100},
		"strictest at the second look": {compile(t, "messaging"), "/a;b//c%2f..;/d%5ce", 12},
	} {
		r := route.Request{Host: "h", Method: "POST", Target: c.target}
		if cost := testing.AllocsPerRun(20, func() { c.table.Match(r) }); cost > c.most {
			t.Errorf("%s: looking an address of %d bytes up takes %.0f allocations, want at most %.0f", name, len(c.target), cost, c.most)
		}
	}
}

package envoy_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"time"

	authv3 "github.com/envoyproxy/go-control-plane/envoy/service/auth/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/identity"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/route"
	"github.com/ecluse-ecole/ecluse/internal/wire/envoy"
)

// constant decides at once, so that what is measured is the wire.
type constant struct{ *enforce.Answer }

func (c constant) Ask(context.Context, enforce.Question) *enforce.Answer { return c.Answer }
func (c constant) AskAll(_ context.Context, qs []enforce.Question) []*enforce.Answer {
	return make([]*enforce.Answer, len(qs))
}
func (constant) Changes(context.Context) <-chan enforce.Change { return nil }
func (constant) Wait(time.Time) time.Duration                  { return 0 }

func options(b *testing.B, a *enforce.Answer) envoy.Options {
	who, err := identity.New(config.Identity{Header: "X-Ecluse-User"}, func(*http.Request) bool { return true })
	if err != nil {
		b.Fatal(err)
	}
	table, err := route.Compile([]config.Route{{Path: "/messagerie/**"}}, "")
	if err != nil {
		b.Fatal(err)
	}
	return envoy.Options{
		Answers: func(*http.Request) (enforce.Decider, error) { return constant{a}, nil },
		Who:     who, Table: table, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
}

// browser is what a browser sends along.
func browser() *authv3.CheckRequest {
	return question("GET", "/messagerie/inbox?page=2", "x-ecluse-user", "teacher1", "accept", "application/json", "accept-encoding", "gzip, br",
		"accept-language", "fr-FR,fr;q=0.9", "cookie", "session=0123456789abcdef0123456789abcdef", "referer", "https://ent.example/messagerie/",
		"user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0", "x-forwarded-for", "192.0.2.1", "x-request-id", "1")
}

func BenchmarkCheck(b *testing.B) {
	for name, a := range map[string]*enforce.Answer{"pass": {Access: order.Write}, "refuse": {}} {
		b.Run(name, func(b *testing.B) {
			server, r := envoy.New(options(b, a)), browser()
			b.ReportAllocs()
			for b.Loop() {
				if _, err := server.Check(b.Context(), r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkOverTheWire is a question with gRPC and loopback, many at once as Envoy
// asks; beside it a service that answers without looking.
func BenchmarkOverTheWire(b *testing.B) {
	o := options(b, &enforce.Answer{Access: order.Write})
	for name, conn := range map[string]*grpc.ClientConn{"check": serve(b, o), "nothing": serveNothing(b)} {
		b.Run(name, func(b *testing.B) {
			client, r := authv3.NewAuthorizationClient(conn), browser()
			b.ReportAllocs()
			b.SetParallelism(16)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if _, err := client.Check(context.Background(), r); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}

// nothing lets everything pass.
type nothing struct {
	authv3.UnimplementedAuthorizationServer
}

func (nothing) Check(context.Context, *authv3.CheckRequest) (*authv3.CheckResponse, error) {
	return &authv3.CheckResponse{}, nil
}

func serveNothing(b *testing.B) *grpc.ClientConn {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	server := grpc.NewServer(grpc.NumStreamWorkers(4))
	authv3.RegisterAuthorizationServer(server, nothing{})
	go server.Serve(l)
	b.Cleanup(server.Stop)
	conn, err := grpc.NewClient(l.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { conn.Close() })
	return conn
}

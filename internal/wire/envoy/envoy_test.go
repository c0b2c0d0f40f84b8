package envoy_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	authv3 "github.com/envoyproxy/go-control-plane/envoy/service/auth/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/identity"
	"github.com/ecluse-ecole/ecluse/internal/metric"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/route"
	"github.com/ecluse-ecole/ecluse/internal/wire"
	"github.com/ecluse-ecole/ecluse/internal/wire/envoy"
	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
)

// A gate is the real server on loopback with the client that Envoy's own
// protocol is generated for.
type gate struct {
	*wiretest.World
	conn *grpc.ClientConn
}

func newGate(t *testing.T, at string, desk func(*wiretest.World) *wire.Desk, orders ...string) *gate {
	t.Helper()
	w := wiretest.New(t, at, orders...)
	d := desk(w)
	table, err := route.Compile([]config.Route{{Path: "/messagerie/**"}, {Path: "/mail/**", Service: "mail", Refusal: "html"}}, "")
	if err != nil {
		t.Fatal(err)
	}
	who, err := identity.New(config.Identity{Header: "X-Ecluse-User"}, d.Believes)
	if err != nil {
		t.Fatal(err)
	}
	return &gate{World: w, conn: serve(t, envoy.Options{
		Answers: envoy.ByDesk(d), Who: who, Table: table, Spread: time.Minute, Metric: metric.New(), Log: w.Log,
	})}
}

// serve runs a server until the test ends.
func serve(t testing.TB, o envoy.Options) *grpc.ClientConn {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- envoy.New(o).Serve(ctx, l) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	conn, err := grpc.NewClient(l.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func trusting(w *wiretest.World) *wire.Desk { return w.Desk }

// strict trusts nobody without a token.
func strict(w *wiretest.World) *wire.Desk { return wire.NewDesk(w.App, []netip.Prefix{}) }

// question is a request as Envoy sends it, with pairs of header and value.
func question(method, path string, headers ...string) *authv3.CheckRequest {
	asked := &authv3.AttributeContext_HttpRequest{
		Method: method, Path: path, Host: "ent.example", Protocol: "HTTP/2",
		Headers: map[string]string{":method": method, ":path": path, ":authority": "ent.example"},
	}
	for i := 0; i < len(headers); i += 2 {
		asked.Headers[headers[i]] = headers[i+1]
	}
	return &authv3.CheckRequest{Attributes: &authv3.AttributeContext{Request: &authv3.AttributeContext_Request{Http: asked}}}
}

// raw is the same with encode_raw_headers, which keeps what came twice apart.
func raw(method, path string, headers ...string) *authv3.CheckRequest {
	r := question(method, path)
	asked := r.Attributes.Request.Http
	asked.Headers, asked.HeaderMap = nil, &corev3.HeaderMap{Headers: []*corev3.HeaderValue{{Key: ":path", RawValue: []byte(path)}}}
	for i := 0; i < len(headers); i += 2 {
		asked.HeaderMap.Headers = append(asked.HeaderMap.Headers, &corev3.HeaderValue{Key: headers[i], RawValue: []byte(headers[i+1])})
	}
	return r
}

func (g *gate) check(r *authv3.CheckRequest, token ...string) (*authv3.CheckResponse, error) {
	ctx := g.Context()
	for _, one := range token {
		ctx = metadata.AppendToOutgoingContext(ctx, "x-ecluse-point", one)
	}
	return authv3.NewAuthorizationClient(g.conn).Check(ctx, r)
}

// code is what a client is answered: 200 where the request goes on.
func (g *gate) code(r *authv3.CheckRequest, token ...string) int {
	g.Helper()
	answer, err := g.check(r, token...)
	if err != nil {
		g.Fatal(err)
	}
	denied := answer.GetDeniedResponse()
	if (answer.GetStatus().GetCode() == int32(codes.OK)) != (denied == nil) {
		g.Errorf("status %d with %v", answer.GetStatus().GetCode(), denied)
	}
	if denied != nil {
		return int(denied.GetStatus().GetCode())
	}
	return http.StatusOK
}

func (g *gate) want(code int, r *authv3.CheckRequest) {
	g.Helper()
	if got := g.code(r); got != code {
		g.Errorf("%s %s: %d, want %d", r.Attributes.Request.Http.Method, r.Attributes.Request.Http.Path, got, code)
	}
}

func headers(list []*corev3.HeaderValueOption) map[string]string {
	all := map[string]string{}
	for _, h := range list {
		all[h.Header.Key] += h.Header.Value
	}
	return all
}

func TestClosesAtTheSecondAndReopens(t *testing.T) {
	g := newGate(t, "2024-04-02T18:59:59", trusting, wiretest.Letter)
	teacher := question("POST", "/messagerie/send?to=1", "x-ecluse-user", wiretest.Teacher)
	g.want(200, teacher)
	g.want(403, question("GET", "/messagerie/", "x-ecluse-user", wiretest.Pupil))
	g.want(200, question("GET", "/agenda", "x-ecluse-user", wiretest.Pupil))
	g.want(200, question("GET", "/agenda"))
	g.want(401, question("GET", "/messagerie/"))
	g.want(503, question("GET", "/messagerie/", "x-ecluse-user", enforce.SelfTest))
	g.want(503, question("GET", "/messagerie/", "x-ecluse-user", "nobody"))
	g.At("2024-04-02T19:00")
	g.want(403, teacher)
	g.At("2024-04-03T07:00")
	g.want(200, teacher)
}

func TestWhatPassesSaysWhatWasDecided(t *testing.T) {
	g := newGate(t, "2024-04-02T18:59:59", trusting, wiretest.Letter)
	answer, err := g.check(question("GET", "/messagerie/", "x-ecluse-user", wiretest.Teacher, "x-ecluse-access", "made up", "x-ecluse-point", "made up"))
	if err != nil {
		t.Fatal(err)
	}
	set := headers(answer.GetOkResponse().GetHeaders())
	if set["x-ecluse-user"] != wiretest.Teacher || set["x-ecluse-access"] != "write" || set["x-ecluse-until"] != "2024-04-02T19:00:00+02:00" {
		t.Errorf("set %v", set)
	}
	if got := fmt.Sprint(answer.GetOkResponse().GetHeadersToRemove()); got != "[x-ecluse-point]" {
		t.Errorf("removed %s", got)
	}
	answer, err = g.check(question("GET", "/agenda", "x-ecluse-access", "made up"))
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(answer.GetOkResponse().GetHeadersToRemove()); got != "[x-ecluse-point x-ecluse-user x-ecluse-access x-ecluse-until]" {
		t.Errorf("removed %s", got)
	}
}

func TestRefusal(t *testing.T) {
	g := newGate(t, "2024-04-02T19:00", trusting, wiretest.Letter)
	answer, err := g.check(question("GET", "/messagerie/", "x-ecluse-user", wiretest.Teacher))
	if err != nil {
		t.Fatal(err)
	}
	denied := answer.GetDeniedResponse()
	set := headers(denied.GetHeaders())
	if set["x-ecluse-reopens"] != "2024-04-03T07:00:00+02:00" || set["x-ecluse-order"] != "FR/13/079/2024-0002" || set["content-type"] != "application/json" {
		t.Errorf("headers %v", set)
	}
	var retry int
	if _, err := fmt.Sscan(set["retry-after"], &retry); err != nil || retry < 12*3600 || retry > 12*3600+60 {
		t.Errorf("Retry-After: %q", set["retry-after"])
	}
	if _, found := set["content-length"]; found {
		t.Error("the length is told twice")
	}
	if !strings.Contains(denied.GetBody(), `"access":"closed"`) || answer.GetStatus().GetCode() != int32(codes.PermissionDenied) {
		t.Errorf("%d %s", answer.GetStatus().GetCode(), denied.GetBody())
	}
	answer, err = g.check(question("GET", "/messagerie/", "x-ecluse-user", wiretest.Teacher, "accept", "text/html", "accept-language", "en"))
	if err != nil {
		t.Fatal(err)
	}
	if body := answer.GetDeniedResponse().GetBody(); !strings.Contains(body, "Messaging is closed for now") || !strings.Contains(body, "3018") {
		t.Errorf("the page: %s", body)
	}
	answer, _ = g.check(question("GET", "/messagerie/"))
	if answer.GetStatus().GetCode() != int32(codes.Unauthenticated) {
		t.Errorf("nobody: %d", answer.GetStatus().GetCode())
	}
}

func TestReadOnly(t *testing.T) {
	g := newGate(t, "2024-04-02T20:00", trusting, strings.Replace(wiretest.Letter, `19:00; PH off"`, `19:00; PH off", outside: read`, 1))
	as := []string{"x-ecluse-user", wiretest.Teacher}
	g.want(200, question("GET", "/messagerie/1", as...))
	g.want(403, question("POST", "/messagerie/1", as...))
	g.want(403, question("GET", "/messagerie/1?_method=POST", as...))
	for _, name := range []string{"x-http-method-override", "x_http_method_override", "x-method-override", "x-http-method", "x-http_method"} {
		g.want(403, question("GET", "/messagerie/1", append(as, name, "POST")...))
		g.want(403, raw("GET", "/messagerie/1", append(as, name, "POST")...))
	}
}

func TestOnlyPointsAreAnswered(t *testing.T) {
	g := newGate(t, wiretest.Noon, strict, wiretest.Letter)
	token := g.Point("envoy")
	r := question("GET", "/messagerie/", "x-ecluse-user", wiretest.Teacher)
	if got := g.code(r, token); got != 200 {
		t.Errorf("with its token: %d", got)
	}
	for name, asked := range map[string]struct {
		r      *authv3.CheckRequest
		tokens []string
	}{
		"no token":               {r, nil},
		"another token":          {r, []string{"made up"}},
		"two tokens":             {r, []string{"made up", token}},
		"the client's token":     {question("GET", "/messagerie/", "x-ecluse-user", wiretest.Teacher, "x-ecluse-point", token), nil},
		"an open page":           {question("GET", "/agenda"), nil},
		"nothing that was asked": {&authv3.CheckRequest{}, nil},
	} {
		if _, err := g.check(asked.r, asked.tokens...); status.Code(err) != codes.Unauthenticated {
			t.Errorf("%s: %v, want Unauthenticated", name, err)
		}
	}
	if _, err := g.check(&authv3.CheckRequest{}, token); status.Code(err) != codes.InvalidArgument {
		t.Errorf("an empty question: %v", err)
	}
	// A client's token does not stand in for the point's.
	if got := g.code(question("GET", "/messagerie/", "x-ecluse-user", wiretest.Pupil, "x-ecluse-point", "made up"), token); got != 403 {
		t.Errorf("a client's token changed the answer: %d", got)
	}
}

func TestNamesThatCannotBeBelieved(t *testing.T) {
	g := newGate(t, wiretest.Noon, trusting, wiretest.Letter)
	g.want(200, raw("GET", "/messagerie/", "x-ecluse-user", wiretest.Teacher))
	g.want(403, raw("GET", "/messagerie/", "x-ecluse-user", wiretest.Teacher, "x-ecluse-user", wiretest.Pupil))
	g.want(403, question("GET", "/messagerie/", "x-ecluse-user", wiretest.Teacher+","+wiretest.Pupil))
	g.want(401, raw("GET", "/messagerie/", "x_ecluse_user", wiretest.Teacher))
}

func TestNoAddressIsSmuggled(t *testing.T) {
	g := newGate(t, wiretest.Noon, trusting, wiretest.Letter)
	for _, path := range []string{
		"//messagerie/", "/x/../messagerie/", "/x/%2e%2e/messagerie/", "/%6dessagerie/", "/MESSAGERIE/", "/%2fmessagerie/", "/%252fmessagerie/", "/x/..;/messagerie/",
		`/\messagerie/`, "/messagerie%00/", "/messagerie;a=b/", "http://ent.example/messagerie/", "http://other.example/messagerie/", "/x#/../messagerie/", "", "*", "/%",
	} {
		g.want(403, question("GET", path, "x-ecluse-user", wiretest.Pupil))
		g.want(401, question("GET", path))
	}
}

func TestTooLargeIsRefused(t *testing.T) {
	g := newGate(t, wiretest.Noon, trusting, wiretest.Letter)
	_, err := g.check(question("GET", "/messagerie/", "x-ecluse-user", wiretest.Teacher, "x-long", strings.Repeat("a", 300<<10)))
	if status.Code(err) != codes.ResourceExhausted {
		t.Errorf("%v, want ResourceExhausted", err)
	}
	g.want(200, question("GET", "/messagerie/", "x-ecluse-user", wiretest.Teacher))
}

func TestHealth(t *testing.T) {
	g := newGate(t, wiretest.Noon, trusting)
	got, err := healthv1.NewHealthClient(g.conn).Check(g.Context(), &healthv1.HealthCheckRequest{})
	if err != nil || got.Status != healthv1.HealthCheckResponse_SERVING {
		t.Errorf("%v %v", got, err)
	}
}

// hung never answers within a question's time.
type hung struct{ panics bool }

func (h hung) Ask(ctx context.Context, _ enforce.Question) *enforce.Answer {
	if h.panics {
		panic("a fault of ours")
	}
	<-ctx.Done()
	return enforce.Undecided("", "")
}

func (h hung) AskAll(ctx context.Context, qs []enforce.Question) []*enforce.Answer {
	return []*enforce.Answer{h.Ask(ctx, qs[0])}
}
func (hung) Changes(context.Context) <-chan enforce.Change { return nil }
func (hung) Wait(time.Time) time.Duration                  { return 0 }

func TestFaultsClose(t *testing.T) {
	who, err := identity.New(config.Identity{Header: "X-Ecluse-User"}, func(*http.Request) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	table, _ := route.Compile(nil, "")
	for _, h := range []hung{{}, {panics: true}} {
		client := authv3.NewAuthorizationClient(serve(t, envoy.Options{
			Answers: func(*http.Request) (enforce.Decider, error) { return h, nil },
			Who:     who, Table: table, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		}))
		began := time.Now()
		answer, err := client.Check(t.Context(), question("GET", "/", "x-ecluse-user", "a"))
		if took := time.Since(began); took > 4*time.Second {
			t.Errorf("it took %v", took)
		}
		if answer.GetOkResponse() != nil || h.panics != (status.Code(err) == codes.Internal) {
			t.Errorf("%v %v", answer, err)
		}
	}
}

func TestExplain(t *testing.T) {
	until := time.Date(2024, 4, 2, 17, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		a    *enforce.Answer
		want []string
	}{
		{&enforce.Answer{Access: order.Write, Until: until}, []string{"message.send: OK, x-ecluse-access: write, x-ecluse-until: 2024-04-02T17:00:00Z."}},
		{&enforce.Answer{Access: order.Read, Opens: [...]time.Time{order.Write: until}}, []string{"message.read: OK, x-ecluse-access: read.", "message.send: PERMISSION_DENIED with status 403, Retry-After, x-ecluse-reopens: 2024-04-02T17:00:00Z"}},
		{&enforce.Answer{}, []string{"session.open: PERMISSION_DENIED with status 403.\n"}},
		{enforce.Undecided("", ""), []string{"status 503"}},
	} {
		text := envoy.Explain(c.a)
		for _, want := range c.want {
			if !strings.Contains(text, want) {
				t.Errorf("%q does not hold %q", text, want)
			}
		}
	}
}

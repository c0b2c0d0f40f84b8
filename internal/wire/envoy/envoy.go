// Package envoy answers Envoy's external authorization filter over gRPC:
// envoy.service.auth.v3.Authorization/Check. The same filter over HTTP asks the
// forward package; both give the same answers.
//
// What it promises:
//
//   - Only a point is answered: one call's metadata holds its token in
//     x-ecluse-point, or the connection comes from a trusted network. Anybody else
//     gets the error Unauthenticated, which closes (failure_mode_allow: false).
//   - A client's own x-ecluse-point never counts as the point's.
//   - The address is matched as it stands in the question. A header that came
//     twice, joined or not, is no name.
//   - 401 is nobody, 403 a refusal, 503 what could not be decided; each with the
//     notice in the client's own format, Retry-After and the reopening.
//   - What passes carries x-ecluse-user, x-ecluse-access and x-ecluse-until as
//     decided here, in place of a client's.
//   - A question is at most 256 kB and is answered, or refused, within two seconds.
//
// It cuts nothing: Envoy asks once, when a stream begins. max_stream_duration in
// integrations/envoy bounds how long a stream can outlive a closing; what must be
// cut at the second stands behind `ecluse proxy`.
//
// A Server lives until the context of Serve ends.
package envoy

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"time"

	authv3 "github.com/envoyproxy/go-control-plane/envoy/service/auth/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/status"

	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/identity"
	"github.com/ecluse-ecole/ecluse/internal/metric"
	"github.com/ecluse-ecole/ecluse/internal/route"
	"github.com/ecluse-ecole/ecluse/internal/wire"
)

// Options are what a Server is made of. Metric may be nil.
type Options struct {
	// Answers is who answers a question, told by a request that holds the point's
	// address and token alone; an error where it comes from no point. ByDesk is one.
	Answers func(*http.Request) (enforce.Decider, error)
	Who     *identity.Chain // believes the identity header of points
	Table   *route.Table
	Spread  time.Duration // clients return over this long after a reopening
	Metric  *metric.Set
	Log     *slog.Logger
}

// ByDesk has a desk answer its points.
func ByDesk(desk *wire.Desk) func(*http.Request) (enforce.Decider, error) {
	return func(r *http.Request) (enforce.Decider, error) {
		answerer, err := desk.ByHeader(r, "envoy")
		if err != nil {
			return nil, err // an Answerer that is nil would be a Decider that is not
		}
		return answerer, nil
	}
}

// A Server answers Envoy.
type Server struct {
	authv3.UnimplementedAuthorizationServer
	Options
	point  *metric.Point
	porter wire.Porter
}

// New returns a server.
func New(o Options) *Server {
	return &Server{Options: o, point: o.Metric.Point("envoy"), porter: wire.Porter{Who: o.Who, Log: o.Log}}
}

// Bounds of what one Envoy may ask.
const (
	largestQuestion = 256 << 10
	mostAtOnce      = 1000 // questions on one connection
	answerTime      = 2 * time.Second
	drain           = 2 * time.Second
)

// Serve answers on a listener until the context ends; questions under way are
// then answered for a moment longer.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	server := grpc.NewServer(
		grpc.MaxRecvMsgSize(largestQuestion), grpc.MaxConcurrentStreams(mostAtOnce), grpc.ConnectionTimeout(5*time.Second),
		grpc.NumStreamWorkers(uint32(2*runtime.NumCPU())), grpc.UnaryInterceptor(s.contain),
		grpc.KeepaliveParams(keepalive.ServerParameters{Time: 30 * time.Second, Timeout: 10 * time.Second}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 5 * time.Second, PermitWithoutStream: true}),
	)
	authv3.RegisterAuthorizationServer(server, s)
	healthv1.RegisterHealthServer(server, health.NewServer())
	stopped := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(stopped)
		late := time.AfterFunc(drain, server.Stop)
		defer late.Stop()
		server.GracefulStop()
	})
	err := server.Serve(l)
	if !stop() {
		<-stopped
		return nil
	}
	if errors.Is(err, grpc.ErrServerStopped) {
		return nil
	}
	return fmt.Errorf("serving Envoy: %w", err)
}

// contain turns a fault of ours into an error, which closes, and bounds the time.
func (s *Server) contain(ctx context.Context, r any, _ *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (_ any, err error) {
	defer func() {
		if p := recover(); p != nil {
			s.Log.Error("answering Envoy", "panic", p)
			err = status.Error(codes.Internal, "the question could not be answered")
		}
	}()
	ctx, done := context.WithTimeout(ctx, answerTime)
	defer done()
	return handle(ctx, r)
}

// Check answers one question.
func (s *Server) Check(ctx context.Context, r *authv3.CheckRequest) (*authv3.CheckResponse, error) {
	began := time.Now()
	asked := r.GetAttributes().GetRequest().GetHttp()
	point := pointOf(ctx)
	decider, err := s.Answers(point)
	if err != nil {
		return nil, status.Error(codes.Unauthenticated, "this is no enforcement point: set x-ecluse-point in initial_metadata, or trust this network")
	}
	if asked == nil {
		return nil, status.Error(codes.InvalidArgument, "the question holds no HTTP request: use envoy.filters.http.ext_authz")
	}
	q := question{s: s, decider: decider, r: requestOf(point, asked)}
	q.target = s.Table.Match(route.Request{Host: asked.GetHost(), Method: asked.GetMethod(), Target: asked.GetPath(), Overridden: overridden(q.r.Header)})
	v := s.porter.Judge(q.r.WithContext(ctx), q.target, decider)
	s.point.Decided(began, v.Answer, q.target.Action)
	if v.Status == http.StatusOK {
		return pass(v.Login, v.Answer), nil
	}
	return q.refuse(v.Answer, v.Status), nil
}

// A question is one request that Envoy asks about.
type question struct {
	s       *Server
	decider enforce.Decider
	r       *http.Request // the client's, from the point
	target  route.Target
}

// refuse tells why.
func (q *question) refuse(a *enforce.Answer, code int) *authv3.CheckResponse {
	f := wire.Refusal{Answer: a, Action: q.target.Action, Status: code, Spread: q.s.Spread, Format: q.target.Refusal}
	if reopens := a.Reopens(f.Action); !reopens.IsZero() {
		f.Wait = q.decider.Wait(reopens)
	}
	told := recorder{header: http.Header{}}
	f.Write(&told, q.r)
	return told.denied()
}

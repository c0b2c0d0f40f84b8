package envoy

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	authv3 "github.com/envoyproxy/go-control-plane/envoy/service/auth/v3"
	typev3 "github.com/envoyproxy/go-control-plane/envoy/type/v3"
	rpcstatus "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"

	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/route"
	"github.com/ecluse-ecole/ecluse/internal/wire"
)

// pointOf is what the call itself says of who asks: its address and its token.
// Two tokens are as good as a wrong one.
func pointOf(ctx context.Context) *http.Request {
	r := &http.Request{Header: http.Header{}}
	if p, found := peer.FromContext(ctx); found {
		r.RemoteAddr = p.Addr.String()
	}
	m, _ := metadata.FromIncomingContext(ctx)
	if tokens := m.Get(wire.TokenHeader); len(tokens) > 0 {
		r.Header.Set(wire.TokenHeader, strings.Join(tokens, ","))
	}
	return r
}

// requestOf is the client's request as it came to the point: with the client's
// headers, but the point's own token and address.
func requestOf(point *http.Request, asked *authv3.AttributeContext_HttpRequest) *http.Request {
	r := &http.Request{
		Method: asked.GetMethod(), Host: asked.GetHost(), Header: headersOf(asked), RemoteAddr: point.RemoteAddr, URL: &url.URL{},
	}
	delete(r.Header, wire.TokenHeader)
	if token := point.Header.Get(wire.TokenHeader); token != "" {
		r.Header.Set(wire.TokenHeader, token)
	}
	r.URL.Path, r.URL.RawQuery, _ = strings.Cut(asked.GetPath(), "?")
	return r
}

// headersOf are the client's headers, from whichever form Envoy is set to send;
// names that begin with a colon are no headers.
func headersOf(asked *authv3.AttributeContext_HttpRequest) http.Header {
	h := make(http.Header, len(asked.GetHeaders())+len(asked.GetHeaderMap().GetHeaders()))
	for name, value := range asked.GetHeaders() {
		if !strings.HasPrefix(name, ":") {
			h.Add(name, value)
		}
	}
	for _, one := range asked.GetHeaderMap().GetHeaders() {
		if strings.HasPrefix(one.GetKey(), ":") {
			continue
		}
		value := one.GetValue()
		if raw := one.GetRawValue(); len(raw) > 0 {
			value = string(raw)
		}
		h.Add(one.GetKey(), value)
	}
	return h
}

// overridden reports whether a client asks to be taken for another method, also
// to applications that take "_" for "-".
func overridden(h http.Header) bool {
	for name := range h {
		if strings.HasPrefix(name, "X") && slices.Contains(route.OverrideHeaders(), http.CanonicalHeaderKey(strings.ReplaceAll(name, "_", "-"))) {
			return true
		}
	}
	return false
}

// The headers that are Écluse's own.
const (
	userHeader   = "x-ecluse-user"
	accessHeader = "x-ecluse-access"
	untilHeader  = "x-ecluse-until"
)

// pass lets a request through, with what was decided in place of what a client
// may have written there.
func pass(login string, a *enforce.Answer) *authv3.CheckResponse {
	ok := &authv3.OkHttpResponse{HeadersToRemove: []string{strings.ToLower(wire.TokenHeader)}}
	for _, h := range [...]struct{ name, value string }{{userHeader, login}, {accessHeader, accessFor(login, a)}, {untilHeader, untilFor(login, a)}} {
		if h.value == "" {
			ok.HeadersToRemove = append(ok.HeadersToRemove, h.name)
			continue
		}
		ok.Headers = append(ok.Headers, header(h.name, h.value, false))
	}
	return &authv3.CheckResponse{
		Status:       &rpcstatus.Status{Code: int32(codes.OK)},
		HttpResponse: &authv3.CheckResponse_OkResponse{OkResponse: ok},
	}
}

// accessFor is nothing where nobody was asked about.
func accessFor(login string, a *enforce.Answer) string {
	if login == "" {
		return ""
	}
	return a.Access.String()
}

func untilFor(login string, a *enforce.Answer) string {
	if login == "" || a.Until.IsZero() {
		return ""
	}
	return a.Until.Format(time.RFC3339)
}

func header(name, value string, further bool) *corev3.HeaderValueOption {
	action := corev3.HeaderValueOption_OVERWRITE_IF_EXISTS_OR_ADD
	if further {
		action = corev3.HeaderValueOption_APPEND_IF_EXISTS_OR_ADD
	}
	return &corev3.HeaderValueOption{Header: &corev3.HeaderValue{Key: name, Value: value}, AppendAction: action}
}

// A recorder keeps a refusal until it can be put into a message.
type recorder struct {
	header http.Header
	status int
	body   []byte
}

// Header is what is told beside the body.
func (r *recorder) Header() http.Header { return r.header }

// WriteHeader keeps the status.
func (r *recorder) WriteHeader(status int) { r.status = status }

// Write keeps the body.
func (r *recorder) Write(p []byte) (int, error) {
	r.body = append(r.body, p...)
	return len(p), nil
}

// denied is the refusal as Envoy passes it on; how long it is Envoy says itself.
func (r *recorder) denied() *authv3.CheckResponse {
	denied := &authv3.DeniedHttpResponse{
		Status: &typev3.HttpStatus{Code: typev3.StatusCode(r.status)}, Body: string(r.body),
	}
	for name, values := range r.header {
		if name == "Content-Length" {
			continue
		}
		for i, value := range values {
			denied.Headers = append(denied.Headers, header(strings.ToLower(name), value, i > 0))
		}
	}
	code := codes.PermissionDenied
	if r.status == http.StatusUnauthorized {
		code = codes.Unauthenticated
	}
	return &authv3.CheckResponse{
		Status:       &rpcstatus.Status{Code: int32(code)},
		HttpResponse: &authv3.CheckResponse_DeniedResponse{DeniedResponse: denied},
	}
}

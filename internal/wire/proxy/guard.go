package proxy

import (
	"bufio"
	"net"
	"net/http"
	"net/http/httputil"
	"net/textproto"
	"net/url"
	"strings"
)

// unfit is why a request cannot be passed on so that the application receives
// what the routes saw; nil if it can.
func unfit(r *http.Request) *saying {
	switch {
	case r.Method == http.MethodConnect || r.Method == http.MethodTrace:
		return noMethod
	case r.Host == "" || r.Header["Host"] != nil && !sameHost(r):
		return noHost
	case !plainTarget(r):
		return noTarget
	case !plainConnection(r.Header["Connection"]):
		return noConnection
	case r.Header["Upgrade"] != nil:
		return unfitUpgrade(r)
	}
	return nil
}

// unfitUpgrade is why a request cannot be passed on as one for a web socket. For
// any other protocol it would be a tunnel that nobody looks into; who asks for one
// may be answered without it (RFC 9110, section 7.8).
func unfitUpgrade(r *http.Request) *saying {
	if !websocket(r) {
		delete(r.Header, "Upgrade")
		delete(r.Header, "Http2-Settings")
		delete(r.Header, "Connection")
		return nil
	}
	if r.ContentLength != 0 {
		return noTarget
	}
	return nil
}

// sameHost reports whether a Host beside the :authority of HTTP/2 says the same
// (RFC 9113, section 8.3.1).
func sameHost(r *http.Request) bool {
	return len(r.Header["Host"]) == 1 && strings.EqualFold(r.Header["Host"][0], r.Host)
}

// plainTarget reports whether the target is a path that can be passed on as it
// came. In HTTP/2 it is a field of its own and may hold what a request line of
// HTTP/1.1 may not.
func plainTarget(r *http.Request) bool {
	target := r.RequestURI
	if target == "" || target[0] != '/' {
		return false
	}
	for i := range len(target) {
		if c := target[i]; c <= ' ' || c == 0x7f || c == '#' {
			return false
		}
	}
	path, _, _ := strings.Cut(target, "?")
	return !strings.HasPrefix(path, "//") || r.URL.EscapedPath() == path
}

// plainConnection reports whether Connection names only what belongs to the
// connection: naming another field has it taken off on the way, and the
// application would see less than was decided on.
func plainConnection(values []string) bool {
	for _, value := range values {
		for option := range strings.SplitSeq(value, ",") {
			switch strings.ToLower(textproto.TrimString(option)) {
			case "", "close", "keep-alive", "upgrade", "te", "http2-settings", "proxy-connection":
			default:
				return false
			}
		}
	}
	return true
}

// websocket reports whether a request asks for a web socket and nothing else.
func websocket(r *http.Request) bool {
	up := r.Header["Upgrade"]
	return len(up) == 1 && strings.EqualFold(up[0], "websocket") && r.Method == http.MethodGet && r.ProtoMajor == 1 && r.ProtoMinor == 1
}

// readdressed are headers by which some applications and frameworks take a
// request for one to another address, host or client.
var readdressed = map[string]bool{
	"Forwarded": true, "X-Real-Ip": true, "X-Client-Ip": true, "True-Client-Ip": true, "X-Original-Url": true, "X-Original-Uri": true,
	"X-Original-Host": true, "X-Original-Method": true, "X-Rewrite-Url": true, "X-Host": true, "X-Http-Host-Override": true,
	"X-Url-Scheme": true, "Front-End-Https": true, "Proxy": true,
}

// clean takes off what only servers in front may say. A "_" in a name is a "-" to
// many applications, so that names with one are taken off too, as nginx does.
func (p *Proxy) clean(h http.Header, trusted bool) {
	for name := range h {
		switch {
		case name == p.Header: // rewrite looks after it, once it has told who is asking
		case strings.IndexByte(name, '_') >= 0, strings.HasPrefix(name, "X-Ecluse-"):
			delete(h, name)
		case !trusted && (readdressed[name] || strings.HasPrefix(name, "X-Forwarded-")):
			delete(h, name)
		}
	}
}

// rewrite makes what the application receives: the same target and host, who is
// asking, and from where.
func (p *Proxy) rewrite(pr *httputil.ProxyRequest) {
	in, out := pr.In, pr.Out
	path, _, _ := strings.Cut(in.RequestURI, "?")
	out.URL = &url.URL{Scheme: p.Backend.Scheme, Host: p.Backend.Host, RawQuery: in.URL.RawQuery, ForceQuery: in.URL.ForceQuery}
	if strings.HasPrefix(path, "//") { // see plainTarget; an opaque one would be taken for another form
		out.URL.Path, out.URL.RawPath = in.URL.Path, in.URL.RawPath
	} else {
		out.URL.Opaque = path
	}
	out.Host = in.Host
	x := exchangeOf(in)
	x.identify(out.Header)
	if x.trusted {
		out.Header["X-Forwarded-For"] = in.Header["X-Forwarded-For"]
	}
	pr.SetXForwarded()
	if !x.trusted {
		return
	}
	for _, name := range []string{"Forwarded", "X-Forwarded-Proto", "X-Forwarded-Host"} {
		if in.Header[name] != nil {
			out.Header[name] = in.Header[name]
		}
	}
}

// forwarded reports whether a field tells where a request comes from, and so is
// written anew.
func forwarded(name string) bool {
	switch name {
	case "Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto":
		return true
	}
	return false
}

// writeForwarded writes where the request comes from.
func (x *exchange) writeForwarded(w *bufio.Writer) {
	var before http.Header // what a server in front says
	if x.trusted {
		before = x.r.Header
	}
	if from, _, err := net.SplitHostPort(x.r.RemoteAddr); err == nil {
		for _, earlier := range before["X-Forwarded-For"] {
			from = earlier + ", " + from
		}
		writeField(w, "X-Forwarded-For", from)
	}
	scheme := "http"
	if x.r.TLS != nil {
		scheme = "https"
	}
	writeField(w, "X-Forwarded-Host", first(before["X-Forwarded-Host"], x.r.Host))
	writeField(w, "X-Forwarded-Proto", first(before["X-Forwarded-Proto"], scheme))
	for _, value := range before["Forwarded"] {
		writeField(w, "Forwarded", value)
	}
}

// first is the first of some values, or what holds where there are none.
func first(values []string, none string) string {
	if len(values) > 0 {
		return values[0]
	}
	return none
}

// identity is what the application reads in the identity header: what a server in
// front wrote there, or who was found in another way.
func (x *exchange) identity() string {
	if x.trusted {
		return first(x.r.Header[x.p.Header], x.login)
	}
	return x.login
}

// identify tells the application who is asking, where it believes a header.
func (x *exchange) identify(h http.Header) {
	if x.p.Header == "" {
		return
	}
	delete(h, x.p.Header)
	if value := x.identity(); value != "" {
		h.Set(x.p.Header, value)
	}
}

package route_test

import (
	"strings"
	"testing"

	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/route"
)

func compile(t testing.TB, unmatched string, routes ...config.Route) *route.Table {
	t.Helper()
	table, err := route.Compile(routes, unmatched)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// workspace is the routes of an invented workspace.
func workspace(t testing.TB) *route.Table {
	return compile(t, "",
		config.Route{Path: "/messages/help", Open: true},
		config.Route{Path: "/messages/send", Action: "message.send", School: "0799002F"},
		config.Route{Path: "/messages/**"},
		config.Route{Path: "/rooms/*/typing", Service: "chat", Action: "message.read", Refusal: "matrix"},
		config.Route{Path: "/rooms/**", Service: "chat", Refusal: "matrix"},
		config.Route{Host: "mail.school.example", Path: "/**", Service: "mail"},
		config.Route{Path: "/files/*/comments", Methods: []string{"POST", "GET"}, Service: "chat"},
	)
}

const open = "open"

// what is a target in few words.
func what(t route.Target) string {
	words := []string{open}
	if !t.Open {
		words = []string{t.Service.String(), strings.TrimPrefix(t.Action.String(), "message.")}
	}
	if t.School != "" {
		words = append(words, string(t.School))
	}
	if t.Refusal != "" {
		words = append(words, t.Refusal)
	}
	if t.Ambiguous {
		words = append(words, "ambiguous")
	}
	return strings.Join(words, " ")
}

func TestRoutes(t *testing.T) {
	table := workspace(t)
	for _, c := range []struct{ method, host, target, want string }{
		{"GET", "ent.example", "/", open},
		{"GET", "ent.example", "/calendar?day=2", open},
		{"POST", "ent.example", "/messagesx", open},
		{"GET", "ent.example", "/messages", "messaging read"},
		{"GET", "ent.example", "/messages/", "messaging read"},
		{"HEAD", "ent.example", "/messages/12", "messaging read"},
		{"POST", "ent.example", "/messages/12", "messaging send"},
		{"DELETE", "ent.example", "/messages/12", "messaging send"},
		{"GET", "ent.example", "/messages/help", open},
		{"GET", "ent.example", "/messages/send", "messaging send 0799002F"},
		{"GET", "ent.example", "/Messages/SEND/", "messaging send 0799002F"},
		{"GET", "ent.example", "/messages/send/now", "messaging read"},
		{"PUT", "ent.example", "/rooms/%21abc%3Aschool.example/typing", "chat read matrix"},
		{"PUT", "ent.example", "/rooms/!abc:school.example/typing", "chat read matrix"},
		{"PUT", "ent.example", "/rooms/!abc:school.example/send/m.room.message/1", "chat send matrix"},
		{"GET", "ent.example", "/rooms/%40one%3Aschool.example", "chat read matrix"},
		{"GET", "MAIL.school.example:443", "/inbox", "mail read"},
		{"GET", "mail.school.example.", "/inbox", "mail read"},
		{"GET", "ent.example", "/files/12/comments", "chat read"},
		{"HEAD", "ent.example", "/files/12/comments", "chat read"},
		{"PUT", "ent.example", "/files/12/comments", open},
		{"GET", "ent.example", "http://ent.example/messages", "messaging read"},
		{"GET", "ent.example", "HTTPS://ENT.example:443/messages?x", "messaging read"},
		{"GET", "ent.example", "http://ent.example", open},
	} {
		got := what(table.Match(route.Request{Host: c.host, Method: c.method, Target: c.target}))
		if got != c.want {
			t.Errorf("%s %s%s is %q, want %q", c.method, c.host, c.target, got, c.want)
		}
	}
}

// What may be read in two ways is the strictest of both; what nobody sends is the
// strictest of the table, where services differ: nothing that can be decided.
func TestStrictestReading(t *testing.T) {
	const worst = "(3) send ambiguous"
	table := workspace(t)
	for target, want := range map[string]string{
		"//messages":                         "messaging send ambiguous",
		"/x/../messages/2":                   "messaging send ambiguous",
		"/x/%2e%2e/messages":                 "messaging send ambiguous",
		"/x%2f..%2fmessages":                 "messaging send ambiguous",
		"/x%252f..%252fmessages":             "messaging send ambiguous",
		"/x%5c..%5cmessages":                 "messaging send ambiguous",
		`/x\..\messages`:                     "messaging send ambiguous",
		"/x/..;/messages":                    "messaging send ambiguous",
		"/messages;a=b":                      "messaging send ambiguous",
		"/messages;a=b/2":                    "messaging send ambiguous",
		"/messages%3Fa":                      "messaging send ambiguous",
		"/messages%23a":                      "messaging send ambiguous",
		"/messages.":                         "messaging send ambiguous",
		"/messages%20/1":                     "messaging send ambiguous",
		"/messages/help/../send":             "messaging send ambiguous",
		"/messages/./2":                      "messaging read ambiguous",
		"/calendar;jsessionid=AB12":          "open ambiguous",
		"/wiki/100%25":                       "open",
		"/a//b/%2e/../c":                     "open ambiguous",
		"/rooms/%23class:school.example":     "chat read matrix ambiguous",
		"/messages/..%2Frooms/a":             "(3) read ambiguous",
		"/MESS%41GES":                        "messaging read",
		"/me%C5%BF%C5%BFages":                "messaging read", // the long s is a small S
		"/%EF%BD%8Dessages":                  "messaging read", // a wide m
		"/messages%00":                       worst,
		"/calendar%0a":                       worst,
		"/calendar%zz":                       worst,
		"/calendar%u002fmessages":            worst,
		"/caf%E9":                            worst, // no UTF-8
		"/x%c0%afmessages":                   worst, // an overlong slash
		"/x\uff0fmessages":                   worst,
		"":                                   worst,
		"*":                                  worst,
		"messages":                           worst,
		"http://other.example/messages":      worst,
		"http://a@ent.example/messages":      worst,
		"ftp://ent.example/messages":         worst,
		"/" + strings.Repeat("a", 5000):      worst,
		"/%252e./a;b/..%2f.%5c//;/%255c%3f.": worst, // more readings than are looked up
	} {
		if got := what(table.Match(route.Request{Host: "ent.example", Method: "GET", Target: target})); got != want {
			t.Errorf("%.60s is %q, want %q", target, got, want)
		}
	}
}

// Who asks to be taken for another method sends.
func TestMethodOverride(t *testing.T) {
	table := workspace(t)
	for _, c := range []struct {
		method, target string
		header         bool
		want           string
	}{
		{"GET", "/messages/1", true, "messaging send"},
		{"GET", "/messages/1?_method=POST", false, "messaging send"},
		{"GET", "/messages/1?a=1&%5Fmethod=POST", false, "messaging send"},
		{"GET", "/messages/1?a=1;_METHOD=POST", false, "messaging send"},
		{"GET", "/messages/1?.method=POST", false, "messaging send"},
		{"GET", "/messages/1?+_method[]=POST", false, "messaging send"},
		{"GET", "/messages/1?[method=POST", false, "messaging send"},
		{"GET", "/messages/1?X-HTTP-Method-Override=POST", false, "messaging send"},
		{"GET", "/messages/1?payment_method=card&q=100%", false, "messaging read"},
		{"post", "/messages/1", false, "messaging send"},
		{"", "/messages/1", false, "messaging send"},
		{"PUT", "/files/1/comments", true, "chat send"},
		{"post", "/files/1/comments", false, "chat send"},
		{"GET", "/calendar?_method=POST", true, open},
		{"PUT", "/rooms/a/typing", true, "chat send matrix"},
	} {
		got := what(table.Match(route.Request{Host: "ent.example", Method: c.method, Target: c.target, Overridden: c.header}))
		if got != c.want {
			t.Errorf("%s %s (header: %v) is %q, want %q", c.method, c.target, c.header, got, c.want)
		}
	}
}

func TestUnmatched(t *testing.T) {
	one := config.Route{Path: "/chat/**", Service: "chat"}
	for _, c := range []struct {
		unmatched string
		routes    []config.Route
		want      string
	}{
		{"", nil, "messaging read"},
		{"open", nil, open},
		{"messaging", []config.Route{one}, "messaging read"},
		{"", []config.Route{one}, open},
		{"open", []config.Route{one}, open},
	} {
		got := what(compile(t, c.unmatched, c.routes...).Match(route.Request{Method: "GET", Target: "/elsewhere"}))
		if got != c.want {
			t.Errorf("with %q and %d routes an address that none names is %q, want %q", c.unmatched, len(c.routes), got, c.want)
		}
	}
	if got := compile(t, "open").Match(route.Request{Method: "POST", Target: "/%00"}); !got.Open {
		t.Errorf("where all is open, an odd address is %+v", got)
	}
}

// A host that cannot be read could be any.
func TestHost(t *testing.T) {
	table := compile(t, "", config.Route{Host: "Mail.Example:8443", Path: "/**", Service: "mail"})
	for host, want := range map[string]string{
		"mail.example": "mail read", "www.example": open, "": "mail send ambiguous", "mail.example/": "mail send ambiguous",
		"mail.example, www.example": "mail send ambiguous", "mail.example:x": "mail send ambiguous", "[::1]:80": open,
	} {
		if got := what(table.Match(route.Request{Host: host, Method: "GET", Target: "/"})); got != want {
			t.Errorf("host %q is %q, want %q", host, got, want)
		}
	}
}

func TestCompileRefuses(t *testing.T) {
	for want, routes := range map[string][]config.Route{
		"route 1 (): path is missing":       {{Service: "mail"}},
		"is not a path":                     {{Path: "messages"}},
		"can be read in two ways":           {{Path: "/a//b"}},
		"it begins with /":                  {{Path: "/a%"}},
		"a * inside a part":                 {{Path: "/a*/b"}},
		"stands for a whole part":           {{Path: "/**/b"}},
		"host is not a name":                {{Host: "https://a.example", Path: "/"}},
		"is not a method":                   {{Path: "/", Methods: []string{"post"}}},
		"fax":                               {{Path: "/", Service: "fax"}},
		"is not an action":                  {{Path: "/", Action: "send"}},
		"is not a school code":              {{Path: "/", School: "079"}},
		"is not a way to write a refusal":   {{Path: "/", Refusal: "xml"}},
		"leave them out, or leave open out": {{Path: "/", Open: true, Service: "mail"}},
		"route 2 (/A/b) can never count":    {{Path: "/a/**"}, {Path: "/A/b", Action: "message.send"}},
		"because route 1 (/*/b) takes":      {{Path: "/*/b"}, {Path: "/a/b"}},
		"route 3 (/b) can never count":      {{Path: "/a"}, {Path: "/b", Methods: []string{"GET"}}, {Path: "/b", Methods: []string{"HEAD"}}},
	} {
		_, err := route.Compile(routes, "")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want an error with %q", routes, err, want)
		}
	}
	if _, err := route.Compile(nil, "closed"); err == nil {
		t.Error("unmatched: closed was taken")
	}
	compile(t, "", config.Route{Host: "a.example", Path: "/**"}, config.Route{Path: "/**", Methods: []string{"GET"}}, config.Route{Path: "/a"})
}

func TestOneServiceStaysDecidable(t *testing.T) {
	table := compile(t, "", config.Route{Path: "/mail/**", Service: "mail"})
	got := table.Match(route.Request{Method: "GET", Target: "/%00"})
	if got.Service != order.Mail || got.Action != enforce.SendMessage || !got.Ambiguous {
		t.Errorf("an odd address is %+v, want to send mail", got)
	}
}

func BenchmarkMatch(b *testing.B) {
	table := workspace(b)
	for name, target := range map[string]string{
		"plain": "/messages/12?page=2", "room": "/rooms/%21abc%3Aschool.example/typing", "open": "/calendar/2026/11",
		"odd": "/x/%252e%252e/..;a/b%2f//messages",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				table.Match(route.Request{Host: "ent.example", Method: "GET", Target: target})
			}
		})
	}
}

package route_test

import (
	"net/url"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/route"
	"pgregory.net/rapid"
)

// lenient are what applications and the servers before them do to an address
// before they look at it, written without a look at this package.
var lenient = map[string]func(string) string{
	"decode": func(s string) string {
		var out strings.Builder
		for i := 0; i < len(s); i++ {
			if i+3 <= len(s) {
				if c, err := url.PathUnescape(s[i : i+3]); s[i] == '%' && err == nil {
					out.WriteString(c)
					i += 2
					continue
				}
			}
			out.WriteByte(s[i])
		}
		return out.String()
	},
	"decode dots":  func(s string) string { return strings.NewReplacer("%2e", ".", "%2E", ".").Replace(s) },
	"decode slash": func(s string) string { return strings.NewReplacer("%2f", "/", "%2F", "/").Replace(s) },
	"backslash":    func(s string) string { return strings.ReplaceAll(s, `\`, "/") },
	"collapse":     func(s string) string { return strings.ReplaceAll(strings.ReplaceAll(s, "//", "/"), "//", "/") },
	"clean":        path.Clean,
	"resolve":      func(s string) string { return (&url.URL{Path: "/"}).ResolveReference(&url.URL{Path: s}).Path },
	"parameters": func(s string) string {
		return mapParts(s, func(p string) string { return strings.SplitN(p, ";", 2)[0] })
	},
	"cut at query":  func(s string) string { return strings.SplitN(s, "?", 2)[0] },
	"cut at hash":   func(s string) string { return strings.SplitN(s, "#", 2)[0] },
	"cut at zero":   func(s string) string { return strings.SplitN(s, "\x00", 2)[0] },
	"fold":          strings.ToLower,
	"raise":         strings.ToUpper,
	"trailing dots": func(s string) string { return mapParts(s, func(p string) string { return trimDots(p) }) },
	"trim":          strings.TrimSpace,
}

func trimDots(p string) string {
	if p == "." || p == ".." {
		return p
	}
	return strings.TrimRight(p, ".")
}

func mapParts(s string, do func(string) string) string {
	parts := strings.Split(s, "/")
	for i := range parts {
		parts[i] = do(parts[i])
	}
	return strings.Join(parts, "/")
}

// takes reports whether a lenient application serves messaging under an address.
func takes(address string) bool {
	address = strings.ToLower(strings.TrimRight(address, "/"))
	parts := strings.Split(address, "/")
	return address == "/mail/inbox" || strings.HasPrefix(address, "/messages/") || address == "/messages" ||
		len(parts) == 4 && parts[1] == "rooms" && parts[2] != "" && parts[3] == "send"
}

func lenientTable(t testing.TB) *route.Table {
	return compile(t, "",
		config.Route{Path: "/messages/**"}, config.Route{Path: "/mail/inbox", Service: "mail"},
		config.Route{Path: "/rooms/*/send", Service: "chat"})
}

// disguise hides an address in one of the ways that have been seen.
func disguise(t *rapid.T, s string) string {
	at := rapid.IntRange(0, len(s)).Draw(t, "at")
	insert := rapid.SampledFrom([]string{"/", "/./", "/x/../", ";a=b", "/..;/", `\`, "%2f", "%2e", "%5c", "%252f", "%3b", "#", "%3f", "%23", "%00", ".", "..", "%2e%2e/", "%", "é", "%E9", "K", "%c0%af"})
	switch rapid.IntRange(0, 4).Draw(t, "how") {
	case 0:
		return s[:at] + insert.Draw(t, "insert") + s[at:]
	case 1:
		return strings.ReplaceAll(s, "/", rapid.SampledFrom([]string{"//", "%2f", `\`, "%5C", "/./", "%252F"}).Draw(t, "slash"))
	case 2:
		if at < len(s) {
			return s[:at] + "%" + strings.ToUpper(string("0123456789abcdef"[s[at]>>4])) + string("0123456789abcdef"[s[at]&15]) + s[at+1:]
		}
		return s
	case 3:
		return strings.ReplaceAll(s, "%", "%25")
	default:
		return "/x/y" + strings.Repeat(insert.Draw(t, "up"), 2) + s
	}
}

// Whatever a lenient application takes for messaging is never open.
func TestNeverOpenToLenientReaders(t *testing.T) {
	table := lenientTable(t)
	names := make([]string, 0, len(lenient))
	for name := range lenient {
		names = append(names, name)
	}
	slices.Sort(names)
	rapid.Check(t, func(t *rapid.T) {
		target := rapid.SampledFrom([]string{"/messages", "/messages/1/send", "/mail/inbox", "/rooms/a/send", "/calendar"}).Draw(t, "address")
		for range rapid.IntRange(0, 4).Draw(t, "disguises") {
			target = disguise(t, target)
		}
		if !table.Match(route.Request{Method: "GET", Target: target}).Open {
			return
		}
		path, _, _ := strings.Cut(target, "?") // where a query begins no server doubts
		for _, read := range everyReading(path, names) {
			if takes(read) {
				t.Fatalf("%q is open, and an application may read it as %q", target, read)
			}
		}
	})
}

// everyReading is what the lenient make of a path in any order, as far as it goes.
func everyReading(path string, names []string) []string {
	all := []string{path}
	for i := 0; i < len(all) && len(all) < 300; i++ {
		for _, name := range names {
			if next := lenient[name](all[i]); !slices.Contains(all, next) {
				all = append(all, next)
			}
		}
	}
	return all
}

func FuzzMatch(f *testing.F) {
	for _, s := range []string{"/messages", "//messages", "/x/..%2fmessages?_method=POST", "/a;b/../c", "http://h/messages", "/%25252e", "/rooms/%21a%3Ab/send"} {
		f.Add("GET", "h", s)
	}
	table := lenientTable(f)
	stacks := [][]string{
		{"decode", "clean"}, {"decode", "decode", "clean"}, {"parameters", "decode", "clean"}, {"backslash", "clean"}, {"clean", "decode"},
		{"decode", "backslash", "collapse", "resolve"}, {"decode", "parameters", "resolve"}, {"collapse"}, {"decode", "cut at query"},
		{"decode", "cut at zero"}, {"decode dots", "resolve", "decode"}, {"decode", "cut at hash", "clean", "trailing dots"},
	}
	f.Fuzz(func(t *testing.T, method, host, target string) {
		got := table.Match(route.Request{Method: method, Host: host, Target: target})
		asked, _, _ := strings.Cut(target, "?")
		if !strings.HasPrefix(asked, "/") {
			return
		}
		for _, stack := range stacks {
			read := asked
			for _, name := range stack {
				read = lenient[name](read)
			}
			if takes(read) && got.Open {
				t.Fatalf("%q is open, and after %v an application reads it as %q", target, stack, read)
			}
		}
	})
}

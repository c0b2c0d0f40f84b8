package haproxy

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"strings"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/order"
)

// longest bounds a notice: a command must fit in HAProxy's buffer of 16 kB.
const longest = 8_000

// A notice is what is told to whom is refused.
type notice struct{ key, page, json string }

// noticeFor is an answer's notice; the same for answers that are told in the same
// words. Who may write is refused only once the answer is past its time: then
// nothing is decided.
func noticeFor(a *enforce.Answer) notice {
	if a.Access == order.Write {
		return notice{key: "undecided"}
	}
	n := noticeOf("", a)
	sum := sha256.Sum256([]byte(n.page + n.json))
	n.key = hex.EncodeToString(sum[:8])
	return n
}

func noticeOf(key string, a *enforce.Answer) notice { return notice{key, pageOf(a), jsonOf(a)} }

// jsonOf is what programs are told, the members of an object without its braces:
// those of the context of AuthZEN that are the same for many.
func jsonOf(a *enforce.Answer) string {
	var c struct {
		Orders json.RawMessage `json:"orders"`
		Reason json.RawMessage `json:"reason_user"`
		Brief  json.RawMessage `json:"brief"`
	}
	if err := json.Unmarshal(a.Context(enforce.SendMessage), &c); err != nil { // it is our own
		return `"orders":[]`
	}
	if text := fmt.Sprintf(`"unknown":%t,"orders":%s,"reason_user":%s,"brief":%s`, a.Unknown, c.Orders, c.Reason, c.Brief); len(text) <= longest {
		return text
	}
	if text := fmt.Sprintf(`"unknown":%t,"orders":[],"reason_user":%s,"brief":%s`, a.Unknown, c.Brief, c.Brief); len(text) <= longest {
		return text
	}
	return jsonOf(enforce.Undecided("", ""))
}

// pageOf is what people are told, as parts of closed.html: in French with whom to call,
// and behind a bar in English. Nothing else holds a bar.
func pageOf(a *enforce.Answer) string {
	french, english := "La messagerie est fermée pour le moment", "Messaging is closed for now"
	switch a.Access {
	case order.Read:
		french, english = "Vous pouvez lire vos messages, pas en écrire pour le moment", "You can read your messages, but not write any for now"
	case order.Reply:
		french, english = "Vous pouvez répondre, pas commencer d’échange pour le moment", "You can reply, but not start an exchange for now"
	}
	for _, said := range [][2]string{{a.French.Full, a.English.Full}, {a.French.Brief, a.English.Brief}} {
		text := fmt.Sprintf(`<h1>%s</h1><p class="lead">%s</p>%s|<h2>%s</h2><p>%s</p>`,
			french, written(said[0]), calls(a.Orders), english, written(said[1]))
		if len(text) <= longest {
			return text
		}
	}
	return pageOf(enforce.Undecided("", ""))
}

// calls are the numbers of those who decided.
func calls(orders []enforce.Binding) string {
	var out strings.Builder
	for _, o := range orders {
		for _, way := range []struct{ scheme, to string }{{"tel:", o.Phone}, {"mailto:", o.Email}} {
			if way.to != "" {
				fmt.Fprintf(&out, `<p><a href="%s%s">%s</a> %s</p>`, way.scheme, written(strings.ReplaceAll(way.to, " ", "")), written(way.to), written(o.Office))
			}
		}
	}
	return out.String()
}

// written is a text in HTML, on one line and without the bar that parts languages.
func written(s string) string {
	return strings.ReplaceAll(html.EscapeString(strings.Join(strings.Fields(s), " ")), "|", "&#124;")
}

// Explain tells what HAProxy does where an answer holds.
func Explain(a *enforce.Answer) string {
	var out strings.Builder
	unix := func(t time.Time) int64 { return t.Unix() }
	fmt.Fprintf(&out, "HAProxy holds %s in state.map.\n", encode(a, unix, noticeFor(a).key))
	for _, c := range []struct {
		what   string
		action enforce.Action
	}{{"GET, HEAD and OPTIONS", enforce.ReadMessage}, {"every other method, and web sockets,", enforce.SendMessage}} {
		switch reopens := a.Reopens(c.action); {
		case a.Allows(c.action) && a.Until.IsZero():
			fmt.Fprintf(&out, "On messaging paths %s pass as long as the lease is renewed.\n", c.what)
		case a.Allows(c.action):
			fmt.Fprintf(&out, "On messaging paths %s pass until %s, as long as the lease is renewed.\n", c.what, a.Until.Format(time.RFC3339))
		case a.Unknown:
			fmt.Fprintf(&out, "On messaging paths %s are refused with 503, because nothing can be decided; what is live is cut.\n", c.what)
		case reopens.IsZero():
			fmt.Fprintf(&out, "On messaging paths %s are refused with 403; what is live is cut.\n", c.what)
		default:
			fmt.Fprintf(&out, "On messaging paths %s are refused with 403 and Retry-After until %s; what is live is cut.\n", c.what, reopens.Format(time.RFC3339))
		}
	}
	return out.String()
}

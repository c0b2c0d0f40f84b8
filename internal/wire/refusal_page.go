package wire

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/order"
)

const pageType = "text/html; charset=utf-8"

//go:embed refusal.html
var pageText string

var pageTemplate = template.Must(template.New("refusal").Parse(pageText))

// pagePolicy allows the page its own style, by its hash, and nothing else: the
// page stands under another application's address and must never run a thing.
var pagePolicy = sync.OnceValue(func() string {
	text := Refusal{Answer: &enforce.Answer{}}.page(0)
	_, rest, _ := bytes.Cut(text, []byte("<style>"))
	style, _, _ := bytes.Cut(rest, []byte("</style>"))
	sum := sha256.Sum256(style)
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'"
})

// longestRefresh bounds after how many seconds a page left open loads itself
// anew. It does so at the reopening alone.
const longestRefresh = 12 * 3600

// notice is what the page shows.
type notice struct {
	Lang    string
	Heading string
	Lead    string
	Reopens string
	Refresh int
	Machine string // the reopening for programs
	Decided bool   // there is something to say about who decided
	SignIn  bool
	Sending bool // what was refused is a message of theirs
	Reading bool // messages can be read meanwhile
	Orders  []enforce.Binding
	Calls   []call
	Steps   []string
}

// A call is whom to ask about the decision.
type call struct {
	Text    string
	Address template.URL // tel: or mailto:
	Office  string
}

// Say is whichever of two sentences is in the page's language.
func (n notice) Say(french, english string) string {
	if n.Lang == "en" {
		return english
	}
	return french
}

// page is the refusal for a reader: what holds until when, who decided and why,
// whom to call, what still works. It holds all it needs and runs nothing.
func (f Refusal) page(seconds int) []byte {
	n := notice{
		Lang: f.Lang, Lead: f.words().Brief, Decided: !f.Answer.Unknown || len(f.Answer.Orders) > 0, SignIn: f.Status == http.StatusUnauthorized,
		Sending: f.Action >= enforce.ReplyMessage, Reading: f.Answer.Access >= order.Read, Orders: f.Answer.Orders, Calls: calls(f.Answer.Orders),
	}
	n.Heading, n.Steps = n.heading(f.Answer.Access), n.steps(f.Answer.Unmet)
	if f.Answer.Allows(f.Action) { // it has opened since
		n.Heading, n.Sending, n.Decided = n.Say("La messagerie est de nouveau ouverte", "Messaging is open again"), false, false
	}
	if reopens := f.Answer.Reopens(f.Action); !reopens.IsZero() {
		n.Reopens, n.Machine = n.moment(reopens), reopens.Format(time.RFC3339)
		if seconds <= longestRefresh {
			n.Refresh = seconds
		}
	}
	if f.Answer.Unknown {
		n.Lead = f.words().Full
	}
	var out bytes.Buffer
	if err := pageTemplate.Execute(&out, n); err != nil { // a test shows every case
		return []byte(template.HTMLEscapeString(n.Lead))
	}
	return out.Bytes()
}

func (n notice) heading(access order.Access) string {
	switch {
	case n.SignIn:
		return n.Say("Connectez-vous d’abord", "Sign in first")
	case n.Sending && access == order.Read:
		return n.Say("Vous pouvez lire vos messages, pas en écrire pour le moment", "You can read your messages, but not write any for now")
	case n.Sending && access == order.Reply:
		return n.Say("Vous pouvez répondre, pas commencer d’échange pour le moment", "You can reply, but not start an exchange for now")
	default:
		return n.Say("La messagerie est fermée pour le moment", "Messaging is closed for now")
	}
}

// calls are the numbers and addresses of those who decided, each once.
func calls(orders []enforce.Binding) (list []call) {
	known := map[string]bool{}
	add := func(text, address, office string) {
		if text != "" && !known[text] {
			known[text] = true
			list = append(list, call{text, template.URL(address), office})
		}
	}
	for _, o := range orders {
		add(o.Phone, "tel:"+dialled(o.Phone), o.Office)
		add(o.Email, "mailto:"+url.PathEscape(o.Email), o.Office)
	}
	return list
}

// dialled is what of a number is dialled.
func dialled(phone string) string {
	return strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' || r == '+' {
			return r
		}
		return -1
	}, phone)
}

// steps are what an account lacks, as things to do. Nobody is at fault.
func (n notice) steps(unmet gate.Requirement) []string {
	var out []string
	for _, s := range []struct {
		lacks           gate.Requirement
		french, english string
	}{
		{gate.PasswordSince, "Changez votre mot de passe.", "Change your password."},
		{gate.SecondFactor, "Activez une seconde protection de votre compte, avec l’aide de l’établissement.", "Turn on a second protection of your account, with the school’s help."},
		{gate.KnownDevice, "Utilisez un appareil sur lequel vous vous êtes déjà connecté.", "Use a device on which you have signed in before."},
		{gate.FromCountry, "Passez par Écluse\u00a0: l’ordre regarde depuis quel pays on se connecte, et ce logiciel ne le dit pas. En voyage, appelez l’établissement.", "Use Écluse itself: the order looks at the country that people connect from, which this software does not tell. If you travel, call the school."},
	} {
		if unmet&s.lacks != 0 {
			out = append(out, n.Say(s.french, s.english))
		}
	}
	return out
}

// moment is an instant by the school's clock, which the answer carries.
func (n notice) moment(t time.Time) string { return Moment(n.Lang, t) }

package ejabberd

import (
	"strings"

	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/order"
)

// notice is what a person reads when a session ends: both languages, since nobody
// knows theirs.
func notice(a *enforce.Answer) string { return a.French.Full + "\n" + a.English.Full }

// escapes are the characters that the part of an address before the @ cannot hold,
// as it writes them (XEP-0106, section 4).
var escapes = strings.NewReplacer(
	`\20`, " ", `\22`, `"`, `\26`, "&", `\27`, "'", `\2f`, "/", `\3a`, ":", `\3c`, "<", `\3e`, ">", `\40`, "@", `\5c`, `\`)

// login is what Écluse knows an account by.
func login(user string) string { return escapes.Replace(user) }

// Explain is what a chat server does for somebody whose answer this is: Prosody or
// ejabberd with the module of integrations.
func Explain(a *enforce.Answer) string {
	switch a.Access {
	case order.Write:
		return "The chat server lets everything pass." + within(a)
	case order.Reply:
		return "The chat server keeps the session. Answers to people who wrote before pass; all else is refused with policy-violation: " + a.English.Brief + within(a)
	case order.Read:
		return "The chat server keeps the session and refuses what is sent, with policy-violation: " + a.English.Brief + " Messages for the person wait."
	default:
		return "The chat server ends every session with policy-violation, and refuses new ones: " + a.English.Full + " Messages for the person wait."
	}
}

// within says that limits hold.
func within(a *enforce.Answer) string {
	if a.Limits == gate.NoLimits {
		return ""
	}
	return " Limits of the orders are kept to."
}

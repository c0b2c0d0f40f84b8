package page

import "time"

// A Signing is how an order is signed that needs more than its author: the
// preview then posts password and do=propose.
type Signing struct {
	Needs   int    // signatures, by different people
	Holders int    // people who may give one, the reader included
	Problem string // why it was not proposed, in one sentence
}

// Alone reports whether too few people may sign for the order to be issued.
func (s Signing) Alone() bool { return s.Holders < s.Needs }

// Proposal is an order that waits for signatures, or several that are signed
// together, with all that their author saw before signing. It posts to its own
// address: do=sign or do=refuse with password and reason, or do=withdraw.
type Proposal struct {
	Frame
	Facts   ProposalRow
	Stages  []OrderPreview // its orders; what they would do only while it waits
	Signed  []SignatureRow
	Holders int // people who may sign
	Form    *ProposalForm
	Blocked bool   // a finding forbids issuing
	Mine    bool   // the reader may withdraw it
	Issued  string // address of the order it became; "" for none
	Again   bool   // the reader may propose its text anew
	Problem string // why nothing was done, in one sentence
}

// one reports whether a single order is proposed.
func (p Proposal) one() bool { return len(p.Stages) == 1 }

// again is how the orders page, or that of a series, takes a text up.
func (p Proposal) again() string {
	if p.one() {
		return "edit"
	}
	return "again"
}

// signWord is on the button.
func (p Proposal) signWord() string {
	if p.one() {
		return p.Say("Signer l'ordre", "Sign the order")
	}
	return p.Say("Signer le tout", "Sign all of it")
}

// againURL is where the text of a proposal is taken up.
func (p Proposal) againURL() string {
	if p.one() {
		return p.URL(OrdersPart)
	}
	return p.URL(SeriesPart)
}

// signingAsks says what comes before a signature.
func signingAsks(f Frame) string {
	return f.Say("Avant de signer, on vous demandera de prouver que c’est bien vous, si vous ne venez pas de le faire. Rien de ce que vous avez écrit ne se perd.",
		"Before you sign you are asked to prove that it is you, unless you have just done so. Nothing that you wrote is lost.")
}

// A ProposalForm is what is typed to refuse.
type ProposalForm struct {
	Reason Field
}

// A ProposalRow is one proposal in a list.
type ProposalRow struct {
	URL      string
	ID       string // the order's number; of several that of the first
	Orders   int    // how many are signed together
	Title    string
	Issuer   string // in whose name, in words
	Author   string
	Exercise bool
	State    ProposalState
	From     time.Time
	Until    time.Time // zero: until lifted
	Proposed time.Time
	Expires  time.Time
	Signed   int
	Needs    int
	Schools  int    // those it bound when it was proposed
	People   int    // in them, likewise
	Yours    bool   // it waits for the reader's own signature
	Reason   string // why it was refused
}

// A SignatureRow is one signature.
type SignatureRow struct {
	Name   string
	Office string
	At     time.Time
}

// A ProposalState is where a proposal stands; it is computed from facts and the
// clock.
type ProposalState uint8

// The states of a proposal.
const (
	ProposalWaiting ProposalState = iota
	ProposalIssued
	ProposalRefused
	ProposalWithdrawn
	ProposalExpired
)

// word is the state on screen.
func (s ProposalState) word(l Lang) string {
	switch s {
	case ProposalWaiting:
		return l.Say("attend une signature", "waits for a signature")
	case ProposalIssued:
		return l.Say("signé et émis", "signed and issued")
	case ProposalRefused:
		return l.Say("refusé", "refused")
	case ProposalWithdrawn:
		return l.Say("retiré", "withdrawn")
	default:
		return l.Say("délai de signature passé", "time for signing over")
	}
}

// class is the look of a state; its word stands beside.
func (s ProposalState) class() string {
	switch s {
	case ProposalWaiting:
		return "announced"
	case ProposalIssued:
		return "in-force"
	default:
		return "past"
	}
}

// waitingOf are the rows that wait, or those that do not.
func waitingOf(rows []ProposalRow, waiting bool) (list []ProposalRow) {
	for _, r := range rows {
		if (r.State == ProposalWaiting) == waiting {
			list = append(list, r)
		}
	}
	return list
}

// waits reports whether something can still be done.
func (p Proposal) waits() bool { return p.Facts.State == ProposalWaiting }

// sentence says what the last step is.
func (s Signing) sentence(l Lang) string {
	n := l.Count(s.Needs, "signature", "signatures", "signature", "signatures")
	return l.Say("Cela vaut pour plus d'un établissement : il faut "+n+", par des personnes différentes. La vôtre est la première. Rien ne change avant la dernière ; au bout de 24 heures, la proposition tombe.",
		"This is for more than one school: it takes "+n+", by different people. Yours is the first. Nothing changes before the last; after 24 hours the proposal lapses.")
}

// confirmClass is the look of the preview's last form.
func (p OrderPreview) confirmClass() string {
	if p.Signing != nil {
		return "stack"
	}
	return "confirm"
}

// aloneWords say what an office does that has too few people to sign.
func aloneWords(l Lang, s Signing) [2]string {
	first := l.Say("Vous êtes la seule personne qui puisse signer cet ordre, et il en faut "+l.Number(s.Needs)+".",
		"You are the only person who can sign this order, and it takes "+l.Number(s.Needs)+".")
	if s.Holders != 1 {
		first = l.Say("Trop peu de personnes peuvent signer cet ordre : il en faut "+l.Number(s.Needs)+", il y en a "+l.Number(s.Holders)+".",
			"Too few people can sign this order: it takes "+l.Number(s.Needs)+", there are "+l.Number(s.Holders)+".")
	}
	return [2]string{first, l.Say(
		"Appelez qui administre Écluse pour donner à une autre personne une place dans votre service (fichier offices.csv) : elle pourra signer aussitôt. Si le temps presse, émettez un ordre par établissement, qui n'a besoin que de votre signature, ou demandez l'ordre à l'autorité au-dessus.",
		"Call whoever runs Écluse to give another person a place in your office (file offices.csv): they can sign at once. If time presses, issue one order a school, which needs your signature alone, or ask the authority above for the order.")}
}

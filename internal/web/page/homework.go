package page

import "strconv"

// Homework is the head's page of what no server closes: the products that the
// school uses, and for each order what is to be done there by hand. Its forms post
// do=products with product; do=attest or do=undo with key, order, product, step,
// by-KEY and picture-KEY, or do=keep or do=keep-undo with the same to go on later; do=refuse with key, order and reason-KEY.
type Homework struct {
	Frame
	URL      string
	Said     bool // the school has said what it uses
	Products []Choice
	Problem  string
	Tasks    []Task
}

// A Task is one order with what is to be done about it.
type Task struct {
	Key        string
	Order      OrderRow
	Rules      []string
	Undo       bool // the order is over: what was done is taken back
	Others     bool // another order still holds: not everything may be opened again
	Procedures []ProcedureForm
	Refusal    string // why the school refuses, while it does
	Refuse     Field  // a refusal as it is typed
	MayRefuse  bool
}

// A ProcedureForm is the steps for one product, to be ticked.
type ProcedureForm struct {
	Key     string
	Product string
	Name    string
	Who     string
	Steps   []Choice // with the number of the step as value
	Checks  []Choice
	By      Field
	Problem string
	Kept    string // what was ticked before is kept since when and by whom; "": nothing
	Done    string // what was attested, in a sentence; "": nothing yet
	Picture string // the address of its picture; "": none
}

// field is the name of a control in one of many forms.
func field(name, key string) string { return name + "-" + key }

// title says what a task is about.
func (t Task) title(l Lang) string {
	if t.Undo {
		return l.Say("À rétablir : ", "To be restored: ") + t.Order.Title
	}
	return l.Say("À fermer : ", "To be closed: ") + t.Order.Title
}

// verb is what the form of a procedure does.
func (t Task) verb() string {
	if t.Undo {
		return "undo"
	}
	return "attest"
}

// keepVerb is what the form does when it is to be finished later.
func (t Task) keepVerb() string {
	if t.Undo {
		return "keep-undo"
	}
	return "keep"
}

// numbered are steps as choices, the ones that were ticked before chosen.
func numbered(first int, texts []string, ticked map[string]bool) []Choice {
	var list []Choice
	for i, text := range texts {
		value := strconv.Itoa(first + i)
		list = append(list, Choice{Value: value, Label: text, Chosen: ticked[value]})
	}
	return list
}

// Ticks fills the steps and checks of a procedure, which are counted together.
func (p *ProcedureForm) Ticks(steps, checks []string, ticked map[string]bool) {
	p.Steps, p.Checks = numbered(0, steps, ticked), numbered(len(steps), checks, ticked)
}

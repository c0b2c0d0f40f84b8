package page

import "time"

// An Alteration is something that changed about the reader's account, of which they
// are asked whether it was them. It posts Field=ID and do=mine or notme to
// AlterationsURL.
type Alteration struct {
	Field  string // "device" or "change"
	ID     string
	What   string // one sentence without its full stop
	Device string // "" where none of the owner's did it
	Where  string
	At     time.Time
	Mine   bool // the reader may say that it was them: the page is shown on a known device
}

// NotMe is where the link of a letter leads. It posts t to NotMeURL.
type NotMe struct {
	Frame
	Ticket string
	Asked  Alteration
	Done   bool
	Old    string // why the link does nothing any more; "" while it holds
}

// key names the question in the page.
func (c Alteration) key() string { return c.Field + "-" + c.ID }

package page

import (
	"time"
)

// A List is one page of messages, newest first.
type List struct {
	Rows  []Row
	Newer string // address of the page before; "" on the first
	Older string // address of the page after; "" on the last
}

// A Row is one message in a list.
type Row struct {
	URL      string
	Who      string // the sender; in Sent, the audience in words
	Role     string // of the sender, and class or function
	Subject  string
	Preview  string
	At       time.Time // when it was received; in Sent, when it left
	Unread   bool
	Selected bool // it is the one open beside the list
	Seen     Seen // in Sent, when the sender may see it
}

// Seen counts who has read a message. The zero value says nothing.
type Seen struct {
	Read  int
	Total int
}

// Inbox is what a membership received.
type Inbox struct {
	Frame
	List List
	News []Announcement // the newest ones, shown beside the list; at most three
}

// Sent is what a membership sent and has left.
type Sent struct {
	Frame
	List List
}

// Waiting is what was written while deliveries wait, with the means to change or
// cancel each until it leaves.
type Waiting struct {
	Frame
	Rows []WaitingRow
}

// A WaitingRow is one message that has not left.
type WaitingRow struct {
	ID      int64
	To      string
	Subject string
	Preview string
	Written time.Time
	Leaves  time.Time // zero: at reopening, whose date is not known
}

// Drafts is what was begun and not sent.
type Drafts struct {
	Frame
	Rows []DraftRow
}

// A DraftRow is one draft. URL is Frame.ComposeURL, or the thread it answers
// with ?draft=ID.
type DraftRow struct {
	ID      int64
	URL     string
	To      string
	Subject string
	Preview string
	Saved   time.Time
}

// Thread is one conversation as this membership may see it, oldest first. List
// is what stands beside it on a wide screen; it may be empty.
type Thread struct {
	Frame
	List    List
	ID      int64
	Subject string
	Letters []Letter
	Answer  *Answer // nil when no reply may be written; NoReply then says why
	NoReply string
}

// A Letter is one message of a thread.
type Letter struct {
	ID      int64
	From    string
	Role    string
	To      string // the audience in words: "Responsables de la 4e B (28)"
	Written time.Time
	Left    time.Time // when recipients got it; zero while it waits
	Leaves  time.Time // while it waits: when it will leave; zero: not known
	Body    string    // plain text
	Mine    bool
	Unread  bool // it was unread when this page was asked for
	Alert   bool // written to the protection contact
	Seen    Seen
}

// Waits reports whether the letter has not left.
func (l Letter) Waits() bool { return l.Left.IsZero() }

// crossed reports whether a letter was received noticeably later than written,
// so that both times deserve to be said.
func (l Letter) crossed() bool { return l.Left.Sub(l.Written) >= time.Minute }

// An Answer is the reply box of a thread: POST to the thread's own address with
// body, draft, version.
type Answer struct {
	Writing
	To string // who will get it, in words
}

// Writing is what every form that is kept as one types knows.
type Writing struct {
	Draft   int64 // 0: nothing was kept yet
	Version int64
	Saved   time.Time // when the draft was kept; zero: never
	Body    Field
	Button  string // "Envoyer", or "Programmer pour demain 7 h 00"; "" is the plain word
	Later   string // one sentence when deliveries wait; "" when all leaves at once
	Problem string // one sentence about the whole form, such as a reached limit
}

// Compose is the page of a new message. Its form posts to, subject, body,
// draft, version and do: "send", "find" (apply q, keep what was typed) or
// "discard". Values of to are the Value of the options.
type Compose struct {
	Frame
	Writing
	Groups  []Audience
	Partial bool   // too many people to show all: those who match Find, and the chosen
	Find    string // the filter q
	To      Field  // its Error; Value is unused
	Subject Field
	Limits  []string // sentences, such as "20 destinataires au plus par message."
	Max     int      // people per message; 0: no limit
}

// An Audience is a heading with the recipients under it: a class, a role.
type Audience struct {
	Label   string
	Options []Recipient
}

// A Recipient is one person or one class that may be chosen.
type Recipient struct {
	Value  string // what the form posts
	Name   string // "Responsables de la 4e B"
	Detail string // "28 personnes", "mathématiques, 4e B"
	Count  int    // people behind it; 0 counts as 1
	Later  string // when it gets the message, in words: "demain à 7 h 00"; "" is at once
	Chosen bool
}

// people is how many the recipient counts for.
func (r Recipient) people() int { return max(1, r.Count) }

// chosen lists the chosen recipients over all groups, once each.
func (c Compose) chosen() []Recipient {
	var out []Recipient
	seen := map[string]bool{}
	for _, g := range c.Groups {
		for _, r := range g.Options {
			if r.Chosen && !seen[r.Value] {
				seen[r.Value] = true
				out = append(out, r)
			}
		}
	}
	return out
}

// Package message holds what people write to each other: messages, drafts,
// threads, and the matrix of who may write to whom. It is pure; texts are plain,
// valid UTF-8, and never HTML.
//
// A message's body is stored once, with one delivery row per recipient made when
// it leaves. While it waits (written where only reading is open) it has no
// delivery row, so that no path can leak it.
package message

import (
	"time"

	"github.com/ecluse-ecole/ecluse/internal/school"
)

// An ID names a message, a thread or a draft within a school. It grows with time.
type ID int64

// A Kind says what a message is.
type Kind uint8

// Letter is ordinary; Alert goes one way to the school's protection contacts and
// no order closes it.
const (
	Letter Kind = iota
	Alert
)

// A Message is what one membership sent. State is computed from its instants.
type Message struct {
	School   school.UAI
	ID       ID
	Thread   ID // the ID of the first message
	ReplyTo  ID // 0 for the first
	Kind     Kind
	Sender   school.MemberID
	From     string // the sender's name as it was
	FromRole school.Role
	Subject  string
	Body     string
	Audience []Audience // what the sender chose, in words
	Count    int        // people it is addressed to
	Written  time.Time
	Left     time.Time // zero while it waits
}

// Waiting reports whether the message has not left yet.
func (m Message) Waiting() bool { return m.Left.IsZero() }

// An Audience is one recipient as the sender chose it: a person, or everyone of
// a role in a class.
type Audience struct {
	Member school.MemberID // 0 when it is a class
	Class  ClassID         // 0 when it is a person
	Role   school.Role     // of the people meant in the class
	Label  string          // "Responsables de la 4e B", as shown
}

// A ClassID names a class within a school.
type ClassID int64

// A Class is a group of pupils with their teachers.
type Class struct {
	School school.UAI
	ID     ClassID
	Name   string
}

// A Delivery is one message in one person's mailbox.
type Delivery struct {
	Message
	Member school.MemberID
	Read   time.Time // zero: unread
}

// A Draft is a message as it is typed. It is kept at each pause of typing and
// survives closings; Version refuses a late save over a newer one.
type Draft struct {
	School   school.UAI
	ID       ID
	Member   school.MemberID
	ReplyTo  ID // the thread it answers in; 0: a new message
	Audience []Audience
	Subject  string
	Body     string
	Version  int64
	Saved    time.Time
}

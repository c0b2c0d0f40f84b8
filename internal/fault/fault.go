// Package fault gives every error that a person will see a kind and two
// sentences, French and English. There are few kinds, chosen by what the reader
// can do about them; one table in each face turns a kind into a status.
//
// An error that is not a fault is an accident of ours: faces show the sentence
// of Internal and log the cause.
package fault

import (
	"errors"
	"fmt"
)

// A Kind says what a fault means to whoever meets it.
type Kind uint8

// The kinds, from "ours" to "yours".
const (
	Internal    Kind = iota // an accident: nothing the reader did
	Unavailable             // a part is missing for now; try again
	Full                    // no room left to keep what was sent
	SignedOut               // nobody is signed in
	Unproved                // who acts must prove again who they are
	Denied                  // this person may not do this
	Closed                  // an order closes this for now
	NotFound                // there is no such thing, or not for this person
	Invalid                 // what was sent cannot be accepted as it is
	Conflict                // it was changed or used meanwhile
	TooMany                 // too often in too short a time
)

// An Error is a fault: its kind, the sentence for the reader in both languages,
// and the cause, which is logged and never shown.
type Error struct {
	Kind    Kind
	French  string
	English string
	Cause   error
}

// New returns a fault with its sentence in French and English.
func New(kind Kind, french, english string) *Error {
	return &Error{Kind: kind, French: french, English: english}
}

// Wrap returns a fault with the cause that only the log will show.
func Wrap(cause error, kind Kind, french, english string) *Error {
	return &Error{Kind: kind, French: french, English: english, Cause: cause}
}

// Error is the English sentence followed by the cause, for logs and commands.
func (e *Error) Error() string {
	if e.Cause == nil {
		return e.English
	}
	return fmt.Sprintf("%s (%v)", e.English, e.Cause)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// KindOf is the kind of the first fault in err's chain, or Internal.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}

// Is reports whether err is a fault of this kind.
func Is(err error, kind Kind) bool {
	var e *Error
	return errors.As(err, &e) && e.Kind == kind
}

// Package journal is the append-only, verifiable log of every act. Each place
// (a school, a territory, or the installation itself) has its own log, so that
// schools can be spread over databases and never wait for each other. A log is a
// Merkle tree (RFC 6962, golang.org/x/mod/sumdb/tlog): a changed, removed or
// added entry changes its root, and Verify names the first bad one.
//
// An entry tells who did what to what; never the text of a message.
//
// What it proves has a limit. Who can write to the whole database can rewrite an
// entry with every hash above it, or remove the newest entries with theirs, and
// leave a log that agrees with itself. So heads are to be kept elsewhere from
// time to time (WriteCheckpoint: on another machine, in a mail, on paper): Verify
// holds the log against them, and finds both.
package journal

import "time"

// A Log names one log: a school's UAI, a territory's path, or Installation.
type Log string

// Installation is the log of what concerns no single place.
const Installation Log = "ecluse"

// An Entry is one act. Its canonical encoding is the leaf of the tree.
type Entry struct {
	Log     Log       `json:"log"`
	Seq     int64     `json:"seq"` // from 0, without gaps
	At      time.Time `json:"at"`  // UTC
	Actor   string    `json:"actor"`
	Verb    string    `json:"verb"`
	Subject string    `json:"subject"`
	Detail  string    `json:"detail,omitempty"`
}

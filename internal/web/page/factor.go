package page

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
)

// Factors lists what somebody has beside the password. It posts id, name and do
// (rename, remove, code, recovery) to FactorsURL.
type Factors struct {
	Frame
	Rows     []FactorRow
	Passkeys bool // they can be used here
	Problem  string
}

// A FactorRow is one proof.
type FactorRow struct {
	ID    int64
	Kind  account.Factors
	Name  string
	Added time.Time
	Used  time.Time // zero: never
	Left  int       // codes; 0 where they have no end
}

// Title is what kind of proof it is, with its owner's name for it.
func (r FactorRow) Title(f Frame) string {
	title := factorWord(f.Lang, r.Kind)
	if r.Name != "" {
		title += f.Say(" : ", ": ") + r.Name
	}
	return title
}

// factorWord names a kind of proof.
func factorWord(l Lang, kind account.Factors) string {
	switch kind {
	case account.ByCode:
		return l.Say("Application de codes", "Code application")
	case account.ByPasskey:
		return l.Say("Clé d’accès", "Passkey")
	case account.ByRecovery:
		return l.Say("Codes de secours", "Recovery codes")
	case account.ByCard:
		return l.Say("Carte de codes", "Code card")
	default:
		return l.Say("Autre preuve", "Other proof")
	}
}

// backed reports whether recovery codes have something to stand in for.
func (p Factors) backed() bool {
	return slices.ContainsFunc(p.Rows, func(r FactorRow) bool { return r.Kind != account.ByRecovery })
}

// Recovery shows a new set of recovery codes, once.
type Recovery struct {
	Frame
	Codes []string
}

// CodeSetup gives an application for codes its secret and asks for its first
// code. It posts code and name to CodeURL.
type CodeSetup struct {
	Frame
	Picture QR
	Text    string
	Code    Field
	Name    Field
}

// A QR is a picture for cameras: rows of squares, dark where true.
type QR [][]bool

func (q QR) box() string { return fmt.Sprintf("0 0 %d %d", len(q), len(q)) }

// path is one stroke for each run of dark squares.
func (q QR) path() string {
	var b strings.Builder
	for y, row := range q {
		for x := 0; x < len(row); x++ {
			start := x
			for x < len(row) && row[x] {
				x++
			}
			if x > start {
				fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", start, y, x-start, x-start)
			}
		}
	}
	return b.String()
}

// of makes an input's ID one of a row's, while its name stays.
func (i input) of(row int64) input {
	i.Name = i.ID
	i.ID += "-" + strconv.FormatInt(row, 10)
	return i
}

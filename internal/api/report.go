package api

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"
	"unicode"

	"github.com/ecluse-ecole/ecluse/internal/enforce"
)

// A report is what an instance of a point says of itself; every field but
// instance may be left out.
type report struct {
	Instance string    `json:"instance"`
	Software string    `json:"software"`
	Time     time.Time `json:"time"` // by its own clock
	Version  int64     `json:"version"`
	Live     int       `json:"live"`
	SelfTest struct {
		At      time.Time `json:"at"`
		Refused bool      `json:"refused"`
	} `json:"self_test"`
}

// reported is the answer: what the point may hold its own clock and version
// against.
type reported struct {
	Time    time.Time `json:"time"`
	Version int64     `json:"version"`
	Speed   float64   `json:"speed"`
	Ready   bool      `json:"ready"`
}

// longestName bounds what a point calls itself and its software.
const longestName = 100

// report registers an instance and keeps what it says until the next time.
func (c *call) report() error {
	body, err := c.content()
	if err != nil {
		return err
	}
	var r report
	if err := json.Unmarshal(body, &r); err != nil {
		return badRequest("this is no report: want {instance, software, time, version, live, self_test: {at, refused}}: " + err.Error())
	}
	if name := r.Instance + r.Software; r.Instance == "" || len(r.Instance) > longestName || len(r.Software) > longestName || !printable(name) {
		return badRequest("instance and software are names of at most 100 printable characters, and instance is not empty")
	}
	if r.Live < 0 {
		return badRequest("live is negative: it is how many connections the instance could cut")
	}
	c.app.Report(c.point, enforce.Report{
		Instance: r.Instance, Software: r.Software, Version: r.Version, Live: r.Live,
		Offset: offset(r.Time), Tested: r.SelfTest.At, Refused: r.SelfTest.Refused,
	})
	m := c.moment()
	return c.sendJSON(reported{m.Time, m.Version, m.Speed, m.Ready})
}

// offset is how far a clock is from this machine's, half a round trip left aside;
// the clock of a demonstration is nobody's machine's.
func offset(theirs time.Time) time.Duration {
	if theirs.IsZero() {
		return 0
	}
	return time.Until(theirs)
}

func printable(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) < 0
}

// A pointDocument is what a token is worth.
type pointDocument struct {
	Name      string    `json:"name"`
	Kind      string    `json:"kind"`
	Territory string    `json:"territory"`
	Time      time.Time `json:"time"`
	Version   int64     `json:"version"`
	Speed     float64   `json:"speed"`
	Ready     bool      `json:"ready"`
}

// whoami tells whoever installs a point that its token is right.
func (c *call) whoami() error {
	m := c.moment()
	return c.sendJSON(pointDocument{c.point.Name, c.point.Kind, string(c.point.Territory), m.Time, m.Version, m.Speed, m.Ready})
}

// collector lets in whoever collects figures: from a trusted network, or with a
// point's token.
func (a *API) collector(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !a.desk.Trusts(r) {
			if _, _, err := a.desk.ByToken(r); err != nil {
				a.challenge(w, r, err)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

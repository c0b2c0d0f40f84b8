package postfix

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"
)

// What a request may measure. Postfix sends about thirty attributes in less than
// a thousand bytes; certificates' names make it longer.
const (
	mostBytes      = 16 << 10
	mostAttributes = 100
)

// A request is what is used of one question.
type request struct {
	state     string // protocol_state, such as RCPT
	context   string // policy_context, as the configuration of Postfix names the place of the question
	instance  string // the same for every question about one message
	queueID   string // "" before the first recipient is accepted
	login     string // sasl_username; "" for who has not signed in
	recipient string // "" where there are several
	count     int    // of recipients accepted, at DATA and later
}

var errRequest = errors.New("this is no question of Postfix: want name=value lines that begin with request=smtpd_access_policy")

// parse reads the lines of a request, without the blank one that ends it. It is
// strict: a line without "=", an attribute that is used given twice, or control
// characters in it are errors. An attribute that is not used may be anything.
func parse(text string) (r request, err error) {
	var kind, count string
	fields := [...]struct {
		name string
		to   *string
	}{
		{"request", &kind}, {"protocol_state", &r.state}, {"policy_context", &r.context}, {"instance", &r.instance},
		{"queue_id", &r.queueID}, {"sasl_username", &r.login}, {"recipient", &r.recipient}, {"recipient_count", &count},
	}
	var seen [len(fields)]bool
	for n := 0; text != ""; n++ {
		line, rest, ended := strings.Cut(text, "\n")
		name, value, found := strings.Cut(line, "=")
		if !found || name == "" || !ended || n == mostAttributes {
			return r, errRequest
		}
		text = rest
		for i := range fields {
			if fields[i].name != name {
				continue
			}
			if seen[i] || !plain(value) {
				return r, errRequest
			}
			seen[i], *fields[i].to = true, value
		}
	}
	if kind != "smtpd_access_policy" || r.state == "" {
		return r, errRequest
	}
	if count != "" {
		if r.count, err = strconv.Atoi(count); err != nil || r.count < 0 {
			return r, errRequest
		}
	}
	return r, nil
}

// plain reports whether a value is text without control characters.
func plain(value string) bool {
	ascii := true
	for i := range len(value) {
		if value[i] < ' ' || value[i] == 0x7f {
			return false
		}
		ascii = ascii && value[i] < utf8.RuneSelf
	}
	return ascii || utf8.ValidString(value)
}

// queueName reports whether it is a name that postsuper can be given: letters and
// digits, as Postfix makes them.
func queueName(id string) bool {
	for i := range len(id) {
		if c := id[i]; (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return id != "" && len(id) <= 64
}

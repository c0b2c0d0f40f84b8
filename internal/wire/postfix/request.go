package postfix

import (
	"cmp"
	"errors"
	"slices"
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

// used are the attributes that are looked at.
var used = [...]string{
	"request", "protocol_state", "policy_context", "instance", "queue_id", "sasl_username", "recipient", "recipient_count",
}

// parse reads the lines of a request, without the blank one that ends it. It is
// strict: a line without "=", an attribute that is used given twice, or control
// characters in it are errors. An attribute that is not used may be anything.
func parse(text string) (request, error) {
	var values [len(used)]string
	var seen [len(used)]bool
	for n := 0; text != ""; n++ {
		line, rest, ended := strings.Cut(text, "\n")
		name, value, found := strings.Cut(line, "=")
		if !ended || !found || name == "" || n == mostAttributes {
			return request{}, errRequest
		}
		text = rest
		i := slices.Index(used[:], name)
		if i < 0 {
			continue
		}
		if seen[i] || !plain(value) {
			return request{}, errRequest
		}
		seen[i], values[i] = true, value
	}
	return made(values)
}

// made is the request that the attributes make.
func made(values [len(used)]string) (request, error) {
	count, err := strconv.Atoi(cmp.Or(values[7], "0"))
	if values[0] != "smtpd_access_policy" || values[1] == "" || err != nil || count < 0 {
		return request{}, errRequest
	}
	return request{
		state: values[1], context: values[2], instance: values[3], queueID: values[4], login: values[5], recipient: values[6], count: count,
	}, nil
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

package stolen

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io"
)

// object is an account as JSON writes it; names are found in any case.
type object struct {
	URL, URI, Host, Hostname, Domain, Site text
	Username, Login, User, Email, Mail     text
	Password, Pass, Pwd                    text
}

// text is a string or a number.
type text string

// UnmarshalJSON takes what can be a login or a password, and leaves the rest empty.
func (t *text) UnmarshalJSON(data []byte) error {
	var s string
	switch err := json.Unmarshal(data, &s); {
	case err == nil:
		*t = text(s)
	case len(data) > 0 && (data[0] == '-' || data[0] >= '0' && data[0] <= '9'):
		*t = text(data)
	}
	return nil
}

// parseObject reads an account; what is none has no reading.
func parseObject(data []byte) []Claim {
	var o object
	if json.Unmarshal(data, &o) != nil {
		return nil
	}
	return o.claims()
}

// claims are an account under each of its names.
func (o object) claims() []Claim {
	host := hostOf(string(cmp.Or(o.URL, o.URI, o.Host, o.Hostname, o.Domain, o.Site)))
	password := string(cmp.Or(o.Password, o.Pass, o.Pwd))
	var claims []Claim
	for _, login := range []text{o.Username, o.Login, o.User, o.Email, o.Mail} {
		claims = append(claims, Claim{host, string(login), password})
	}
	return valid(claims)
}

// array reads a list that is one JSON array, an element at a time.
type array struct {
	decoder *json.Decoder
	meter   *meter
}

// longestElement bounds one element with the blanks around it; the decoder reads
// ahead by less.
const longestElement = 64 << 10

var errLongElement = errors.New("an element of the JSON array is too long")

// meter bounds what is read for one element.
type meter struct {
	r    io.Reader
	left int
}

func (m *meter) Read(p []byte) (int, error) {
	if m.left <= 0 {
		return 0, errLongElement
	}
	n, err := m.r.Read(p[:min(len(p), m.left)])
	m.left -= n
	return n, err
}

// startsArray reports whether the list is a JSON array of objects.
func (r *Reader) startsArray() bool {
	begin, _ := r.lines.Peek(longestLine) // an error is met again when it is read
	begin, found := bytes.CutPrefix(bytes.TrimSpace(begin), []byte("["))
	return found && bytes.HasPrefix(bytes.TrimSpace(begin), []byte("{"))
}

func newArray(r *bufio.Reader) *array {
	m := &meter{r: r, left: longestElement}
	return &array{decoder: json.NewDecoder(m), meter: m}
}

// element is the readings of the next element. A list that is cut short ends where
// it is.
func (r *Reader) element() ([]Claim, error) {
	a := r.array
	if r.line == 0 {
		if _, err := a.decoder.Token(); err != nil {
			return nil, r.endOf(err)
		}
	}
	if !a.decoder.More() {
		return nil, io.EOF
	}
	a.meter.left = longestElement
	var o object
	err := a.decoder.Decode(&o)
	r.line++
	if wrong := (*json.UnmarshalTypeError)(nil); errors.As(err, &wrong) {
		r.left++
		return nil, nil
	}
	if err != nil {
		r.left++
		return nil, r.endOf(err)
	}
	claims := o.claims()
	if len(claims) == 0 {
		r.left++
	}
	return claims, nil
}

// endOf makes what is wrong with the list its end; other errors stay.
func (r *Reader) endOf(err error) error {
	syntax := (*json.SyntaxError)(nil)
	if errors.As(err, &syntax) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, errLongElement) {
		return io.EOF
	}
	return err
}

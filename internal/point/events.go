package point

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// events reads server-sent events (HTML Living Standard, section 9.2.6).
type events struct{ lines *bufio.Reader }

func newEvents(r io.Reader) *events { return &events{bufio.NewReaderSize(r, 16<<10)} }

// next is the next event that has data. A line that is too long ends the stream.
func (e *events) next() (name string, data []byte, err error) {
	for {
		line, err := e.lines.ReadSlice('\n')
		if err != nil {
			return "", nil, err
		}
		line = bytes.TrimRight(line, "\r\n")
		field, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimPrefix(value, []byte(" "))
		switch {
		case len(line) == 0 && data != nil:
			return name, data, nil
		case len(line) == 0:
			name = ""
		case string(field) == "event":
			name = string(value)
		case string(field) == "data" && data == nil:
			data = append([]byte{}, value...)
		case string(field) == "data":
			return "", nil, errors.New("an event of several lines")
		}
	}
}

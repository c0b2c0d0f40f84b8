package forward_test

import (
	"bytes"
	"crypto/tls"
	"strings"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// A field is one line of an HTTP/2 request, as it stands on the wire.
type field struct{ name, value string }

// frames sends one HTTP/2 request made of these fields, whatever they say, and
// reads the answer: status 0 where the server ends the stream or the connection.
func (s *site) frames(fields ...field) (status, body string) {
	s.Helper()
	c, err := tls.Dial("tcp", s.front, &tls.Config{ServerName: host, InsecureSkipVerify: true, NextProtos: []string{"h2"}})
	if err != nil {
		s.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(10 * time.Second))
	if p := c.ConnectionState().NegotiatedProtocol; p != "h2" {
		s.Fatalf("the server speaks %q, not HTTP/2", p)
	}
	if _, err := c.Write([]byte(http2.ClientPreface)); err != nil {
		s.Fatal(err)
	}
	f := http2.NewFramer(c, c)
	f.WriteSettings()
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	for _, each := range fields {
		encoder.WriteField(hpack.HeaderField{Name: each.name, Value: each.value})
	}
	f.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block.Bytes(), EndStream: true, EndHeaders: true})
	return answer(f)
}

// answer reads frames until stream 1 ends.
func answer(f *http2.Framer) (status, body string) {
	f.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	for {
		frame, err := f.ReadFrame()
		if err != nil {
			return status, body
		}
		switch frame := frame.(type) {
		case *http2.SettingsFrame:
			if !frame.IsAck() {
				f.WriteSettingsAck()
			}
		case *http2.MetaHeadersFrame:
			status = frame.PseudoValue("status")
		case *http2.DataFrame:
			body += string(frame.Data())
		case *http2.RSTStreamFrame, *http2.GoAwayFrame:
			return status, body
		}
		if h := frame.Header(); h.StreamID == 1 && h.Flags.Has(http2.FlagDataEndStream) && (h.Type == http2.FrameData || h.Type == http2.FrameHeaders) {
			return status, body
		}
	}
}

// request is an HTTP/2 request of somebody, with more fields.
func request(login, method, authority, path string, more ...field) []field {
	return append([]field{{":method", method}, {":scheme", "https"}, {":authority", authority}, {":path", path}, {"authorization", basic(login)}}, more...)
}

// Pseudo-headers say what the first line says elsewhere, and can be sent twice,
// late, empty, or against the header that says the same.
func TestServersPseudoHeaders(t *testing.T) {
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			s := newSite(t, k, wiretest.Noon)
			if status, body := s.frames(request(wiretest.Teacher, "GET", host, "/messages/1")...); status != "200" || !strings.HasPrefix(body, inbox) {
				t.Fatalf("an ordinary request: %s %s", status, body)
			}
			pupil := func(path string, more ...field) []field { return request(wiretest.Pupil, "GET", host, path, more...) }
			tries := [][]field{
				pupil("/calendar", field{":path", "/messages"}), pupil("/messages", field{":path", "/calendar"}),
				pupil("messages"), pupil(""), pupil("*"), pupil("https://ent.example/messages"), pupil("https://other.example/messages"),
				pupil("/messages", field{"host", "other.example"}), pupil("/calendar", field{"host", "ent.example/messages"}),
				pupil("/messages", field{"host", host}, field{"host", host}),
				pupil("/messages", field{"x-ecluse-user", "teacher1"}), pupil("/messages", field{"x_ecluse_user", "teacher1"}),
				pupil("/messages", field{"X-Ecluse-User", "teacher1"}),
				pupil("/messages", field{"x-ecluse-user", "pupil1\r\nX-Ecluse-User: teacher1"}),
				pupil("/calendar", field{"x-a", "b\r\n\r\nGET /messages HTTP/1.1\r\nHost: ent.example\r\n\r\n"}),
				pupil("/calendar HTTP/1.1\r\nHost: ent.example\r\n\r\nGET /messages"),
				pupil("/messages", field{"connection", "x-ecluse-user"}), pupil("/messages", field{"upgrade", "websocket"}),
				pupil("/messages", field{"transfer-encoding", "chunked"}), pupil("/messages", field{"te", "trailers"}),
				pupil("/messages", field{":method", "POST"}), pupil("/messages", field{":protocol", "websocket"}),
				pupil("/messages", field{"x-http-method-override", "GET"}),
				request(wiretest.Pupil, "GET", "other.example", "/messages"), request(wiretest.Pupil, "GET", "ent.example@other.example", "/messages"),
				request(wiretest.Pupil, "GET", "", "/messages"), request(wiretest.Pupil, "get", host, "/messages"),
				request(wiretest.Pupil, "GET /calendar HTTP/1.1\r\nHost: ent.example\r\n\r\nGET", host, "/messages"),
				{{":method", "GET"}, {"authorization", basic(wiretest.Pupil)}, {":path", "/messages"}, {":authority", host}, {":scheme", "https"}},
				{{":method", "CONNECT"}, {":authority", "ent.example:443"}, {"authorization", basic(wiretest.Pupil)}},
				{{":method", "GET"}, {":scheme", "ftp"}, {":authority", host}, {":path", "/messages"}, {"authorization", basic(wiretest.Pupil)}},
				{{":method", "GET"}, {":scheme", "https"}, {":path", "/messages"}, {"host", host}, {"authorization", basic(wiretest.Pupil)}},
			}
			for _, target := range smuggled {
				tries = append(tries, pupil(target))
			}
			for _, fields := range tries {
				if status, body := s.frames(fields...); strings.Contains(body, inbox) {
					t.Errorf("%q: %s %s", fields, status, body)
				}
			}
		})
	}
}

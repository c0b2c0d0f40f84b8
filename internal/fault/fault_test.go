package fault

import (
	"errors"
	"fmt"
	"io"
	"testing"
)

func TestKindOf(t *testing.T) {
	closed := New(Closed, "fermé", "closed")
	for _, c := range []struct {
		err  error
		want Kind
	}{
		{closed, Closed},
		{fmt.Errorf("sending: %w", closed), Closed},
		{Wrap(closed, Full, "plein", "full"), Full}, // the outermost says what it means here
		{io.EOF, Internal},
		{nil, Internal},
	} {
		if got := KindOf(c.err); got != c.want {
			t.Errorf("KindOf(%v) = %d, want %d", c.err, got, c.want)
		}
	}
	if Is(io.EOF, Internal) || Is(nil, Internal) {
		t.Error("what is no fault has a kind")
	}
}

func TestError(t *testing.T) {
	err := Wrap(io.EOF, Unavailable, "indisponible", "not available")
	if got := err.Error(); got != "not available (EOF)" {
		t.Errorf("Error = %q", got)
	}
	if !errors.Is(err, io.EOF) {
		t.Error("the cause is lost")
	}
	if got := New(NotFound, "rien", "nothing").Error(); got != "nothing" {
		t.Errorf("Error = %q", got)
	}
}

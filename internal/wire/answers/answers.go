// Package answers carries statements between installations: what schools answered
// to orders, from those that follow to the one above (internal/statement,
// docs/answers.md).
//
// A statement is POSTed to /feed/answers. No token is needed: its signature tells
// who speaks. It is acknowledged once it is stored, so that a sender which hears
// nothing sends anew; a statement is whole, so that nothing is lost by that and
// nothing counts twice.
//
// The taking side reads no more than statement.MaxPacked from each, and from few at
// a time; it waits for the body only of what one of its followers has signed. The sending side never gives up: it waits longer after each failure, up
// to a minute, with some chance in it so that many do not come at once.
package answers

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/statement"
)

// Path is where statements are taken.
const Path = "/feed/answers"

// atOnce is how many statements are read at a time: at most 128 MB.
const atOnce = 64

// An Acknowledgement is what the sender of a statement is answered.
type Acknowledgement struct {
	Follower string `json:"follower"`           // as the sender is called here
	LeftOut  string `json:"left_out,omitempty"` // what was not taken, and why
}

// A Handler takes statements.
type Handler struct {
	app   *ecluse.App
	log   *slog.Logger
	slots chan struct{}
}

// NewHandler takes statements for an application.
func NewHandler(app *ecluse.App, log *slog.Logger) *Handler {
	return &Handler{app: app, log: log, slots: make(chan struct{}, atOnce)}
}

// ServeHTTP takes one statement.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "Only POST is answered here.", http.StatusMethodNotAllowed)
		return
	}
	data, free, err := h.read(http.MaxBytesReader(w, r.Body, statement.MaxPacked))
	defer free()
	if err != nil {
		h.refuse(w, err)
		return
	}
	taken, err := h.app.TakeStatement(r.Context(), data)
	if err != nil {
		h.refuse(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(Acknowledgement{taken.Follower, taken.LeftOut}) // who has left sends again
}

// read reads a statement, whose body takes one of few slots until free is called. A
// stranger gets none: the head tells who speaks before the body is waited for.
func (h *Handler) read(from io.Reader) (data []byte, free func(), err error) {
	free = func() {}
	body := bufio.NewReader(from)
	head, err := body.ReadSlice(statement.BodyBegins)
	if err != nil && err != io.EOF && err != bufio.ErrBufferFull {
		return nil, free, wasCut(err)
	}
	if err := h.app.KnowsHead(bytes.TrimSuffix(head, []byte{statement.BodyBegins})); err != nil {
		return nil, free, err
	}
	select {
	case h.slots <- struct{}{}:
		free = func() { <-h.slots }
	default:
		return nil, free, errBusy
	}
	data = bytes.Clone(head)
	rest, err := io.ReadAll(body)
	if err != nil {
		err = wasCut(err)
	}
	return append(data, rest...), free, err
}

// wasCut says of an error of the line that the statement did not come whole; one that
// is too long stays what it is.
func wasCut(err error) error {
	if large := (*http.MaxBytesError)(nil); errors.As(err, &large) {
		return err
	}
	return fault.Wrap(err, fault.Invalid, "L’état a été coupé en chemin : envoyez-le de nouveau.", "The statement was cut on the way: send it again.")
}

// errBusy says that as many statements are read as may be at a time.
var errBusy = errors.New("many statements come at once")

// statuses are what the kinds of refusals mean to the sender.
var statuses = map[fault.Kind]int{
	fault.Denied: http.StatusForbidden, fault.Invalid: http.StatusBadRequest, fault.Conflict: http.StatusConflict,
	fault.Full: http.StatusInsufficientStorage, fault.Unavailable: http.StatusServiceUnavailable,
}

// refuse says why, in one sentence; accidents are logged.
func (h *Handler) refuse(w http.ResponseWriter, err error) {
	var f *fault.Error
	var large *http.MaxBytesError
	switch {
	case errors.Is(err, errBusy):
		w.Header().Set("Retry-After", "5")
		http.Error(w, "Many statements come at once: send it again in some seconds.", http.StatusServiceUnavailable)
		return
	case errors.As(err, &large):
		http.Error(w, "A statement has at most 2 MB.", http.StatusRequestEntityTooLarge)
		return
	}
	status, known := statuses[fault.KindOf(err)]
	if !known || status >= http.StatusInternalServerError {
		h.log.Error("taking a statement", "error", err)
	}
	if !known || !errors.As(err, &f) {
		http.Error(w, "The statement could not be taken: send it again.", http.StatusInternalServerError)
		return
	}
	http.Error(w, f.English, status)
}

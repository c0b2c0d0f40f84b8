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
// a time. The sending side never gives up: it waits longer after each failure, up
// to a minute, with some chance in it so that many do not come at once.
package answers

import (
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
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	default:
		busy(w)
		return
	}
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, statement.MaxPacked))
	if large := (*http.MaxBytesError)(nil); errors.As(err, &large) {
		http.Error(w, "A statement has at most 2 MB.", http.StatusRequestEntityTooLarge)
		return
	}
	if err != nil {
		http.Error(w, "The statement was cut on the way: send it again.", http.StatusBadRequest)
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

func busy(w http.ResponseWriter) {
	w.Header().Set("Retry-After", "5")
	http.Error(w, "Many statements come at once: send it again in some seconds.", http.StatusServiceUnavailable)
}

// statuses are what the kinds of refusals mean to the sender.
var statuses = map[fault.Kind]int{
	fault.Denied: http.StatusForbidden, fault.Invalid: http.StatusBadRequest, fault.Conflict: http.StatusConflict,
	fault.Full: http.StatusInsufficientStorage, fault.Unavailable: http.StatusServiceUnavailable,
}

// refuse says why, in one sentence; accidents are logged.
func (h *Handler) refuse(w http.ResponseWriter, err error) {
	status, known := statuses[fault.KindOf(err)]
	if !known || status >= http.StatusInternalServerError {
		h.log.Error("taking a statement", "error", err)
	}
	if !known {
		http.Error(w, "The statement could not be taken: send it again.", http.StatusInternalServerError)
		return
	}
	var f *fault.Error
	errors.As(err, &f)
	http.Error(w, f.English, status)
}

package signin

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/wire"
)

// access answers the access strategy of Apereo CAS that asks a remote endpoint
// (RemoteEndpointServiceAccessStrategy): CAS adds the name of who is signing in
// as the parameter username to the address it was given, and lets them in if the
// status that comes back is one of those it accepts. Ours are 200 for yes and 403
// for no; whatever else we answer is no as well. What CAS sends in the body is not
// looked at.
func (s *SignIn) access(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	answerer, err := s.asker(r)
	if err != nil {
		refuse(w, err)
		return
	}
	q := r.URL.Query()
	question, err := questionOf(q, "username")
	action, unknown := actionOf(q)
	if err := errors.Join(err, unknown); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if question.Login, err = s.loginOf(question.Login); err != nil {
		http.Error(w, "username is no name of an account", http.StatusForbidden)
		return
	}
	answer := answerer.Ask(r.Context(), question)
	s.asCAS.Decided(began, answer, action)
	if !answer.Allows(action) {
		wire.Refusal{Answer: answer, Action: action, Wait: answerer.Wait(answer.Reopens(action)), Status: http.StatusForbidden}.Write(w, r)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(answer.Context(action)) // who left does not read it
}

// asker is who answers the CAS that asks. A trusted network vouches for its own
// servers alone: what a proxy there relays may come from anybody, and needs a
// token.
func (s *SignIn) asker(r *http.Request) (*ecluse.Answerer, error) {
	for _, name := range []string{"X-Forwarded-For", "Forwarded", "X-Real-Ip", "Via"} {
		if r.Header.Get(name) != "" && r.Header.Get(wire.TokenHeader) == "" {
			_, err := s.app.PointOf("")
			return nil, err
		}
	}
	return s.desk.ByHeader(r, "cas")
}

// loginOf takes off what the configuration says stands around names.
func (s *SignIn) loginOf(name string) (string, error) {
	if s.who == nil {
		return name, nil
	}
	return s.who.Login(name)
}

// questionOf reads a question from an address: who under the given name, and, if
// they are there, school and service. A parameter that comes twice could be read
// in two ways.
func questionOf(q url.Values, who string) (question enforce.Question, err error) {
	for _, name := range []string{who, "school", "service", "action", "audience"} {
		if len(q[name]) > 1 {
			return question, errors.New(name + " is given twice")
		}
	}
	if question.Login = q.Get(who); question.Login == "" {
		return question, errors.New(who + " is missing: name the person")
	}
	if uai := q.Get("school"); uai != "" {
		if question.School, err = school.ParseUAI(uai); err != nil {
			return question, err
		}
	}
	if service := q.Get("service"); service != "" {
		question.Service, err = order.ParseService(service)
	}
	return question, err
}

// actionOf is what is about to be done: opening a session unless said otherwise.
func actionOf(q url.Values) (enforce.Action, error) {
	if word := q.Get("action"); word != "" {
		return enforce.ParseAction(word)
	}
	return enforce.OpenSession, nil
}

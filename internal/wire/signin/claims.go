package signin

import (
	"crypto/rand"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// claims are what Écluse states about one person to a sign-in service. Its times
// are seconds since 1970; null where there is no such instant.
type claims struct {
	Issuer   string `json:"iss"`
	Subject  string `json:"sub"`
	Audience string `json:"aud"` // the point that asked
	Issued   int64  `json:"iat"`
	Expires  int64  `json:"exp"`
	ID       string `json:"jti"`

	Access  string     `json:"ecluse_access"`
	Until   *int64     `json:"ecluse_until"`   // the next instant at which the access may change
	Reopens *int64     `json:"ecluse_reopens"` // of a closed messaging
	Orders  []order.ID `json:"ecluse_orders"`
	School  school.UAI `json:"ecluse_school,omitempty"` // the place that binds
	Role    string     `json:"ecluse_role,omitempty"`
	Unknown bool       `json:"ecluse_unknown,omitempty"`
	Message message    `json:"ecluse_message"` // the sentence for the person
	// Lifetime is how many seconds a session or token may last at most: none
	// where messaging is closed, and never past the next change.
	Lifetime int64 `json:"max_lifetime"`
}

type message struct {
	French  string `json:"fr"`
	English string `json:"en"`
}

// claimsLife is how long a statement holds, if nothing changes before.
const claimsLife = 5 * time.Minute

// state answers a point that asks about somebody, with a signed token or, where
// JSON is asked for, with what is in it.
func (s *SignIn) state(w http.ResponseWriter, r *http.Request) {
	answerer, point, err := s.desk.ByToken(r)
	if err != nil {
		refuse(w, err)
		return
	}
	question, err := questionOf(r.URL.Query(), "login")
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	c := s.claimsOf(answerer, point, question.Login, answerer.Ask(r.Context(), question))
	w.Header().Set("Cache-Control", "no-store")
	if strings.Contains(r.Header.Get("Accept"), "application/json") {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(c) // who left does not read it
		return
	}
	token, err := sign(s.keys.claims, c)
	if err != nil {
		s.log.Error("stating what somebody may do", "error", err)
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/jwt")
	_, _ = w.Write([]byte(token))
}

// claimsOf puts an answer into claims. Their own times are those of the world;
// the others are those of the orders.
func (s *SignIn) claimsOf(d *ecluse.Answerer, p enforce.Point, login string, a *enforce.Answer) claims {
	now := time.Now()
	expires, lifetime := claimsLife, longestCookie
	if !a.Until.IsZero() {
		left := d.Wait(a.Until)
		expires, lifetime = min(expires, left), min(lifetime, left)
	}
	if a.Unknown {
		expires = min(expires, unknownCookie)
	}
	if !a.Allows(enforce.OpenSession) {
		lifetime = 0
	}
	c := claims{
		Issuer: s.issuer, Subject: login, Audience: p.Name, Issued: now.Unix(), Expires: now.Add(expires).Unix(), ID: rand.Text(),
		Access: a.Access.String(), Until: seconds(a.Until), Reopens: seconds(a.Reopens(enforce.OpenSession)), Orders: []order.ID{},
		School: a.School, Unknown: a.Unknown, Message: message{a.French.Brief, a.English.Brief}, Lifetime: int64(lifetime / time.Second),
	}
	if a.School != "" {
		c.Role = a.Role.String()
	}
	for _, b := range a.Orders {
		c.Orders = append(c.Orders, b.ID)
	}
	return c
}

func seconds(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	s := t.Unix()
	return &s
}

// publicKeys answers with the keys that verify what was signed.
func (s *SignIn) publicKeys(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/jwk-set+json")
	w.Header().Set("Cache-Control", "public, max-age=300")
	_, _ = w.Write(s.keys.public)
}

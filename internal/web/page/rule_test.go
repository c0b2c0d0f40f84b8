package page

import (
	"testing"

	"github.com/ecluse-ecole/ecluse/internal/order"
)

// TestRuleSentence: what an order asks of accounts is said, and what holds for
// those that lack it.
func TestRuleSentence(t *testing.T) {
	o, err := order.Parse("test", []byte(`
order: FR/13/079/2024-0009
issuer: FR/13/079
status: actual
type: issue
title: Reprise
basis: Décision
applies: {territory: FR/13/079}
from: 2024-04-08T07:00
until: null
rules:
  - {roles: [pupil], hours: "24/7", require: {password_since: 2024-03-29, second_factor: true}, otherwise: reply}
reason: Les comptes sont remis en sécurité.
contact: {office: Cabinet, phone: 05 36 49 00 00}
`))
	if err != nil {
		t.Fatal(err)
	}
	for l, want := range map[Lang]string{
		French:  "Élèves\u00a0: ouvert à toute heure, pour les comptes dont le mot de passe a changé depuis le 29\u00a0mars 2024 et connectés avec une deuxième preuve\u00a0; les autres\u00a0: réponses seulement.",
		English: "Pupils: open at all hours, for accounts whose password has changed since 29\u00a0March 2024 and signed in with a second proof; others: replies only.",
	} {
		if got := RuleSentence(l, o.Rules[0]); got != want {
			t.Errorf("%s:\n got %q\nwant %q", l, got, want)
		}
	}
}

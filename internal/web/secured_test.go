package web_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// pupilsRenew opens to pupils who have renewed their password.
const pupilsRenew = `
order: FR/13/079/2024-0009
issuer: FR/13/079
status: actual
type: issue
title: Réouverture aux élèves
applies: {territory: FR/13/079, degrees: [second]}
from: 2024-03-30T07:00
rules:
  - {roles: [pupil], hours: "07:00-22:00", require: {password_since: 2024-03-29T11:00, known_device: true}}
reason: Les mots de passe sont renouvelés.
contact: {office: Cabinet du DASEN, phone: "05 36 49 00 00"}
`

func TestTheSecuringBoard(t *testing.T) {
	w := newWorld(t, "2024-03-29T10:00:00", pupilsRenew)
	w.as(pupil).get("./inbox").is(http.StatusOK) // the child's account is in use, the guardian's is not
	w.at("2024-03-29T12:00:00")
	h := w.as(head)
	h.get("./secured").is(http.StatusOK).says("Réouverture aux élèves", "Élèves\u00a0: 0 sur 1", "4e B, responsables", "mot de passe à renouveler",
		"ne s’est pas connecté", "Familles à inviter", "appareil connu").saysNot(someName)
	h.get("./secured?role=teacher").is(http.StatusOK).says("prêt").saysNot("<td>mot de passe à renouveler")
	h.get("./secured?lack=old-password&class=4e+B").is(http.StatusOK).says("1\u00a0personne")
	h.get("./secured?since=2024-03-30").is(http.StatusOK).says("5\u00a0personnes")
	h.get("./secured?since=demain").is(http.StatusUnprocessableEntity).says("since-error")

	o := w.as(dsden)
	o.get("./secured").is(http.StatusOK).says("École des Saules", "Collège de la Boutonne", "Les noms restent").saysNot("4e B", "Prénom "+"&lt;b&gt;O&#39;Neil pupil")

	file := h.get("./secured.csv?lack=old-password").is(http.StatusOK)
	if lines := strings.Count(file.body, "\n"); lines != 2 || !strings.Contains(file.body, "old-password") {
		t.Errorf("the file: %s", file.body)
	}
	counts := o.get("./secured.csv").is(http.StatusOK).saysNot("O'Neil")
	if lines := strings.Count(counts.body, "\n"); lines != 11 {
		t.Errorf("the office's file has %d lines", lines)
	}
	w.clock.Set(w.app.Now().Add(16 * time.Minute))
	for _, p := range []*person{h, o} {
		if a := p.get("./secured.csv").is(http.StatusSeeOther); !strings.HasPrefix(a.header.Get("Location"), "/proof") {
			t.Errorf("a file without a fresh proof leads to %q", a.header.Get("Location"))
		}
	}
	w.as(nadia).get("./secured").is(http.StatusForbidden)
}

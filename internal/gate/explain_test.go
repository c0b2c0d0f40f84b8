package gate_test

import (
	"strings"
	"testing"

	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

func TestExplanations(t *testing.T) {
	b := under(t, weekdays(), issue("FR", 5, "2024-09-02T00:00").until("2025-01-01T08:30").rule(school.RolesOf(school.Teacher), "", inside(order.Reply)))
	strict := under(t, issue("FR", 1, "2024-03-29T00:00").rule(school.Everyone, "", require(order.Requirements{SecondFactor: true, KnownDevice: true}, order.Read)))
	cases := []struct {
		book            book
		role            school.Role
		at              string
		french, english string
	}{
		{b, school.Pupil, "2024-04-05T19:00",
			"La messagerie est fermée pour les élèves jusqu’à nouvel ordre. Décision\u00a0: Le bureau de FR/13/079 (ordre FR/13/079/2024-0002). Motif\u00a0: Des messages menaçants circulent.",
			"Messaging is closed for pupils until further notice. Decided by: Le bureau de FR/13/079 (order FR/13/079/2024-0002). Reason: Des messages menaçants circulent."},
		{b, school.Staff, "2024-04-05T19:00",
			"La messagerie est fermée pour les personnels jusqu’au lundi 8 avril à 7\u00a0h\u00a000, heure de l’établissement.",
			"Messaging is closed for staff until Monday 8 April at 07:00, school time."},
		{b.through(order.Mail), school.Teacher, "2024-12-23T10:00",
			"La messagerie électronique permet seulement de répondre pour les enseignants jusqu’au lundi 23 décembre à 19\u00a0h\u00a000, heure de l’établissement\u00a0: aucun nouvel échange ne peut commencer. Décision\u00a0: Le bureau de FR (ordre FR/2024-0005).",
			"E-mail only allows replies for teachers until Monday 23 December at 19:00, school time: no new exchange can begin."},
		{b, school.Teacher, "2024-12-31T20:00",
			"La messagerie est fermée pour les enseignants jusqu’au mercredi 1er janvier 2025 à 7\u00a0h\u00a000, heure de l’établissement.",
			"Messaging is closed for teachers until Wednesday 1 January 2025 at 07:00, school time."},
		{strict.account(gate.Facts{SecondFactor: true}), school.Head, "2024-04-05T19:00",
			"La messagerie est en lecture seule pour la direction jusqu’à nouvel ordre\u00a0: les messages déjà reçus restent lisibles. Ce compte ne remplit pas encore ce qui est demandé\u00a0: un appareil déjà connu.",
			"Messaging is read-only for heads until further notice: messages already received can be read. This account does not yet meet what is required: a device that is known."},
		{b, school.Staff, "2027-02-02T10:00", "dans le doute, l’accès reste fermé", "in doubt, access stays closed"},
		{under(t), school.Head, "2024-04-05T19:00", "La messagerie est ouverte pour la direction jusqu’à nouvel ordre.", "Messaging is open for heads until further notice."},
	}
	for _, c := range cases {
		e := c.book.s.Explain(c.book.request(c.role, c.at))
		if !strings.Contains(e.French, c.french) {
			t.Errorf("%s %s:\n got %s\nwant %s", c.role, c.at, e.French, c.french)
		}
		if !strings.Contains(e.English, c.english) {
			t.Errorf("%s %s:\n got %s\nwant %s", c.role, c.at, e.English, c.english)
		}
	}
}

func TestAnExplanationWithoutASchoolIsASentence(t *testing.T) {
	var none *gate.Snapshot
	e := none.Explain(gate.Request{School: college.UAI})
	if e.Decision.Access != order.Closed || !strings.Contains(e.French, "n’a pas pu être décidée") || e.English == "" {
		t.Errorf("%+v", e)
	}
}

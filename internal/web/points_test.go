package web_test

import (
	"net/http"
	"testing"

	"github.com/ecluse-ecole/ecluse/internal/enforce"
)

func TestTheGatesPage(t *testing.T) {
	w := newWorld(t, "2024-03-29T20:00:00", secondLetter)
	office := w.as(dsden)
	office.get("./points").is(200).says("Aucun serveur n’est relié")
	p := enforce.Point{Name: "ent-nginx", Kind: "nginx", Territory: "FR"}
	if _, err := w.app.AddPoint(w.Context(), p); err != nil {
		t.Fatal(err)
	}
	office.get("./points").says("ent-nginx", "n’a encore rien demandé", "Aucune question reçue")

	w.app.Answering(p).Ask(w.Context(), enforce.Question{Login: "nadia"})
	office.get("./points").says("applique les ordres", "Dernière question").saysNot("laisse passer")
	w.app.Tested("ent-nginx", false)
	office.get("./points").says("laisse passer", "prévenez l’hébergeur")
	w.app.Tested("ent-nginx", true)
	office.get("./points").says("refusé, comme il se doit").saysNot("laisse passer")

	office.get("./points?login=nadia").says("La messagerie est fermée pour les enseignants", "Cabinet du DASEN")
	office.get("./points?login=nobody").says("n’est pas connue ici")
	w.as(nadia).get("./points").is(http.StatusNotFound)
}

// TestTheGateTellsOfOnesOwnSchoolOnly: a head learns nothing of people elsewhere.
func TestTheGateTellsOfOnesOwnSchoolOnly(t *testing.T) {
	w := newWorld(t, "2024-03-29T12:00:00", secondLetter)
	head := w.as(head)
	head.get("./points?login=nadia").is(200).says("La messagerie est ouverte pour les enseignants")
	head.get("./points?login=nobody").says("n’est pas connue ici")
}

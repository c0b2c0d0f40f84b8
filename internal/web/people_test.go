package web_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/ecluse-ecole/ecluse/internal/evidence"
)

// TestAHeadFreezesAndGivesBack: one click from the person's page; the owner is told
// kindly; the account comes back when each step was ticked.
func TestAHeadFreezesAndGivesBack(t *testing.T) {
	w := newWorld(t, "2024-03-29T10:00:00")
	owner, direction := w.as(nadia), w.as(head)
	direction.get("./people?name=prénom&role=teacher").is(http.StatusOK).says("/at/5/people/3").saysNot("/at/5/people/2")
	page := direction.get("./people/3").is(http.StatusOK)
	page.says("Bloquer ce compte").saysNot("<b>O'Neil")
	direction.post("./people/3", "do", "freeze", "note", "vu à 23 h").is(http.StatusSeeOther)
	direction.get("./people/3").says("Ce compte est bloqué", "vu à 23 h")
	w.stranger().post("/sign-in", "login", nadia, "password", secret).is(http.StatusForbidden).says("Votre compte est bloqué pour vous protéger", "Vous n’avez rien fait de mal").saysNot("pas pour votre profil", "vu à 23 h")
	direction.get("./people").says("Comptes bloqués", "/at/5/people/3").saysNot("/at/5/people/2")
	direction.get("./people?class=1").says("/at/5/people/1", "/at/5/people/2", "/at/5/people/3").saysNot("/at/5/people/4")
	if a := owner.get("./inbox"); a.status != http.StatusSeeOther {
		t.Errorf("the owner's session goes on: %d", a.status)
	}
	w.stranger().post("/sign-in", "login", nadia, "password", secret).says("rien fait de mal")
	direction.post("./people/3", "do", "back").is(http.StatusUnprocessableEntity).says("chaque étape")
	for _, step := range []string{"0", "1", "2", "3", "4"} {
		direction.post("./people/3", "do", "step", "step", step).is(http.StatusSeeOther)
	}
	direction.post("./people/3", "do", "back").is(http.StatusSeeOther)
	direction.get("./people/3").says("nouveau mot de passe demandé")

	for _, login := range []string{staff, karim, pupil} {
		w.as(login).get("./people").is(http.StatusForbidden)
		w.as(login).post("./people/3", "do", "freeze").is(http.StatusForbidden)
	}
	w.as(other).get("./people/3").is(http.StatusNotFound)
}

// TestEvidenceIsFetchedFromAPage: by the head, as a file that verifies; the page says
// who fetched it, and it is erased once the account was given back.
func TestEvidenceIsFetchedFromAPage(t *testing.T) {
	w := newWorld(t, "2024-03-29T10:00:00")
	direction := w.as(head)
	direction.post("./people/3", "do", "freeze").is(http.StatusSeeOther)
	page := direction.get("./people/3").says("Pour la plainte", "tant que le compte est bloqué")
	id := regexp.MustCompile(`name="evidence" value="([0-9]+)"`).FindStringSubmatch(page.body)[1]
	seal := regexp.MustCompile(`class="seal">([0-9a-f]{64})<`).FindStringSubmatch(page.body)[1]
	file := direction.post("./people/3", "do", "fetch", "evidence", id).is(http.StatusOK)
	if got := file.header.Get("Content-Type"); got != "application/zip" {
		t.Errorf("the file is %s", got)
	}
	report, err := evidence.Verify(strings.NewReader(file.body), int64(len(file.body)))
	if err != nil || !report.OK() || report.Seal != seal {
		t.Errorf("the file does not verify under %s: %+v, %v", seal, report, err)
	}
	direction.get("./people/3").says("Remis à ")
	direction.post("./people/3", "do", "release", "evidence", id).is(http.StatusUnprocessableEntity)
	for _, login := range []string{staff, other, dsden} {
		if a := w.as(login).post("./people/3", "do", "fetch", "evidence", id); a.status == http.StatusOK {
			t.Errorf("%s fetches it", login)
		}
	}
	direction.post("./people/3", "do", "fetch", "evidence", "1").is(http.StatusNotFound)
}

// TestSessionsEndFromAPage: counted first, then ended, but for who asks.
func TestSessionsEndFromAPage(t *testing.T) {
	w := newWorld(t, "2024-03-29T10:00:00")
	teacher, child, direction := w.as(nadia), w.as(pupil), w.as(head)
	direction.get("./sessions?role=teacher").is(http.StatusOK).says("1\u00a0connexion")
	direction.post("./sessions", "role", "teacher", "do", "end").is(http.StatusSeeOther)
	if teacher.get("./inbox").status != http.StatusSeeOther || child.get("./inbox").status != http.StatusOK {
		t.Error("the teacher's session goes on, or the pupil's does not")
	}
	w.as(dsden).get("./sessions").is(http.StatusOK)
	w.as(karim).get("./sessions").is(http.StatusForbidden)
	w.as(dsden).get("./people?school=0799001E&name=").is(http.StatusOK).says("direction")
	w.as(dsden).get("./people?school=0000000X").is(http.StatusOK).says("pas des vôtres")
}

// TestANewDeviceIsAskedAboutOnEveryPage: and "it is not me" ends everything.
func TestANewDeviceIsAskedAboutOnEveryPage(t *testing.T) {
	w := newWorld(t, "2024-03-29T10:00:00")
	home := w.as(nadia)
	home.get("./inbox").saysNot("C’est vous", "C'est vous")
	stranger := w.as(nadia)
	stranger.get("./inbox").saysNot("bloquer mon compte")
	page := home.get("./inbox").says("bloquer mon compte")
	home.get("/account").says("bloquer mon compte")
	device := regexp.MustCompile(`name="device" value="([0-9a-f]{64})"`).FindStringSubmatch(page.body)[1]
	stranger.post("/account/alterations", "device", device, "do", "mine").is(http.StatusForbidden)
	home.post("/account/alterations", "device", device, "do", "mine").is(http.StatusSeeOther)
	home.get("./inbox").saysNot("bloquer mon compte")

	w.as(nadia)
	page = home.get("./inbox")
	device = regexp.MustCompile(`name="device" value="([0-9a-f]{64})"`).FindStringSubmatch(page.body)[1]
	home.post("/account/alterations", "device", device, "do", "notme").is(http.StatusOK).says("rien fait de mal")
	if stranger.get("./inbox").status != http.StatusSeeOther || home.get("./inbox").status != http.StatusSeeOther {
		t.Error("a session goes on")
	}
	w.stranger().get("/not-me?t=forged").is(http.StatusNotFound).says("Ce lien ne sert plus", "Se connecter")
}

// TestWhatChangedStandsOnTheAccount: whoever did it, with a button that freezes.
func TestWhatChangedStandsOnTheAccount(t *testing.T) {
	w := newWorld(t, "2024-03-29T10:00:00")
	home, thief := w.as(nadia), w.as(nadia)
	thief.post("/account/email", "email", "voleur@ailleurs.example").is(http.StatusSeeOther)
	thief.get("/account").says("Ce qui a changé", "L’adresse de courriel de votre compte a changé")
	page := home.get("./inbox").says("L’adresse de courriel de votre compte a changé. C’est vous")
	change := regexp.MustCompile(`name="change" value="(\d+)"`).FindStringSubmatch(page.body)[1]
	for _, odd := range []string{"", "x", "-1", "99999999999999999999"} {
		home.post("/account/alterations", "change", odd, "do", "notme").is(http.StatusNotFound)
	}
	home.post("/account/alterations", "device", strings.Repeat("ab", 100), "do", "notme").is(http.StatusNotFound)
	home.post("/account/alterations", "change", change, "do", "notme").is(http.StatusOK).says("rien fait de mal")
	if thief.get("/account").status != http.StatusSeeOther {
		t.Error("the thief's session goes on")
	}
}

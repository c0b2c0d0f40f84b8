package web_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestACampaignByItsPages: a head asks a class for new passwords, prints the slips,
// and a pupil uses theirs, from the square, after having tried the old password.
func TestACampaignByItsPages(t *testing.T) {
	w := newWorld(t, "2024-03-29T10:00:00")
	w.at("2024-03-30T10:00:00")
	before := w.as(pupil)
	h := w.as(head)
	form := []string{"role", "pupil", "role", "guardian", "class", "1", "since", "2024-03-30"}
	h.get("./campaigns?role=pupil&role=guardian&class=1&since=2024-03-30").says("2\u00a0personnes devront choisir un nouveau mot de passe", "Lancer la campagne")
	if before.get("./inbox").status != http.StatusOK {
		t.Error("the preview ends sessions")
	}
	started := h.post("./campaigns", form...)
	if started.status != http.StatusSeeOther {
		t.Fatalf("starting: %d %s", started.status, started.heading())
	}
	w.must(w.app.RunCampaigns(t.Context()))
	if before.get("./inbox").status == http.StatusOK {
		t.Error("a session from before goes on")
	}
	if h.get("./inbox").status != http.StatusOK {
		t.Error("the head is signed out as well")
	}
	h.get(started.header.Get("Location")).says("0 sur 2", "4e B")

	slips := h.post("./slips?class=1&role=pupil", "print", "all", "days", "14")
	if slips.status != http.StatusOK || slips.header.Get("Content-Type") != "application/pdf" {
		t.Fatalf("printing: %d %s", slips.status, slips.heading())
	}
	code := codeIn(t, slips.body)
	h.get("./slips?class=1").says("imprimé, vaut jusqu’au", "Annuler")

	p := w.stranger()
	asked := p.post("/sign-in", "login", pupil, "password", secret, "next", "/account")
	asked.says("Votre mot de passe doit être renouvelé", "Code du billet")
	p.get("/renew?slip="+code).says(`value="`+code+`"`, "Bonjour")
	p.get("/proof").says("Code du billet")
	if got := p.post("/renew", "code", code, "new", "une marmotte sous la neige", "again", "une autre"); got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, code) {
		t.Errorf("two passwords that differ: %d, and the code is kept: %v", got.status, strings.Contains(got.body, code))
	}
	done := p.post("/renew", "code", code, "new", "une marmotte sous la neige", "again", "une marmotte sous la neige", "next", "/account")
	if done.status != http.StatusSeeOther || done.header.Get("Location") != "/account" {
		t.Fatalf("renewing: %d %s", done.status, done.heading())
	}
	if p.get("/account").status != http.StatusOK {
		t.Error("the new session opens nothing")
	}
	h.get(started.header.Get("Location")).says("1 sur 2")
	again := w.stranger().post("/renew", "login", pupil, "code", code, "new", "encore un autre mot", "again", "encore un autre mot")
	again.says("a déjà servi")
}

// codeIn reads the one code of a PDF of slips.
func codeIn(t *testing.T, pdf string) string {
	t.Helper()
	if _, err := exec.LookPath("pdftotext"); err != nil && os.Getenv("CI") != "true" {
		t.Skip("pdftotext is not installed here (poppler-utils)")
	}
	file := filepath.Join(t.TempDir(), "slips.pdf")
	if err := os.WriteFile(file, []byte(pdf), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	cmd := exec.Command("pdftotext", file, "-")
	cmd.Stdout = &out
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	codes := regexp.MustCompile(`[2-9A-Y]{4}-[2-9A-Y]{4}-[2-9A-Y]{4}`).FindAllString(out.String(), -1)
	if len(codes) != 1 {
		t.Fatalf("the slips bear %q", codes)
	}
	return codes[0]
}

// TestALostSlip is cancelled in one click.
func TestALostSlip(t *testing.T) {
	w := newWorld(t, "2024-03-29T10:00:00")
	h := w.as(head)
	code := codeIn(t, h.post("./slips?all=1", "print", "1", "days", "3").body)
	row := regexp.MustCompile(`name="cancel" value="(\d+)"`).FindStringSubmatch(h.get("./slips?all=1").body)
	if row == nil {
		t.Fatal("there is no button that cancels")
	}
	if got := h.post("./slips?all=1", "cancel", row[1]); got.status != http.StatusSeeOther {
		t.Fatalf("cancelling: %d %s", got.status, got.heading())
	}
	h.get("./slips?all=1").says("annulé")
	w.stranger().post("/renew", "login", pupil, "code", code, "new", "une marmotte sous la neige", "again", "une marmotte sous la neige").says("a été annulé")
}

// TestSlipsAskForAFreshProof, and come back to the same choice.
func TestSlipsAskForAFreshProof(t *testing.T) {
	w := newWorld(t, "2024-03-29T10:00:00")
	h := w.as(head)
	w.clock.Set(w.app.Now().Add(time.Hour))
	got := h.post("./slips?all=1&role=pupil", "print", "all", "days", "14")
	if to := got.header.Get("Location"); !strings.HasPrefix(to, "/proof?next=") || !strings.Contains(to, "role%3Dpupil") {
		t.Errorf("without a fresh proof: %d to %q", got.status, to)
	}
	got = h.post("./campaigns", "role", "pupil", "since", "2024-03-29")
	if got.status != http.StatusUnauthorized || !strings.Contains(got.body, `name="form-since" value="2024-03-29"`) {
		t.Errorf("a campaign without a fresh proof: %d", got.status)
	}
}

// TestACampaignForAFileOfUserNames: the file is read where the form is, what is shown
// is what begins, and the page of the campaign leads to the slips of each class.
func TestACampaignForAFileOfUserNames(t *testing.T) {
	w := newWorld(t, "2024-03-29T10:00:00")
	w.at("2024-03-30T10:00:00")
	h := w.as(head)
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	file, err := form.CreateFormFile("list", "identifiants.txt")
	w.must(err)
	fmt.Fprint(file, "pupil\r\nnobody.here\r\n")
	for _, f := range [][2]string{{"role", "pupil"}, {"since", "2024-03-30"}, {"do", "plan"}} {
		w.must(form.WriteField(f[0], f[1]))
	}
	w.must(form.Close())
	r := h.request(http.MethodPost, "./campaigns", &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	shown := h.ask(r).is(http.StatusOK).says("1 personne devra choisir", "nobody.here", `name="logins" value="pupil nobody.here"`)
	started := h.post("./campaigns", "role", "pupil", "since", "2024-03-30", "logins", shown.field("logins"), "do", "start").is(http.StatusSeeOther)
	w.must(w.app.RunCampaigns(t.Context()))
	page := h.get(started.header.Get("Location")).is(http.StatusOK).says("0 sur 1", "4e B")
	link := regexp.MustCompile(`href="([^"]*/slips[?][^"]*class=1[^"]*)"`).FindStringSubmatch(page.body)
	if link == nil {
		t.Fatal("no link leads to the slips of the class")
	}
	h.get(strings.ReplaceAll(link[1], "&amp;", "&")).is(http.StatusOK).says("Imprimer 1 billet", "4e B")
}

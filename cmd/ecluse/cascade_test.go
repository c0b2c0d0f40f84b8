package main

import (
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestCascade: the letters of 2024, and what came of them, through three processes.
// The first goes from the DSDEN to every école and to no collège, the second to the
// collèges and the lycée. The ministry closes to all adults and lifts it again; a
// collège that closed more by itself stays as its head decided. The host is killed
// in the middle, and loses nothing.
func TestCascade(t *testing.T) {
	c := newCascade(t)
	dasen, secretary := c.dsden.desk("denis.royer"), c.dsden.desk("sonia.carre")
	pupils := func(uai string) string { return c.host.told(uai).access("pupil") }
	if pupils(anEcole) != "write" || pupils(aCollege) != "write" || pupils(aLycee) != "write" {
		t.Fatal("the host is closed before any order: the test proves nothing")
	}

	first, text := c.letter("premier-degre.yaml")
	signed := sign(dasen, secretary, text)
	c.submit("dsden", "FR/13/079", "--database", c.dsden.database)
	c.within(signed, "the first letter is applied", func() bool { return c.host.told(anEcole).holds(first) })
	if !c.host.closed("luc.roy") || c.host.told(anEcole).access("pupil") != "closed" {
		t.Error("a pupil of the école is let in")
	}
	if !c.host.told(aCollege).holds() || !c.host.told(aLycee).holds() || !c.host.told(elsewhere).holds() || !c.host.open("lea.morin") {
		t.Error("the letter to the écoles holds in a collège, in the lycée or beyond the border")
	}

	c.host.kill() // the second is published while the host is away
	second, text := c.letter("second-degre.yaml")
	signed = sign(dasen, secretary, text)
	c.submit("dsden", "FR/13/079", "--database", c.dsden.database)
	c.host.start()
	if !c.host.closed("luc.roy") {
		t.Error("after a kill the host has forgotten the first letter")
	}
	c.within(signed, "the second letter is applied", func() bool { return c.host.told(aCollege).holds(second) && c.host.told(aLycee).holds(second) })
	if !c.host.closed("lea.morin") || !c.host.closed("eva.caron") || !c.host.told(anEcole).holds(first) || !c.host.told(elsewhere).holds() {
		t.Error("the second letter does not hold in the collège and the lycée alone")
	}
	c.answered(first, anEcole)
	c.answered(second, aCollege, aLycee)
	c.ownOrderStays(first, second)
	c.lowerLevelOpensNothing(dasen, secretary)
	for _, i := range []*installation{c.ministry, c.dsden, c.host} {
		i.kill()
		line(t, "journal", "verify", "--database", i.database)
	}
}

// answered: the ministry's board shows an order as applied in these schools and no
// others, by the host that told of it.
func (c *cascade) answered(id string, schools ...string) {
	c.Helper()
	cabinet := c.ministry.desk("rose.blin")
	var file string
	want := func() bool {
		var status int
		status, file = cabinet.page("./board.csv/" + id)
		return status == http.StatusOK && strings.Count(file, ",applied,2") == len(schools)
	}
	// Where the ministry hears of the schools before it knows the order, it is told
	// again a quarter of a minute later.
	for end := time.Now().Add(20 * time.Second); !want() && time.Now().Before(end); {
		time.Sleep(50 * time.Millisecond)
	}
	c.ministry.soon("the board shows "+id+" as applied", want)
	for _, uai := range []string{anEcole, aCollege, aLycee, elsewhere} {
		if strings.Contains(file, uai) != slices.Contains(schools, uai) {
			c.Errorf("the board of %s is for other schools than %v:\n%s", id, schools, file)
		}
	}
}

// ownOrderStays: the ministry closes to adults; a head closes their collège as a
// whole; the ministry lifts its own.
func (c *cascade) ownOrderStays(first, second string) {
	c.Helper()
	cabinet, general := c.ministry.desk("rose.blin"), c.ministry.desk("yves.remy")
	national, text := c.order("FR", "0001", closesAdults)
	signed := sign(cabinet, general, text)
	c.within(signed, "the ministry's order is applied", func() bool {
		return c.host.told(anEcole).holds(first, national) && c.host.told(aCollege).holds(second, national) && c.host.told(elsewhere).holds(national)
	})
	if !c.host.closed("zoe.petit") || !c.host.closed("ines.brun") || !c.host.closed("nina.colin") || !c.host.open("tom.faure") {
		c.Error("the ministry's order does not close adults, and them alone")
	}

	own, text := c.order("FR/13/079/"+aCollege, "0001", closesAll)
	head := c.host.desk("marc.aubry")
	if status, page := head.post("./orders", "do", "issue", "yaml", text); status != http.StatusOK || !strings.Contains(page, own) {
		c.Fatalf("the head's order: %d %s", status, plain(page))
	}
	c.host.kill() // what was acknowledged survives
	c.host.start()
	if !c.host.told(aCollege).holds(second, national, own) {
		c.Errorf("after a kill the collège holds %+v", c.host.told(aCollege).Orders)
	}

	_, text = c.order("FR", "0002", "type: cancel\nreferences: ["+national+"]")
	signed = sign(cabinet, general, text)
	c.within(signed, "the ministry's lift is applied", func() bool { return c.host.told(elsewhere).holds() && c.host.open("nina.colin") })
	if !c.host.told(aCollege).holds(second, own) || !c.host.closed("ines.brun") || !c.host.closed("lea.morin") {
		c.Errorf("the collège's own order did not stay: %+v", c.host.told(aCollege))
	}
	if !c.host.told(anEcole).holds(first) || !c.host.closed("luc.roy") {
		c.Error("the ministry's lift took the letter of the DSDEN with it")
	}
	if !c.host.told(aLycee).holds(second) {
		c.Error("a collège's own order holds in the lycée")
	}
}

// lowerLevelOpensNothing: whoever stands below is refused a reopening at the desk,
// and what is signed and published all the same ends nothing.
func (c *cascade) lowerLevelOpensNothing(dasen, secretary *desk) {
	c.Helper()
	cabinet, general := c.ministry.desk("rose.blin"), c.ministry.desk("yves.remy")
	national, text := c.order("FR", "0003", closesAll)
	signed := sign(cabinet, general, text)
	shut := func() bool {
		return c.host.closed("nina.colin") && c.host.closed("tom.faure") && c.host.closed("ines.brun") && c.host.closed("luc.roy")
	}
	c.within(signed, "all is closed", shut)
	c.dsden.soon("the DSDEN knows it", func() bool { return c.dsden.told(anEcole).lists(national) })

	_, looser := c.order("FR/13/079/"+aCollege, "0002", opensAll)
	_, lift := c.order("FR/13/079/"+aCollege, "0002", "type: cancel\nreferences: ["+national+"]")
	for _, text := range []string{looser, lift} {
		if status, page := c.host.desk("marc.aubry").post("./orders", "do", "issue", "yaml", text); status != http.StatusUnprocessableEntity && status != http.StatusForbidden {
			c.Errorf("a head opens what the ministry closed: %d %s", status, plain(page))
		}
	}
	id, looser := c.order("FR/13/079", "0003", opensAll)
	_, lift = c.order("FR/13/079", "0004", "type: cancel\nreferences: ["+national+"]")
	for _, text := range []string{looser, lift} {
		if status, page := dasen.post("./orders", "do", "propose", "yaml", text); status != http.StatusUnprocessableEntity && status != http.StatusForbidden {
			c.Errorf("a DSDEN proposes to open what the ministry closed: %d %s", status, plain(page))
		}
	}
	// With its own key, past its own console.
	c.submit("dsden", "FR/13/079", write(c.T, "looser.yaml", looser), write(c.T, "lift.yaml", lift))
	c.host.soon("they arrive", func() bool { return c.host.told(anEcole).lists(id) })
	if !shut() {
		c.Error("a lower level opened what the ministry closed")
	}
	_, foreign := c.order("FR", "0004", "type: cancel\nreferences: ["+national+"]")
	mirror := filepath.Join(c.office("dsden"), "mirror")
	status, _, refused := ecluseLine("feed", "submit", mirror, write(c.T, "foreign.yaml", foreign), "--office", "FR/13/079",
		"--keys", c.office("dsden"), "--out", filepath.Join(c.TempDir(), "x.json"))
	if status == 0 || !strings.Contains(refused, "not inside FR/13/079") {
		c.Errorf("a DSDEN signs in the ministry's name: %d %s", status, refused)
	}
}

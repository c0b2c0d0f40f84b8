package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/examples"
)

// The schools of the cascade. All are hosted by the département's host; the last
// stands beyond the border.
const (
	anEcole   = "0799001E"
	aCollege  = "0799101N"
	aLycee    = "0799201X"
	elsewhere = "0869001S"
)

const hostedSchools = "uai,name,degree,sector,territory\n" +
	"0799001E,École des Trois Saules,first,public,FR/13/079/C01\n" +
	"0799101N,Collège de la Rivière Basse,second,public,FR/13/079\n" +
	"0799201X,Lycée des Quatre Vents,second,public,FR/13/079\n" +
	"0869001S,École du Pont Neuf,first,public,FR/13/086\n"

const hostedPeople = "login,first,last,school,role\n" +
	"luc.roy,Luc,Roy,0799001E,pupil\nzoe.petit,Zoé,Petit,0799001E,teacher\n" +
	"marc.aubry,Marc,Aubry,0799101N,head\nlea.morin,Léa,Morin,0799101N,pupil\nines.brun,Inès,Brun,0799101N,teacher\n" +
	"eva.caron,Eva,Caron,0799201X,pupil\n" +
	"tom.faure,Tom,Faure,0869001S,pupil\nnina.colin,Nina,Colin,0869001S,teacher\n"

// A cascade is a ministry, a DSDEN and a département's host, each a process of its
// own on a database of its own, set up by the commands that an administrator types.
type cascade struct {
	*testing.T
	ministry, dsden, host *installation
	feed, keys            string // the ministry's folders
	root, log             string // what followers were given
}

// An installation is one `ecluse serve`, and its people's passwords.
type installation struct {
	*served
	dir, database string
	passwords     map[string]string
}

func newCascade(t *testing.T) *cascade {
	t.Helper()
	dir := t.TempDir()
	c := &cascade{T: t, feed: filepath.Join(dir, "ministry", "feed"), keys: filepath.Join(dir, "ministry", "keys")}
	c.must(os.MkdirAll(filepath.Join(dir, "ministry"), 0o700))
	var founded struct{ Root, Log string }
	c.must(json.Unmarshal([]byte(line(t, "feed", "init", c.feed, "--keys", c.keys, "--name", "orders.example", "--json")), &founded))
	c.root, c.log = founded.Root, founded.Log
	for n := range 3 { // into their safes
		c.must(os.Remove(filepath.Join(c.keys, fmt.Sprintf("root%d.pem", n+1))))
	}

	// The ministry follows its own feed: so its desk knows what offices sign alone.
	own := fmt.Sprintf("follow: {url: 'http://%s/feed', root: feed/1.root.json, log: %s, dir: followed, contact: {phone: 05 49 00 00 00}}\n", ownAddress, c.log)
	c.ministry = c.install(filepath.Join(dir, "ministry"), "feed: {dir: feed, keys: keys}\n"+own, map[string]string{
		"schools.csv": hostedSchools,
		"offices.csv": "login,first,last,territory,title\nrose.blin,Rose,Blin,FR,Cabinet\nyves.remy,Yves,Remy,FR,Secrétariat général\n",
	})
	c.dsden = c.install(filepath.Join(dir, "dsden"), c.following("FR/13/079", ""), map[string]string{
		"schools.csv": hostedSchools,
		"offices.csv": "login,first,last,territory,title\ndenis.royer,Denis,Royer,FR/13/079,Cabinet du DASEN\nsonia.carre,Sonia,Carré,FR/13/079,Secrétariat général\n",
	})
	c.must(os.Mkdir(filepath.Join(dir, "host"), 0o700))
	verifier := strings.TrimSpace(line(t, "follower", "key", filepath.Join(dir, "host", "answers.pem"), "--name", "host.example"))
	line(t, "follower", "add", "host", verifier, "--within", "FR/13", "--database", c.ministry.database)
	c.host = c.install(filepath.Join(dir, "host"), c.following("FR/13", ", answers: {key: answers.pem}"),
		map[string]string{"schools.csv": hostedSchools, "people.csv": hostedPeople})
	c.delegate()
	return c
}

func (c *cascade) must(err error) {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
}

// following is the configuration of a follower. Both files came by another way
// than the feed.
func (c *cascade) following(within, more string) string {
	return fmt.Sprintf("follow: {url: 'http://%s/feed', root: %s, log: %s, dir: followed, within: [%s], contact: {phone: 05 49 00 00 00}%s}\n",
		c.ministry.address, c.root, c.log, within, more)
}

// ownAddress stands, in a configuration, for where the installation listens.
const ownAddress = "OWN-ADDRESS"

// install imports what an installation knows, and serves it.
func (c *cascade) install(dir, config string, tables map[string]string) *installation {
	c.Helper()
	c.must(os.MkdirAll(dir, 0o700))
	for name, header := range map[string]string{"schools.csv": "uai,name,degree,sector\n", "people.csv": "login,first,last,school,role\n"} {
		if tables[name] == "" {
			tables[name] = header
		}
	}
	roster := filepath.Join(dir, "roster")
	c.must(os.MkdirAll(roster, 0o700))
	for name, text := range tables {
		c.must(os.WriteFile(filepath.Join(roster, name), []byte(text), 0o600))
	}
	i := &installation{dir: dir, database: filepath.Join(dir, "e.db"), passwords: map[string]string{}}
	passwords := filepath.Join(dir, "passwords.csv")
	line(c.T, "import", roster, "--database", i.database, "--passwords", passwords)
	i.readPasswords(c, passwords)

	l, err := net.Listen("tcp", "127.0.0.1:0")
	c.must(err)
	i.served = &served{t: c.T, address: l.Addr().String(), config: filepath.Join(dir, "ecluse.yaml")}
	c.must(l.Close())
	c.must(os.WriteFile(i.config, fmt.Appendf(nil, "listen: %s\ndatabase: %s\ngate: {trusted: [127.0.0.1/32], identity: {header: X-Ecluse-User}}\n%s",
		i.address, i.database, strings.ReplaceAll(config, ownAddress, i.address)), 0o600))
	i.start()
	return i
}

func (i *installation) readPasswords(c *cascade, file string) {
	c.Helper()
	data, err := os.ReadFile(file)
	c.must(err)
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(data), "\uFEFF")))
	r.Comma = ';'
	rows, err := r.ReadAll()
	c.must(err)
	login, password := slices.Index(rows[0], "login"), slices.Index(rows[0], "password")
	if login < 0 || password < 0 {
		c.Fatalf("the passwords' columns are %q", rows[0])
	}
	for _, row := range rows[1:] {
		i.passwords[row[login]] = row[password]
	}
}

// delegate lets the académie sign for itself, and by its own key the DSDEN. Neither
// key is ever on the ministry's machine.
func (c *cascade) delegate() {
	c.Helper()
	public := map[string]string{}
	for _, office := range []string{"academie", "dsden"} {
		folder := c.office(office)
		c.must(os.MkdirAll(folder, 0o700))
		public[office] = filepath.Join(folder, "office.pub")
		c.must(os.WriteFile(public[office], []byte(line(c.T, "feed", "key", filepath.Join(folder, "office.pem"))), 0o600))
	}
	line(c.T, "feed", "delegate", c.feed, "FR/13", public["academie"], "--keys", c.keys)
	c.submit("academie", "FR/13", "--delegate", "FR/13/079="+public["dsden"])
}

// office is the folder of an office's keys.
func (c *cascade) office(name string) string {
	return filepath.Join(filepath.Dir(c.ministry.dir), "keys-of-"+name)
}

// submit mirrors the feed, signs over the mirror, and has the host adopt it.
func (c *cascade) submit(office, territory string, what ...string) {
	c.Helper()
	mirror, out := filepath.Join(c.office(office), "mirror"), filepath.Join(c.office(office), "submission.json")
	line(c.T, "feed", "mirror", "http://"+c.ministry.address+"/feed", mirror, "--root", c.root, "--log", c.log)
	line(c.T, append([]string{"feed", "submit", mirror, "--office", territory, "--keys", c.office(office), "--out", out}, what...)...)
	line(c.T, "feed", "adopt", c.feed, out, "--keys", c.keys)
}

// A desk is somebody who is signed in.
type desk struct {
	*installation
	client *http.Client
	login  string
	base   string // of their place's addresses
}

func (i *installation) desk(login string) *desk {
	i.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		i.t.Fatal(err)
	}
	d := &desk{installation: i, client: &http.Client{Jar: jar, Timeout: 20 * time.Second}, login: login}
	_, page := d.post("/sign-in", "login", login, "password", i.passwords[login])
	if d.base = regexp.MustCompile(`/(at/\d+|for/[A-Z0-9-]+)`).FindString(page); d.base == "" {
		i.t.Fatalf("%s finds no place after signing in: %s", login, plain(page))
	}
	return d
}

// post sends a form, given as names and values in turn; an address that begins
// with "." stands under the desk's place.
func (d *desk) post(path string, fields ...string) (int, string) {
	d.t.Helper()
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	return d.read(d.client.PostForm(d.at(path), form))
}

func (d *desk) page(path string) (int, string) {
	d.t.Helper()
	return d.read(d.client.Get(d.at(path)))
}

func (d *desk) at(path string) string {
	if rest, found := strings.CutPrefix(path, "."); found {
		path = d.base + rest
	}
	return "http://" + d.address + path
}

func (d *desk) read(resp *http.Response, err error) (int, string) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// sign issues an order as its authority does: one proposes it and another signs it.
// It returns the instant of the last signature.
func sign(author, second *desk, text string) time.Time {
	t := author.t
	t.Helper()
	status, page := author.post("./orders", "do", "propose", "yaml", text)
	if status != http.StatusOK {
		t.Fatalf("proposing answers %d: %s", status, plain(page))
	}
	_, list := second.page("./orders")
	at := regexp.MustCompile(`href="[^"]*(/proposals/\d+)"`).FindStringSubmatch(list)
	if at == nil {
		t.Fatalf("nothing is to be signed: %s", plain(list))
	}
	signed := time.Now()
	if status, page := second.post("."+at[1], "do", "sign"); status != http.StatusOK {
		t.Fatalf("signing answers %d: %s", status, plain(page))
	}
	return signed
}

var tags = regexp.MustCompile(`<[^>]*>`)

// plain is what a page says, for a failure's message.
func plain(page string) string {
	if at := strings.Index(page, "<main"); at >= 0 {
		page = page[at:]
	}
	return html.UnescapeString(strings.Join(strings.Fields(tags.ReplaceAllString(page, " ")), " "))
}

// A told is what a school's public page says to software.
type told struct {
	Services []struct {
		Service string
		Roles   []struct{ Role, Access string }
	}
	Orders []struct{ ID, State string }
}

func (i *installation) told(uai string) (s told) {
	i.t.Helper()
	status, body := i.get("/ecole/"+uai+"/etat.json", "")
	if status != http.StatusOK {
		return s // it is being restarted
	}
	if err := json.Unmarshal([]byte(body), &s); err != nil {
		i.t.Fatalf("%s: %v", body, err)
	}
	return s
}

// access is what a role may do in the messaging.
func (s told) access(role string) string {
	for _, service := range s.Services {
		for _, r := range service.Roles {
			if service.Service == "messaging" && r.Role == role {
				return r.Access
			}
		}
	}
	return ""
}

// holds reports whether just these orders are in force.
func (s told) holds(ids ...string) bool {
	var list []string
	for _, o := range s.Orders {
		if o.State == "in force" {
			list = append(list, o.ID)
		}
	}
	slices.Sort(list)
	slices.Sort(ids)
	return slices.Equal(list, ids)
}

// lists reports whether an order is in force or announced.
func (s told) lists(id string) bool {
	return slices.ContainsFunc(s.Orders, func(o struct{ ID, State string }) bool { return o.ID == id })
}

// letter is one of the two letters of March 2024, with a number of this year.
func (c *cascade) letter(name string) (id, text string) {
	c.Helper()
	data, err := examples.Letters.ReadFile(name)
	c.must(err)
	text = strings.Replace(string(data), "FR/13/079/2024-", fmt.Sprintf("FR/13/079/%d-", time.Now().Year()), 1)
	return regexp.MustCompile(`FR/13/079/\d{4}-\d{4}`).FindString(text), text
}

// order is an order of this year in short; what names the rest of its lines.
func (c *cascade) order(issuer, number, what string) (id, text string) {
	id = fmt.Sprintf("%s/%d-%s", issuer, time.Now().Year(), number)
	return id, fmt.Sprintf(`order: %s
issuer: %s
title: Essai
applies: {territory: %s}
from: %sT00:00
reason: Des messages menaçants circulent.
contact: {office: Cabinet, phone: "01 02 03 04 05"}
%s
`, id, issuer, issuer, time.Now().AddDate(0, 0, -1).Format(time.DateOnly), what)
}

const (
	closesAdults = "type: issue\nreview: 2100-01-01\nrules: [{roles: [adults], hours: \"off\"}]"
	closesAll    = "type: issue\nreview: 2100-01-01\nrules: [{roles: [pupil, adults], hours: \"off\"}]"
	opensAll     = "type: issue\nreview: 2100-01-01\nrules: [{roles: [pupil, adults], hours: \"24/7\"}]"
)

// within waits until the host tells something, and logs how long after the
// signature it was.
func (c *cascade) within(signed time.Time, what string, so func() bool) {
	c.Helper()
	c.host.soon(what, so)
	c.Logf("%s: %s after the signature", what, time.Since(signed).Round(time.Millisecond))
}

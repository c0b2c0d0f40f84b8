// Package evidence is what is kept of a frozen account for a complaint: one ZIP
// with what it sent, how it was signed in, and how it was frozen.
//
// It is made at the instant of the freeze and never again. SHA256SUMS names the
// SHA-256 (FIPS 180-4) of every other file, in the form that sha256sum -c reads; the
// SHA-256 of SHA256SUMS itself is the seal. Whoever keeps the seal elsewhere, as the
// journal does, can tell later that a file is the one that was made: Verify names
// each file that was changed, added or taken away.
//
// What it holds is as little as a complaint needs: texts, times and addresses.
// Recipients stand in it by number and role; the school knows who they are. Texts
// are French, the language of those who take complaints in.
package evidence

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A Record is what one school's part of a frozen account is about.
type Record struct {
	School   string // its code and name
	Account  string // by number
	Owner    string // the victim: name and role
	Frozen   time.Time
	Why      string
	By       string    // by number
	Since    time.Time // what was sent from then on
	Seen     time.Time // how it was signed in from then on
	Zone     *time.Location
	Messages []Message
	SignIns  []SignIn
}

// A Message is one that was written in the account.
type Message struct {
	ID      int64
	Written time.Time
	Left    time.Time // zero: it waits, and does not leave while the account is frozen
	Alert   bool      // a word to the protection contact
	Subject string
	Text    string
	People  int
	To      []Recipient
}

// A Recipient is somebody who has a message, or would have it.
type Recipient struct {
	Member int64
	Role   string
	Read   time.Time // zero: not read
}

// A SignIn is one trace of how the account was entered.
type SignIn struct {
	What    string // a session, a device, a password that was right
	First   time.Time
	Last    time.Time
	Address string
	Country string
	Browser string // the browser's own description
	Device  string // the beginning of the digest of its mark: equal on one device
}

// Sums is the file that names the SHA-256 of all others.
const Sums = "SHA256SUMS"

// Pack makes the file, and its seal.
func Pack(r Record) (file []byte, seal string, err error) {
	var out bytes.Buffer
	p := packer{zip: zip.NewWriter(&out), at: r.Frozen}
	p.add("LISEZMOI.txt", readme)
	p.add("compte.txt", r.account())
	p.add("messages.csv", r.messages())
	p.add("destinataires.csv", r.recipients())
	p.add("connexions.csv", r.signIns())
	for _, m := range r.Messages {
		p.add(textName(m), m.Subject+"\n\n"+m.Text+"\n")
	}
	sums := p.sums.String()
	p.add(Sums, sums)
	if p.err == nil {
		p.err = p.zip.Close()
	}
	return out.Bytes(), digest(sums), p.err
}

// Name is what a file is called that is handed out.
func Name(account, seal string) string {
	return "preuves-compte-" + account + "-" + seal[:min(8, len(seal))] + ".zip"
}

func digest(content string) string {
	d := sha256.Sum256([]byte(content))
	return hex.EncodeToString(d[:])
}

// A packer fills a ZIP, and stops at the first error.
type packer struct {
	zip  *zip.Writer
	at   time.Time
	sums strings.Builder
	err  error
}

func (p *packer) add(name, content string) {
	if p.err != nil {
		return
	}
	fmt.Fprintf(&p.sums, "%s  %s\n", digest(content), name)
	w, err := p.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: p.at.UTC()})
	if err == nil {
		_, err = w.Write([]byte(content))
	}
	p.err = err
}

// textName is where the text of a message stands, byte for byte.
func textName(m Message) string { return "messages/" + strconv.FormatInt(m.ID, 10) + ".txt" }

const readme = `Preuves conservées d’un compte de messagerie bloqué (Écluse)

La personne à qui appartient le compte est la victime : quelqu’un d’autre a pu s’en servir.

compte.txt          quand, pourquoi et par qui le compte a été bloqué
messages.csv        ce qui a été écrit depuis le compte ; chaque texte est dans le dossier messages
destinataires.csv   à qui, par numéro et par profil ; l’établissement sait qui porte quel numéro
connexions.csv      connexions, appareils et adresses
SHA256SUMS          l’empreinte SHA-256 de chaque fichier

Les heures portent leur décalage avec l’heure universelle. Une apostrophe devant un objet y a été
mise pour qu’un tableur ne le prenne pas pour une formule ; le dossier messages a le texte exact.

Vérifier que rien n’a changé : « ecluse evidence verify FICHIER », ou, une fois le dossier ouvert,
« sha256sum -c SHA256SUMS », puis « sha256sum SHA256SUMS » : cette dernière empreinte est le scellé
inscrit au journal de l’établissement à l’instant où le compte a été bloqué.
`

// account is the freeze, in words.
func (r Record) account() string {
	var b strings.Builder
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%s : %s\n", name, value)
		}
	}
	line("Établissement", r.School)
	line("Compte", r.Account)
	line("Titulaire", r.Owner)
	line("Bloqué le", r.time(r.Frozen))
	line("Motif", r.Why)
	line("Par", r.By)
	line("Messages conservés depuis", r.time(r.Since))
	line("Connexions conservées depuis", r.time(r.Seen))
	return b.String()
}

func (r Record) messages() string {
	rows := [][]string{{"numéro", "écrit", "parti", "genre", "personnes", "objet", "texte"}}
	for _, m := range r.Messages {
		kind, left := "message", r.time(m.Left)
		if m.Alert {
			kind = "mot au contact de protection"
		}
		if m.Left.IsZero() {
			left = "attend"
		}
		rows = append(rows, []string{strconv.FormatInt(m.ID, 10), r.time(m.Written), left, kind, strconv.Itoa(m.People), plain(m.Subject), textName(m)})
	}
	return table(rows)
}

func (r Record) recipients() string {
	rows := [][]string{{"message", "membre", "profil", "lu"}}
	for _, m := range r.Messages {
		for _, to := range m.To {
			rows = append(rows, []string{strconv.FormatInt(m.ID, 10), strconv.FormatInt(to.Member, 10), to.Role, r.time(to.Read)})
		}
	}
	return table(rows)
}

func (r Record) signIns() string {
	rows := [][]string{{"trace", "première", "dernière", "adresse", "pays", "appareil", "navigateur"}}
	for _, s := range r.SignIns {
		rows = append(rows, []string{s.What, r.time(s.First), r.time(s.Last), s.Address, s.Country, s.Device, plain(s.Browser)})
	}
	return table(rows)
}

// time is an instant on the school's clock, with its offset; "" when there is none.
func (r Record) time(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(r.Zone).Format(time.RFC3339)
}

// plain keeps a table's program from taking what somebody typed for a formula.
func plain(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

func table(rows [][]string) string {
	var b strings.Builder
	w := csv.NewWriter(&b)
	_ = w.WriteAll(rows) // a Builder takes everything
	return b.String()
}

package main

import (
	"crypto/rand"
	"fmt"
	"math/big"
	"os"
	"strings"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/demo"
	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

// passwordWords are put together to a password that can be read out loud and
// typed on any keyboard.
var passwordWords = strings.Fields("bassin berge canal chemin colline courant digue eau halage lac marais moulin passerelle pont quai rive roseau ruisseau saule vanne")

// demoPassword is the demonstration's password: drawn once, then kept beside the
// database, whose people cannot sign in with another.
func demoPassword(file string, draw bool) (string, error) {
	kept, _ := os.ReadFile(file) // one that cannot be read is as good as none
	if password := strings.TrimSpace(string(kept)); password != "" {
		return password, nil
	}
	if !draw {
		return "", fmt.Errorf("%s does not hold the password of this demonstration any more: choose another folder with --dir", file)
	}
	var words []string
	for range 4 {
		n, err := rand.Int(rand.Reader, big.NewInt(int64(len(passwordWords))))
		if err != nil {
			return "", err
		}
		words = append(words, passwordWords[n.Int64()])
	}
	password := strings.Join(words, "-")
	if err := os.WriteFile(file, []byte(password+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("keeping the demonstration's password: %w", err)
	}
	return password, nil
}

// A demoPerson is one sign-in, as printed.
type demoPerson struct {
	Login      string `json:"login"`
	Password   string `json:"password"`
	Name       string `json:"name"`
	Role       string `json:"role"`
	School     string `json:"school"`
	SchoolName string `json:"school_name"`
	Degree     string `json:"degree"`
}

// cast is who to sign in as: the faces, and one person of each role in each degree.
func (s stage) cast() []int {
	var cast []int
	seen := map[int]bool{}
	add := func(person int) {
		if person >= 0 && !seen[person] {
			seen[person] = true
			cast = append(cast, person)
		}
	}
	found := map[[2]int]bool{}
	degrees := s.degrees()
	for _, m := range s.Memberships {
		key := [2]int{int(m.Role), int(degrees[m.School])}
		if !found[key] {
			found[key] = true
			add(m.Person)
		}
	}
	for _, f := range s.Faces() {
		add(f.Person)
	}
	return cast
}

func (s stage) degrees() map[school.UAI]school.Degree {
	out := map[school.UAI]school.Degree{}
	for _, sc := range s.Schools {
		out[sc.UAI] = sc.Degree
	}
	return out
}

// people lists the sign-ins: one line for each place of each person of the cast.
func (s stage) people() []demoPerson {
	var out []demoPerson
	names := map[school.UAI]string{}
	degrees := s.degrees()
	for _, sc := range s.Schools {
		names[sc.UAI] = sc.Name
	}
	for _, i := range s.cast() {
		p := demoPerson{Login: s.People[i].Login, Password: s.password, Name: s.People[i].Name()}
		for _, m := range s.Memberships {
			if m.Person == i {
				p.Role, p.School, p.SchoolName, p.Degree = m.Role.String(), string(m.School), names[m.School], degrees[m.School].String()
				out = append(out, p)
			}
		}
		for _, o := range s.Offices {
			if o.Person == i {
				out = append(out, demoPerson{Login: p.Login, Password: p.Password, Name: p.Name, Role: "authority", SchoolName: o.Title})
			}
		}
	}
	return out
}

// accounts are the buttons of the sign-in page.
func (s stage) accounts() []page.DemoAccount {
	var out []page.DemoAccount
	for _, f := range s.Faces() {
		if f.Person >= 0 {
			p := s.People[f.Person]
			out = append(out, page.DemoAccount{Login: p.Login, Name: p.Name(), What: f.Label})
		}
	}
	return out
}

// roster is the invented place as the application takes it in, at an instant on
// the schools' clock. Indexes become numbers by adding one.
func (s stage) roster(now time.Time, hash string) ecluse.Roster {
	r := ecluse.Roster{Territories: map[school.Territory]string{}}
	for _, t := range s.Territories {
		r.Territories[t.Path] = t.Name
	}
	for _, sc := range s.Schools {
		r.Schools = append(r.Schools, ecluse.SchoolEntry{School: sc.School, Contact: store.Contact{
			Phone: sc.Protection.Phone, Email: sc.Protection.Email, Protection: sc.Protection.Office,
		}})
	}
	for i, p := range s.People {
		r.People = append(r.People, account.Person{ID: person(i), Login: p.Login, First: p.First, Last: p.Last, Language: "fr"})
	}
	r.Credentials = s.credentials(now, hash)
	for i, m := range s.Memberships {
		r.Members = append(r.Members, account.Membership{
			School: m.School, ID: member(i), Person: person(m.Person), Role: m.Role, Function: m.Function,
			Name: s.People[m.Person].Name(),
		})
	}
	for _, o := range s.Offices {
		r.Offices = append(r.Offices, account.Office{Person: person(o.Person), Territory: o.Territory, Title: o.Title})
	}
	s.addClasses(&r)
	s.addFamilies(&r)
	s.addLetters(&r, now)
	return r
}

// credentials give everybody who has taken their account over the one password of the
// demonstration. The cast chose it just now.
func (s stage) credentials(now time.Time, hash string) []account.Credential {
	var list []account.Credential
	cast := map[int]bool{}
	for _, i := range s.cast() {
		cast[i] = true
		list = append(list, account.Credential{Person: person(i), Hash: hash, Changed: now})
	}
	for _, p := range s.Passwords {
		if !cast[p.Person] {
			list = append(list, account.Credential{Person: person(p.Person), Hash: hash, Changed: now.Add(-p.Age)})
		}
	}
	return list
}

func person(i int) account.PersonID { return account.PersonID(i + 1) }
func member(i int) school.MemberID  { return school.MemberID(i + 1) }
func classID(i int) message.ClassID { return message.ClassID(i + 1) }

func (s stage) addClasses(r *ecluse.Roster) {
	for i, c := range s.Classes {
		r.Classes = append(r.Classes, message.Class{School: c.School, ID: classID(i), Name: c.Name})
		for _, list := range [][]int{c.Pupils, c.Teachers} {
			for _, m := range list {
				r.Seats = append(r.Seats, ecluse.Seat{School: c.School, Class: classID(i), Member: member(m)})
			}
		}
	}
}

// addFamilies links guardians to children in each school that both belong to.
func (s stage) addFamilies(r *ecluse.Roster) {
	at := map[int]map[school.UAI]int{}
	for i, m := range s.Memberships {
		if at[m.Person] == nil {
			at[m.Person] = map[school.UAI]int{}
		}
		at[m.Person][m.School] = i
	}
	for _, g := range s.Guardians {
		for uai, pupil := range at[g.Child] {
			if guardian, both := at[g.Guardian][uai]; both {
				r.Guardians = append(r.Guardians, ecluse.Guardian{School: uai, Guardian: member(guardian), Pupil: member(pupil)})
			}
		}
	}
}

// addLetters dates the invented letters before now.
func (s stage) addLetters(r *ecluse.Roster, now time.Time) {
	for _, t := range s.Threads {
		thread, last, newest := message.ID(0), message.ID(0), time.Time{}
		var answered *ecluse.Posted
		for _, m := range t.Messages {
			at := schoolHours(now.Add(-m.Age), newest)
			newest = at
			id := message.ID(store.NewID(at))
			if thread == 0 {
				thread = id
			}
			sender := s.Memberships[m.From]
			posted := ecluse.Posted{Message: message.Message{
				School: t.School, ID: id, Thread: thread, ReplyTo: last, Sender: member(m.From),
				From: s.People[sender.Person].Name(), FromRole: sender.Role,
				Subject: t.Subject, Body: m.Body, Audience: s.audience(m), Count: len(m.To), Written: at, Left: at,
			}}
			for _, to := range m.To {
				posted.To = append(posted.To, member(to))
			}
			if answered != nil {
				answered.Read = append(answered.Read, posted.Sender) // who answers has read
			}
			r.Messages = append(r.Messages, posted)
			answered = &r.Messages[len(r.Messages)-1]
			last = id
		}
	}
}

// audience is whom a letter was addressed to, in words.
func (s stage) audience(m demo.Message) []message.Audience {
	if m.Class >= 0 {
		return []message.Audience{{Class: classID(m.Class), Role: m.Role, Label: ecluse.ListLabel(m.Role, s.Classes[m.Class].Name)}}
	}
	var out []message.Audience
	for _, to := range m.To {
		out = append(out, message.Audience{
			Member: member(to), Role: s.Memberships[to].Role, Label: s.People[s.Memberships[to].Person].Name(),
		})
	}
	return out
}

// schoolHours moves an instant of the night into the evening before, when letters
// of a school are written, and never before the letter it answers.
func schoolHours(at, after time.Time) time.Time {
	switch h := at.Hour(); {
	case h < 7:
		at = at.Add(-time.Duration(h+5) * time.Hour)
	case h >= 19:
		at = at.Add(-time.Duration(h-17) * time.Hour)
	}
	if !at.After(after) {
		at = after.Add(10 * time.Minute)
	}
	return at
}

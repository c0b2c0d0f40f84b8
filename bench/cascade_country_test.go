package bench

import (
	"fmt"
	"slices"
	"time"

	application "github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// metropolis are the départements on the clock of Paris, so that an order begins
// at one instant everywhere.
func metropolis() []school.Department {
	return slices.DeleteFunc(school.Departments(), func(d school.Department) bool { return d.Zones[0] != "Europe/Paris" })
}

// schoolsOf are the schools that one installation holds: all of one département.
// Installations that share a département hold different ones.
func schoolsOf(installation, count int) []school.School {
	places := metropolis()
	d := places[installation%len(places)]
	list := make([]school.School, count)
	for i := range list {
		n := installation/len(places)*count + i + 1
		list[i] = school.School{
			UAI: codeOf(d.Code, n), Name: fmt.Sprintf("École %d", n), Degree: school.Degree(i % 5 / 4),
			Parent: d.Territory(), Zone: "Europe/Paris", Calendar: d.Code,
		}
	}
	return list
}

// codeOf is the n-th code of a département, with its check letter.
func codeOf(department string, n int) school.UAI {
	const letters = "ABCDEFGHJKLMNPRSTUVWXYZ"
	digits, sum := fmt.Sprintf("%s%04d", department, n), 0
	for _, c := range digits {
		sum = sum*10 + int(c-'0')
	}
	return school.UAI(digits + letters[sum%23:sum%23+1])
}

// rosterOf is these schools, with a pupil and a teacher in a few of them.
func rosterOf(schools []school.School, peopled int) (r application.Roster) {
	for i, s := range schools {
		r.Schools = append(r.Schools, application.SchoolEntry{School: s})
		if i >= peopled {
			continue
		}
		for j, role := range []school.Role{school.Pupil, school.Teacher} {
			id := account.PersonID(2*i + j + 1)
			login := fmt.Sprintf("%s%d", role, i)
			r.People = append(r.People, account.Person{ID: id, Login: login, First: "P", Last: login, Language: "fr"})
			r.Members = append(r.Members, account.Membership{School: s.UAI, ID: account.MemberID(id), Person: id, Role: role, Name: login})
		}
	}
	return r
}

// academies are the offices that sign in their own name.
func academies() (list []school.Territory) {
	for _, d := range metropolis() {
		if t := school.Territory("FR/" + d.Academy); !slices.Contains(list, t) {
			list = append(list, t)
		}
	}
	return list
}

// history is what years have left in a feed: orders that are over, of académies
// about their départements.
func history(count int) (list []*order.Order, err error) {
	for i := range count {
		places := metropolis()
		d := places[i%len(places)]
		begin := time.Date(2025, 1, 6, 7, 0, 0, 0, time.UTC).Add(time.Duration(i) * time.Hour)
		o, err := order.Parse("history", []byte(fmt.Sprintf(`
order: FR/%s/2025-%04d
issuer: FR/%s
status: actual
type: issue
title: Fermeture temporaire des messageries dans les écoles
basis: Décision du recteur
applies: {territory: %s, degrees: [first]}
from: %s
until: %s
rules:
  - {roles: [pupil], hours: "off"}
  - {roles: [adults], hours: "07:00-23:00"}
reason: Des messages menaçants sont envoyés depuis des comptes usurpés. La messagerie est fermée le temps que les mots de passe soient changés.
contact: {office: Cabinet du recteur, phone: "05 00 00 00 00"}
copies: [Préfecture, Mairies]
`, d.Academy, i/len(places)*100+i%len(places)+1, d.Academy, d.Territory(),
			begin.Format("2006-01-02T15:04"), begin.Add(72*time.Hour).Format("2006-01-02T15:04"))))
		if err != nil {
			return nil, err
		}
		list = append(list, o)
	}
	return list, nil
}

// national closes messaging for every pupil of the country, from now on.
func national(id order.ID, now time.Time) (*order.Order, error) {
	return parseNational(id, now, "type: issue", `rules: [{roles: [pupil], hours: "off"}]`)
}

// lift ends it.
func lift(id, closing order.ID, now time.Time) (*order.Order, error) {
	return parseNational(id, now, "type: cancel", fmt.Sprintf("references: [%s]", closing))
}

func parseNational(id order.ID, now time.Time, kind, more string) (*order.Order, error) {
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		return nil, err
	}
	return order.Parse("bench", []byte(fmt.Sprintf(`
order: %s
issuer: FR
status: actual
%s
title: Fermeture pour les élèves
applies: {territory: FR}
from: %s
%s
reason: Des messages menaçants circulent.
contact: {office: Cabinet, phone: "01 00 00 00 00"}
`, id, kind, now.In(paris).Format("2006-01-02T15:04:05"), more)))
}

// Package ordertest holds short orders that the tests of several floors put in
// force, and the clock by which they are read.
package ordertest

import "time"

// Paris is a wall-clock reading, such as 2024-03-29T19:00:00 or the same without
// seconds, in the zone of the
// tests' schools. It panics on what is no reading: that is a mistake of the test.
func Paris(reading string) time.Time {
	loc, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		panic(err)
	}
	if len(reading) == len("2006-01-02T15:04") {
		reading += ":00"
	}
	t, err := time.ParseInLocation("2006-01-02T15:04:05", reading, loc)
	if err != nil {
		panic(err)
	}
	return t
}

// The two letters of March 2024 in short, and an order that leaves reading open
// at night.
const (
	FirstLetter = `
order: FR/13/079/2024-0001
issuer: FR/13/079
status: actual
type: issue
title: Fermeture dans les écoles
applies: {territory: FR/13/079, degrees: [first]}
from: 2024-03-29T00:00
rules:
  - {roles: [pupil], hours: "off"}
  - {roles: [adults], hours: "07:00-23:00"}
reason: Des messages menaçants circulent.
contact: {office: Cabinet du DASEN, phone: "05 36 49 00 00"}
`
	SecondLetter = `
order: FR/13/079/2024-0002
issuer: FR/13/079
status: actual
type: issue
title: Fermeture dans les collèges et lycées
applies: {territory: FR/13/079, degrees: [second]}
from: 2024-03-29T00:00
rules:
  - {roles: [pupil], hours: "off"}
  - {roles: [adults], hours: "Mo-Fr 07:00-19:00; PH off"}
reason: Des messages menaçants circulent.
contact: {office: Cabinet du DASEN, phone: "05 36 49 00 00"}
`
	ReadOnly = `
order: FR/13/079/2024-0003
issuer: FR/13/079
status: actual
type: issue
title: Lecture seule la nuit
applies: {territory: FR/13/079, degrees: [second]}
from: 2024-03-29T00:00
rules:
  - {roles: [everyone], hours: "07:00-19:00", outside: read}
reason: Préparer la réouverture.
contact: {office: Cabinet du DASEN, phone: "05 36 49 00 00"}
`
)

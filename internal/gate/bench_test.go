package gate_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// country is 60,000 schools in 100 départements and 1,003 orders: three broad
// ones, and 1,000 of circonscriptions and single schools.
func country(tb testing.TB) gate.Source {
	src := gate.Source{Schools: countrySchools(), Calendar: holidays, Cache: gate.NewCache()}
	src.From = unixOf(2024, 1, 1)
	src.To = src.From + 366*86400
	orders := []*order.Order{
		issue("FR", 1, "2024-01-01T00:00").rule(school.Everyone, "07:00-20:00", outside(order.Read)).o,
		issue("FR", 2, "2024-03-29T00:00").degrees(school.First).rule(pupils, "off").rule(school.Adults, "07:00-23:00").o,
		issue("FR", 3, "2024-03-29T00:00").degrees(school.Second).rule(pupils, "off").rule(school.Adults, "Mo-Fr 07:00-19:00; PH off").o,
	}
	for i := range 1000 {
		s := src.Schools[i*60]
		where := s.Territory()
		if i%2 == 0 && s.Parent.Level() == 4 {
			where = s.Parent
		}
		text := fmt.Sprintf("Mo-Fr %02d:00-%02d:00", 6+i%4, 17+i%3)
		o := issue(where, 1000+i, "2024-04-02T00:00").rule(school.Adults, text).o
		orders = append(orders, o)
	}
	set, errs := order.NewSet(orders)
	if len(errs) != 0 {
		tb.Fatal(errs)
	}
	src.Orders = set
	return src
}

func countrySchools() []school.School {
	var out []school.School
	for i := range 60_000 {
		department := 1 + i%100
		number := department*10_000 + 1 + i/100*7
		parent := school.Territory(fmt.Sprintf("FR/%02d/%03d", department%30, department))
		degree := school.First
		if i/100%6 == 0 {
			degree = school.Second
		} else {
			parent += school.Territory(fmt.Sprintf("/C%02d", i/100%13))
		}
		zone := "Europe/Paris"
		if department > 97 {
			zone = []string{"Indian/Reunion", "America/Cayenne", "America/Martinique"}[department-98]
		}
		out = append(out, place(number, parent, degree, zone, fmt.Sprintf("%03d", department)))
	}
	return out
}

func BenchmarkDecide(b *testing.B) {
	src := country(b)
	s, err := gate.Compile(src)
	if err != nil {
		b.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	requests := make([]gate.Request, 1<<12) // few enough not to drive the table out of the cache by themselves
	for i := range requests {
		requests[i] = gate.Request{
			School: fresh(src.Schools[random.IntN(len(src.Schools))].UAI), Role: school.Role(random.IntN(school.RoleCount)),
			Member: random.Int64(), At: src.From + random.Int64N(src.To-src.From), Facts: gate.Compliant(),
		}
	}
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		if d := s.Decide(requests[i&(1<<12-1)]); d.Unknown {
			b.Fatal("nothing is known")
		}
	}
}

// fresh is a copy of its own, laid beside the last one: whoever asks has just
// touched the code, so its being far away is no cost of deciding.
func fresh(u school.UAI) school.UAI { return school.UAI(strings.Clone(string(u))) }

func BenchmarkCompile(b *testing.B) {
	src := country(b)
	for _, c := range []struct {
		name  string
		cache func()
	}{{"again", func() {}}, {"first", func() { src.Cache = gate.NewCache() }}} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.cache()
				if _, err := gate.Compile(src); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkExplain(b *testing.B) {
	book := country(b)
	s, err := gate.Compile(book)
	if err != nil {
		b.Fatal(err)
	}
	r := gate.Request{School: book.Schools[7].UAI, Role: school.Teacher, At: unixOf(2024, 4, 5) + 20*3600}
	for b.Loop() {
		s.Explain(r)
	}
}

// unixOf is midnight UTC of a day.
func unixOf(year int, month time.Month, day int) int64 {
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix()
}

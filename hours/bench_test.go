package hours

import (
	"testing"
	"time"
)

func paris(tb testing.TB) *Zone {
	z, err := LoadZone("Europe/Paris")
	if err != nil {
		tb.Fatal(err)
	}
	return z
}

func mustParse(tb testing.TB, value string) *Hours {
	tb.Helper()
	h, err := Parse(value)
	if err != nil {
		tb.Fatal(err)
	}
	return h
}

func unix(y int, m time.Month, d int) int64 { return int64(NewDate(y, m, d)) * 86400 }

// schoolDays is a calendar with the fixed national holidays of some years.
func fixedHolidays() Calendar {
	var in []Date
	for y := 2020; y < 2030; y++ {
		for _, md := range [][2]int{{1, 1}, {5, 1}, {5, 8}, {7, 14}, {8, 15}, {11, 1}, {11, 11}, {12, 25}} {
			in = append(in, NewDate(y, time.Month(md[0]), md[1]))
		}
		in = append(in, easterSunday(y)+1, easterSunday(y)+39, easterSunday(y)+50)
	}
	return Calendar{Public: NewDays(NewDate(2020, 1, 1), NewDate(2029, 12, 31), in...)}
}

// BenchmarkScheduleAt asks for the state and the next change together.
func BenchmarkScheduleAt(b *testing.B) {
	s := mustParse(b, "Mo-Fr 07:00-19:00; PH off").Compile(paris(b), fixedHolidays(), unix(2024, 1, 1), unix(2026, 1, 1))
	at := unix(2024, 3, 29)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		s.At(at + int64(i&8191)*601)
	}
}

func BenchmarkCompileTwoYears(b *testing.B) {
	h, z, cal := mustParse(b, "Mo-Fr 07:00-19:00; PH off"), paris(b), fixedHolidays()
	b.ReportAllocs()
	for b.Loop() {
		h.Compile(z, cal, unix(2024, 1, 1), unix(2026, 1, 1))
	}
}

func BenchmarkCompileAlwaysOff(b *testing.B) {
	h, z, cal := mustParse(b, "off"), paris(b), fixedHolidays()
	for b.Loop() {
		h.Compile(z, cal, unix(2024, 1, 1), unix(2026, 1, 1))
	}
}

func BenchmarkCompileRareDay(b *testing.B) {
	h, z, cal := mustParse(b, "2024 Mar 29-2024 Apr 15 off"), paris(b), fixedHolidays()
	for b.Loop() {
		h.Compile(z, cal, unix(2024, 1, 1), unix(2026, 1, 1))
	}
}

func BenchmarkParse(b *testing.B) {
	for b.Loop() {
		mustParse(b, "Mo-Fr 07:00-19:00; PH off")
	}
}

func BenchmarkLoadZone(b *testing.B) {
	for b.Loop() {
		paris(b)
	}
}

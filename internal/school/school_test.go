package school

import (
	"strings"
	"testing"
)

func TestUAI(t *testing.T) {
	for _, s := range []string{"0750655E", "0750654D", "6200001G", "0870003F", "0400740M"} {
		if u, err := ParseUAI(s); err != nil || string(u) != s {
			t.Errorf("ParseUAI(%q) = %q, %v", s, u, err)
		}
	}
	refuse := map[string]string{
		"0000000V":  "check letter",
		"0000000A":  "check letter",
		"0750655F":  "is E",
		"075065E":   "seven digits",
		"07506550E": "seven digits",
		"075O655E":  "character 4",
		"0750655e":  "check letter",
		"":          "seven digits",
	}
	for s, want := range refuse {
		if _, err := ParseUAI(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParseUAI(%q) = %v, want an error with %q", s, err, want)
		}
	}
}

func FuzzParseUAI(f *testing.F) {
	for _, s := range []string{"0750655E", "6200001G", "0000000V", "", "é", "0750655\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := ParseUAI(s)
		if err != nil {
			return
		}
		if string(u) != s || len(u.Department()) != 3 {
			t.Fatalf("ParseUAI(%q) = %q", s, u)
		}
		// One wrong letter never passes: that is what the letter is for.
		for _, c := range uaiLetters {
			if _, err := ParseUAI(s[:7] + string(c)); (err == nil) != (byte(c) == s[7]) {
				t.Fatalf("letter %c of %s: %v", c, s, err)
			}
		}
	})
}

// made is a school as a file would bring it.
func made(uai, parent string) (School, error) {
	return New(UAI(uai), "École des Trois Saules", First, Public, Territory(parent))
}

func TestNewDerivesClockAndCalendar(t *testing.T) {
	for _, c := range []struct{ uai, parent, zone, calendar string }{
		{"0790001X", "FR/13/079/C01", "Europe/Paris", "079"},
		{"6200001G", "FR/27/620", "Europe/Paris", "620"},
		{code("973"), "FR/33/973", "America/Cayenne", "973"},
		{code("975"), "FR/44/975", "America/Miquelon", "975"},
		{code("983"), "FR/40/988", "Pacific/Noumea", "988"},
		{code("984"), "FR/41/987", "Pacific/Tahiti", "987"},
		{code("971"), "FR/32/978", "America/Guadeloupe", "971"},
	} {
		s, err := made(c.uai, c.parent)
		if err != nil {
			t.Errorf("%s under %s: %v", c.uai, c.parent, err)
		}
		if s.Zone != c.zone || s.Calendar != c.calendar {
			t.Errorf("%s: %s %s, want %s %s", c.uai, s.Zone, s.Calendar, c.zone, c.calendar)
		}
	}
}

// code is the first school code of a département.
func code(department string) string {
	for _, c := range uaiLetters {
		if u, err := ParseUAI(department + "0001" + string(c)); err == nil {
			return string(u)
		}
	}
	return ""
}

func TestValidateRefuses(t *testing.T) {
	good, err := made("0790001X", "FR/13/079")
	if err != nil {
		t.Fatal(err)
	}
	refuse := func(why string, change func(*School)) {
		t.Helper()
		s := good
		change(&s)
		if err := s.Validate(); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("Validate() = %v, want an error with %q", err, why)
		}
	}
	refuse("correct one of them", func(s *School) { s.Parent = "FR/13/086" })
	refuse("correct one of them", func(s *School) { s.Parent = "FR/14/079" })
	refuse("not a département or a circonscription", func(s *School) { s.Parent = "FR/13" })
	refuse("begins with FR", func(s *School) { s.Parent = "" })
	refuse("check letter", func(s *School) { s.UAI = "0790001Y" })
	refuse("no name", func(s *School) { s.Name = " " })
	refuse("time zone", func(s *School) { s.Zone = "Europe/Berlin" })
	refuse("not a calendar", func(s *School) { s.Calendar = "D" })
	refuse("degree", func(s *School) { s.Degree = DegreeCount })

	good.Zone = "Pacific/Marquesas"
	if err := good.Validate(); err != nil {
		t.Errorf("a clock set on the school itself: %v", err)
	}
	if s, err := New("9990001B", "x", First, Public, "FR/99/999"); err == nil {
		t.Errorf("a code of no département made %+v", s)
	}
}

func TestWords(t *testing.T) {
	for d := range Degree(DegreeCount) {
		if got, err := ParseDegree(d.String()); err != nil || got != d {
			t.Errorf("%v: %v, %v", d, got, err)
		}
	}
	for s := range Sector(SectorCount) {
		if got, err := ParseSector(s.String()); err != nil || got != s {
			t.Errorf("%v: %v, %v", s, got, err)
		}
	}
	if _, err := ParseDegree("third"); err == nil {
		t.Error("there is no third degree")
	}
	if got := Degree(7).String(); got != "degree(7)" {
		t.Errorf("Degree(7) = %q", got)
	}
}

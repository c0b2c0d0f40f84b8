package message

import (
	"strings"
	"testing"

	"github.com/ecluse-ecole/ecluse/internal/fault"
	. "github.com/ecluse-ecole/ecluse/internal/school"
)

func TestDefaultMatrix(t *testing.T) {
	m := DefaultMatrix()
	check := func(from, to Role, tie Tie, want bool) {
		t.Helper()
		if got := m.Allows(from, to, tie); got != want {
			t.Errorf("%v to %v with %+v: %v, want %v", from, to, tie, got, want)
		}
	}
	allow := func(from, to Role, tie Tie) { t.Helper(); check(from, to, tie, true) }
	deny := func(from, to Role, tie Tie) { t.Helper(); check(from, to, tie, false) }
	stranger, class, answer := Tie{}, Tie{Class: true}, Tie{Answers: true}

	deny(Pupil, Pupil, class)
	deny(Pupil, Pupil, answer)
	deny(Pupil, Guardian, class)
	allow(Pupil, Teacher, class)
	deny(Pupil, Teacher, stranger)
	allow(Pupil, Staff, stranger)
	deny(Pupil, Head, stranger)
	allow(Pupil, Head, answer)
	allow(Guardian, Teacher, class)
	deny(Guardian, Teacher, stranger)
	allow(Guardian, Teacher, answer)
	allow(Guardian, Head, stranger)
	deny(Guardian, Guardian, class)
	allow(Teacher, Guardian, class)
	deny(Teacher, Guardian, stranger)
	allow(Teacher, Teacher, stranger)
	allow(Head, Pupil, stranger)

	if m.AllowsClass(Guardian, Teacher, true) || m.AllowsClass(Pupil, Teacher, true) {
		t.Error("pupils and guardians may write to lists")
	}
	if !m.AllowsClass(Teacher, Guardian, true) || m.AllowsClass(Teacher, Guardian, false) {
		t.Error("a teacher writes to the guardians of own classes, and of those only")
	}
}

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"bonjour\r\nà tous\r":       "bonjour\nà tous",
		"e\u0301le\u0300ve":         "élève",
		"caf\xe9":                   "caf\uFFFD",
		"\u202Egnp.\u202Cphoto\x00": "gnp.photo",
		"a\tb  \n\n":                "a\tb",
	} {
		if got := Clean(in); got != want {
			t.Errorf("Clean(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestCheck(t *testing.T) {
	refuse := func(subject, body string) {
		t.Helper()
		if err := Check(subject, body); !fault.Is(err, fault.Invalid) {
			t.Errorf("Check(%.20q, %.20q) = %v, want a refusal", subject, body, err)
		}
	}
	refuse("", "texte")
	refuse("objet", " \n ")
	refuse("deux\nlignes", "texte")
	refuse(strings.Repeat("é", MaxSubject+1), "texte")
	refuse("objet", strings.Repeat("é", MaxBody+1))
	if err := Check(strings.Repeat("é", MaxSubject), strings.Repeat("é", MaxBody)); err != nil {
		t.Error(err)
	}
}

func TestReplySubject(t *testing.T) {
	once := ReplySubject("Sortie")
	if once != "Re\u00a0: Sortie" || ReplySubject(once) != once {
		t.Errorf("ReplySubject = %q, then %q", once, ReplySubject(once))
	}
	if n := len([]rune(ReplySubject(strings.Repeat("x", MaxSubject)))); n > MaxSubject {
		t.Errorf("an answer's subject has %d characters", n)
	}
}

func TestPreview(t *testing.T) {
	if got := Preview(" deux\n\n mots "); got != "deux mots" {
		t.Errorf("Preview = %q", got)
	}
	if got := []rune(Preview(strings.Repeat("é ", 300))); len(got) != 120 || got[119] != '…' {
		t.Errorf("a long preview has %d characters", len(got))
	}
}

func TestReachWords(t *testing.T) {
	for r := range Reach(ReachCount) {
		if got, err := ParseReach(r.String()); got != r || err != nil {
			t.Errorf("ParseReach(%q) = %v, %v", r, got, err)
		}
	}
	if _, err := ParseReach("all"); err == nil {
		t.Error("an unknown reach was read")
	}
}

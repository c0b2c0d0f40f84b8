package roster

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ecluse-ecole/ecluse/internal/school"
)

const (
	schoolsOK = "uai,name,degree,sector,territory,zone,calendar,phone,email,protection\n" +
		"0799001E,École des Trois Saules,first,public,FR/13/079/C01,,,05 36 49 00 01,ecole@trois-saules.example,Direction\n" +
		"9870001M,École de la Vallée Haute,first,public,FR/41/987,Pacific/Marquesas,,,,\n"
	peopleOK = "login,first,last,school,role,function,classes,children\n" +
		"lea.morin,Léa,Morin,0799001E,pupil,,CM2,\n" +
		"anna.morin,Anna,Morin,0799001E,guardian,,,lea.morin\n" +
		"anna.morin,Anna,Morin,0799001E,teacher,professeure des écoles,CM1|CM2,\n"
	officesOK = "login,first,last,territory,title\n" +
		"jean.duval,Jean,Duval,FR/13/079,\"direction académique, cabinet\"\n" +
		"anna.morin,Anna,Morin,FR/13/079/C01,inspection\n"
)

func folder(schools, people, offices string) map[string][]byte {
	files := map[string][]byte{}
	for name, text := range map[string]string{SchoolsFile: schools, PeopleFile: people, OfficesFile: offices} {
		if text != "" {
			files[name] = []byte(text)
		}
	}
	return files
}

func parsed(t *testing.T, schools, people, offices string) Roster {
	t.Helper()
	r, err := Parse(folder(schools, people, offices))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestParse(t *testing.T) {
	got := parsed(t, schoolsOK, peopleOK, officesOK)
	want := Roster{
		Schools: []School{
			{School: school.School{
				UAI: "0799001E", Name: "École des Trois Saules", Parent: "FR/13/079/C01", Zone: "Europe/Paris", Calendar: "079",
			}, Phone: "05 36 49 00 01", Email: "ecole@trois-saules.example", Protection: "Direction"},
			{School: school.School{
				UAI: "9870001M", Name: "École de la Vallée Haute", Parent: "FR/41/987", Zone: "Pacific/Marquesas", Calendar: "987",
			}},
		},
		People: []Person{
			{Place{PeopleFile, 2}, "lea.morin", "Léa", "Morin", nil, ""},
			{Place{PeopleFile, 3}, "anna.morin", "Anna", "Morin", nil, ""},
			{Place{OfficesFile, 2}, "jean.duval", "Jean", "Duval", nil, ""},
		},
		Members: []Member{
			{Person: 0, School: "0799001E", Role: school.Pupil, Classes: []int{0}},
			{Person: 1, School: "0799001E", Role: school.Guardian, Children: []int{0}},
			{Person: 1, School: "0799001E", Role: school.Teacher, Function: "professeure des écoles", Classes: []int{1, 0}},
		},
		Classes: []Class{{"0799001E", "CM2"}, {"0799001E", "CM1"}},
		Offices: []Office{{2, "FR/13/079", "direction académique, cabinet"}, {1, "FR/13/079/C01", "inspection"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestSpellings: what spreadsheets do to a file changes nothing.
func TestSpellings(t *testing.T) {
	want := parsed(t, schoolsOK, peopleOK, "")
	same := func(schools, people string) {
		t.Helper()
		if diff := cmp.Diff(want, parsed(t, schools, people, "")); diff != "" {
			t.Error(diff)
		}
	}
	same("\uFEFF"+schoolsOK, "\uFEFF"+peopleOK)
	same(strings.ReplaceAll(schoolsOK, ",", ";"), strings.ReplaceAll(peopleOK, ",", ";"))
	same(strings.ReplaceAll(schoolsOK, "\n", "\r\n"), strings.ReplaceAll(peopleOK, "\n", "\r\n"))
	same(schoolsOK+",,,,,,,,,\n", peopleOK+"\n\n")
	same(schoolsOK, strings.Replace(peopleOK, "lea.morin,Léa", " LEA.Morin ,Le\u0301a", 1))
	same(schoolsOK, strings.Replace(peopleOK, "login,first", "Login, First", 1))
	same(schoolsOK, strings.Replace(peopleOK, "CM1|CM2", "CM1 | CM2", 1))
}

// TestColumns: by name, in any order, the optional ones left out.
func TestColumns(t *testing.T) {
	r := parsed(t,
		"sector,degree,name,uai,pupils,guardians,teachers,staff\npublic,second,Collège de la Rivière Basse,0799101N,412,655,31,19\n",
		"role,school,last,first,login\nhead,0799101N,Petit,Zoé,zoe.petit\n", "")
	if s := r.Schools[0]; s.Parent != "FR/13/079" || s.Degree != school.Second || s.Zone != "Europe/Paris" {
		t.Errorf("school %+v", s)
	}
	if m := r.Members[0]; m.Role != school.Head || r.People[0].First != "Zoé" {
		t.Errorf("member %+v of %+v", m, r.People[0])
	}
}

// refuse wants exactly these errors, each told by its beginning.
func refuse(t *testing.T, files map[string][]byte, want ...string) {
	t.Helper()
	_, err := Parse(files)
	errs, _ := err.(Errors)
	ok := len(errs) == len(want)
	for i := 0; ok && i < len(want); i++ {
		ok = strings.HasPrefix(errs[i].Error(), want[i])
	}
	if !ok {
		t.Errorf("got:\n%v\nwant:\n%s", err, strings.Join(want, "\n"))
	}
}

func TestRefuseSchools(t *testing.T) {
	schools := func(line string, want ...string) {
		t.Helper()
		head, _, _ := strings.Cut(schoolsOK, "\n")
		refuse(t, folder(head+"\n"+line+"\n", "login,first,last,school,role\n", ""), want...)
	}
	schools("0799001A,École,first,public,,,,,,", `schools.csv:2: "0799001A" is not a school code (UAI): the check letter of 0799001 is E`)
	schools("0799001E,École,primary,public,,,,,,", `schools.csv:2: "primary" is not a degree`)
	schools("0799001E,École,first,,,,,,,", `schools.csv:2: "" is not a sector`)
	schools("0799001E,,first,public,FR/13/016,,,,,", "schools.csv:2: school 0799001E: its code says FR/13/079", "schools.csv:2: school 0799001E has no name")
	schools("0799001E,École,first,public,,Europe/London,,,,", `schools.csv:2: school 0799001E: "Europe/London" is not a time zone of French schools`)
	schools("0799001E,École,first,public,,,D,,,", `schools.csv:2: school 0799001E: "D" is not a calendar`)
	schools("0799001E,École,first,public,,,,,ecole at exemple,", `schools.csv:2: "ecole at exemple" is not an e-mail address`)
	schools("0799001E,École,first,public,,,,,,\n0799001E,École,first,public,,,,,,", "schools.csv:3: school 0799001E stands on line 2 already")
	schools("0799001E,École,first,public", "schools.csv:2: the line has 4 fields and the header 10")
}

func TestAliases(t *testing.T) {
	const head = "login,first,last,school,role,aliases\n"
	r, err := Parse(folder(schoolsOK, head+"a,A,B,0799001E,staff,A@College.example|e12\na,A,B,0799001E,teacher,e12\n", ""))
	if err != nil || !slices.Equal(r.People[0].Aliases, []string{"a@college.example", "e12"}) {
		t.Errorf("%v, %v", r.People, err)
	}
	refuse(t, folder(schoolsOK, head+"a,A,B,0799001E,staff,x y\n", ""), `people.csv:2: alias "x y" is no login`)
	refuse(t, folder(schoolsOK, head+"a,A,B,0799001E,staff,e1\nb,A,B,0799001E,staff,e1\n", ""), "people.csv:3: alias e1 is that of a already")
	refuse(t, folder(schoolsOK, head+"a,A,B,0799001E,staff,b\nb,A,B,0799001E,staff,\n", ""), "people.csv:2: alias b of a is the login of another person in people.csv:3")
}

func TestRefusePeople(t *testing.T) {
	people := func(lines string, want ...string) {
		t.Helper()
		refuse(t, folder(schoolsOK, peopleOK+lines+"\n", ""), want...)
	}
	people("a,A,B,0799001E,élève,,,", `people.csv:5: "élève" is not a role: want one of pupil, guardian, teacher, staff, head`)
	people("a,A,B,0799002F,staff,,,", `people.csv:5: school "0799002F" is not in schools.csv: add it there`)
	people("a,A,B,,staff,,,", `people.csv:5: school "" is not in schools.csv`)
	people(",A,B,0799001E,staff,,,", `people.csv:5: login "" is empty`)
	people("=a1,A,B,0799001E,staff,,,", `people.csv:5: login "=a1" is no login`)
	people("a b,A,B,0799001E,staff,,,", `people.csv:5: login "a b" is no login`)
	people("a,,+B,0799001E,staff,,,", "people.csv:5: first is empty", `people.csv:5: last is "+B"`)
	people("a,A,\"B\nC\",0799001E,staff,,,", "people.csv:5: last holds a line break")
	people("a,"+strings.Repeat("A", 201)+",B,0799001E,staff,,,", "people.csv:5: first has more than 200 characters")
	people("LEA.morin,Léo,Morin,9870001M,pupil,,CP,", "people.csv:5: login lea.morin is Léo Morin here and Léa Morin in people.csv:2")
	people("lea.morin,Léa,Morin,0799001E,pupil,,CM1,", "people.csv:5: lea.morin is pupil of 0799001E on an earlier line already")

	people("a,A,B,0799001E,head,,CM2,", "people.csv:5: a head has no classes")
	people("a,A,B,0799001E,pupil,,cm 2,", `people.csv:5: class "cm 2" is written "CM2" on an earlier line`)
	people("a,A,B,0799001E,teacher,,CM2||CM1,", "people.csv:5: a name in classes is empty")
	people("a,A,B,0799001E,teacher,,CM2|CM2,", `people.csv:5: class "CM2" stands twice`)

	people("a,A,B,0799001E,guardian,,,", "people.csv:5: a guardian has no children here")
	people("a,A,B,0799001E,staff,,,lea.morin", "people.csv:5: a staff has no children")
	people("a,A,B,0799001E,guardian,,,lea.moran", `people.csv:5: child "lea.moran" is nobody's login`)
	people("a,A,B,0799001E,guardian,,,anna.morin", `people.csv:5: child "anna.morin" is not a pupil of 0799001E`)
	people("a,A,B,9870001M,guardian,,,lea.morin", `people.csv:5: child "lea.morin" is not a pupil of 9870001M`)
	people("a,A,B,0799001E,guardian,,,lea.morin|LEA.MORIN", `people.csv:5: child "LEA.MORIN" stands twice`)
	people(`a,"A"B,C,0799001E,staff,,,`, "people.csv:5: a quotation mark")
}

func TestRefuseOffices(t *testing.T) {
	offices := func(line string, want ...string) {
		t.Helper()
		refuse(t, folder(schoolsOK, peopleOK, officesOK+line+"\n"), want...)
	}
	offices("a,A,B,Deux-Sèvres,cabinet", `offices.csv:4: "Deux-Sèvres" is not a territory`)
	offices("a,A,B,FR/13/078,cabinet", "offices.csv:4: FR/13/078 does not exist")
	offices("a,A,B,FR/99,cabinet", "offices.csv:4: FR/99 does not exist")
	offices("a,A,B,FR/13/079/0799101N,direction", "offices.csv:4: FR/13/079/0799101N is a school")
	offices("a,A,B,FR,", "offices.csv:4: title is empty")
	offices("jean.duval,Jean,Duval,FR/13/079,secrétariat", "offices.csv:4: jean.duval has an office for FR/13/079 on line 2 already")
	offices("jean.duval,Jeanne,Duval,FR,cabinet", "offices.csv:4: login jean.duval is Jeanne Duval here and Jean Duval in offices.csv:2")
}

func TestRefuseFiles(t *testing.T) {
	refuse(t, nil, "schools.csv: the file is missing", "people.csv: the file is missing")
	refuse(t, folder("", "login,first,last,school,role\n", ""), "schools.csv: the file is missing")
	refuse(t, folder("\n", peopleOK, ""), "schools.csv:1: the file has no header line")
	refuse(t, folder("uai,name,degree,secteur,name\n", peopleOK, ""),
		`schools.csv:1: "secteur" is not a column of this file: the columns are uai, name, degree, sector, territory`,
		"schools.csv:1: the column name stands twice", "schools.csv:1: the column sector is missing")
	refuse(t, folder(schoolsOK, "login,first,last,school,role\nzo\xe9,Zoé,Petit,0799001E,staff\n", ""), "people.csv:2: the text is not in UTF-8")
	refuse(t, folder(schoolsOK, "login,first,last,school,role\nzoe,ZoÃ©,Petit,0799001E,staff\n", ""), "people.csv:2: the text is not in UTF-8")
	strange := folder(schoolsOK, peopleOK, "")
	strange["office.csv"] = []byte(officesOK)
	refuse(t, strange, "office.csv: this is no file of a roster: want schools.csv, people.csv, offices.csv")
}

// TestToldAtOnce: many mistakes are told together, the first twenty of them.
func TestToldAtOnce(t *testing.T) {
	_, err := Parse(folder(schoolsOK+"0799001A,École,first,public,,,,,,\n", peopleOK+strings.Repeat("a,A,B,0799002F,staff,,,\n", 30), ""))
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != 21 || lines[20] != "and 11 more" || !strings.HasPrefix(lines[0], "schools.csv:4: ") || !strings.HasPrefix(lines[19], "people.csv:23: ") {
		t.Errorf("%d lines:\n%v", len(lines), err)
	}
}

// FuzzParse wants any folder to be refused with places, or to be a roster whose
// parts all refer to something.
func FuzzParse(f *testing.F) {
	f.Add([]byte(schoolsOK), []byte(peopleOK), []byte(officesOK))
	f.Add([]byte("uai;name;degree;sector\n"), []byte("\uFEFFlogin;first;last;school;role\n"), []byte(nil))
	f.Add([]byte("uai,name,degree,sector\n\"a"), []byte("login\n"), []byte("\xff"))
	f.Fuzz(func(t *testing.T, schools, people, offices []byte) {
		r, err := Parse(map[string][]byte{SchoolsFile: schools, PeopleFile: people, OfficesFile: offices})
		if err != nil {
			for _, e := range err.(Errors) {
				if e.File == "" || e.Text == "" || strings.ContainsAny(e.Error(), "\n\r") {
					t.Fatalf("an error without a place, a text or in two lines: %q", e.Error())
				}
			}
			return
		}
		whole(t, r)
	})
}

// whole verifies that a roster refers to nothing that is not in it.
func whole(t *testing.T, r Roster) {
	t.Helper()
	logins := map[string]bool{}
	for _, p := range r.People {
		if p.Login == "" || p.First == "" || p.Last == "" || logins[p.Login] {
			t.Fatalf("person %+v", p)
		}
		logins[p.Login] = true
	}
	for _, m := range r.Members {
		if !slices.ContainsFunc(r.Schools, func(s School) bool { return s.UAI == m.School }) {
			t.Fatalf("member of no school: %+v", m)
		}
		for _, c := range m.Classes {
			if r.Classes[c].School != m.School {
				t.Fatalf("a class of another school: %+v", m)
			}
		}
		for _, c := range m.Children {
			if child := r.Members[c]; child.School != m.School || child.Role != school.Pupil {
				t.Fatalf("a child that is no pupil there: %+v", m)
			}
		}
	}
	for _, o := range r.Offices {
		if o.Person >= len(r.People) || o.Title == "" {
			t.Fatalf("office %+v", o)
		}
	}
}

package stolen

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"pgregory.net/rapid"
)

// read is all readings of a list.
func read(t interface {
	Helper()
	Fatal(...any)
}, list string) (claims []Claim, r *Reader) {
	t.Helper()
	r = NewReader(strings.NewReader(list))
	for {
		some, err := r.Next()
		if errors.Is(err, io.EOF) {
			return claims, r
		}
		if err != nil {
			t.Fatal(err)
		}
		claims = append(claims, some...)
	}
}

// TestEveryVariant: one account, as lists write it.
func TestEveryVariant(t *testing.T) {
	const host, login, password = "ent.example", "jean.petit", "pa:ss;wo|rd"
	utf16le := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune("https://ent.example/:jean.petit:pa:ss;wo|rd\r\n")) {
		utf16le = append(utf16le, byte(u), byte(u>>8))
	}
	for _, list := range []string{
		"https://ent.example:jean.petit:pa:ss;wo|rd",
		"https://ent.example/login?x=1:jean.petit:pa:ss;wo|rd\r\n",
		"https://ent.example:8443/login:jean.petit:pa:ss;wo|rd",
		"https://ent.example:8443:jean.petit:pa:ss;wo|rd",
		"HTTPS://ENT.example/login;jsessionid=A1;jean.petit;pa:ss;wo|rd",
		"https://ent.example/login;jean.petit;pa:ss;wo|rd",
		"https://ent.example/login|jean.petit|pa:ss;wo|rd",
		"https://ent.example/login\tjean.petit\tpa:ss;wo|rd",
		"https://ent.example/login jean.petit pa:ss;wo|rd",
		"https://ent.example/login,jean.petit,pa:ss;wo|rd",
		"ent.example:jean.petit:pa:ss;wo|rd",
		"ent.example/auth/login:jean.petit:pa:ss;wo|rd",
		"ent.example:443:jean.petit:pa:ss;wo|rd",
		"\uFEFFhttps://ent.example/:jean.petit:pa:ss;wo|rd",
		`"https://ent.example/login","jean.petit","pa:ss;wo|rd"`,
		`"https://ent.example/login";"jean.petit";"pa:ss;wo|rd"`,
		"'https://ent.example/login':'jean.petit':'pa:ss;wo|rd'",
		`{"url":"https://ent.example/login","username":"jean.petit","password":"pa:ss;wo|rd"}`,
		`{"URL":"https://ent.example","Login":"jean.petit","Pass":"pa:ss;wo|rd","id":7},`,
		`[{"host":"ent.example","user":"jean.petit","password":"pa:ss;wo|rd"}]`,
		"[\n  {\"domain\": \"ent.example\", \"username\": null, \"email\": \"jean.petit\", \"password\": \"pa:ss;wo|rd\"}\n]\n",
		"jean.petit:pa:ss;wo|rd:https://ent.example/login",
		"jean.petit|pa:ss;wo|rd|https://ent.example/login",
		"URL: https://ent.example/login\nUsername: jean.petit\nPassword: pa:ss;wo|rd\nApplication: x\n===============\n",
		"Host:\thttps://ent.example\nUSER:\t\tjean.petit\r\nPASS:\t\tpa:ss;wo|rd\r\n",
		"SOFT: x\n\nHost: ent.example\nLogin: jean.petit\nPassword: pa:ss;wo|rd",
		string(utf16le),
	} {
		claims, _ := read(t, list)
		if !slices.Contains(claims, Claim{host, login, password}) {
			t.Errorf("%q is read as %q", list, claims)
		}
	}
}

func TestOtherAccounts(t *testing.T) {
	for list, want := range map[string]Claim{
		"android://Ab-c_d==@fr.example.ent/:jean.petit:secret":      {"fr.example.ent", "jean.petit", "secret"},
		"jean@ent.example:secret":                                   {"", "jean@ent.example", "secret"},
		"jean@ent.example;secret with: all":                         {"", "jean@ent.example", "secret with: all"},
		"https://ent.example/:jean@ent.example:secret":              {"ent.example", "jean@ent.example", "secret"},
		"https://ent.example:123456:secret":                         {"ent.example", "123456", "secret"},
		"https://ent.example:4567:with:colon":                       {"ent.example", "4567", "with:colon"},
		"https://ent.example/:\xe9milie:ma\xeftresse":               {"ent.example", "émilie", "maïtresse"},
		`{"url":"x.example","username":123456,"password":789}`:      {"x.example", "123456", "789"},
		"https://ent.example/:jean:https://not.an.address":          {"ent.example", "jean", "https://not.an.address"},
		"https://ent.example/:jean:trailing space ":                 {"ent.example", "jean", "trailing space "},
		"Username: a\nPassword: b":                                  {"", "a", "b"},
		`"jean.petit";"two fields"`:                                 {"", "jean.petit", "two fields"},
		"https://ent.example/a:jean:x\n" + strings.Repeat("y", 1e5): {"ent.example", "jean", "x"},
	} {
		if claims, _ := read(t, list); !slices.Contains(claims, want) {
			t.Errorf("%.60q is read as %q, want %q", list, claims, want)
		}
	}
}

// TestWhatIsLeftOutIsCounted, and never kept: lines without an account, and those
// that are too long.
func TestWhatIsLeftOutIsCounted(t *testing.T) {
	for list, want := range map[string][2]int64{
		"":                               {0, 0},
		"\n\n":                           {2, 0},
		"word\na:b\n":                    {2, 1},
		strings.Repeat("x", 1e5) + "\na": {2, 2},
		`{"a":1}` + "\n{broken\n":        {2, 2},
		`[{"a":1},{"user":"a","pass":"b"},{"user":`:                {3, 2},
		`[{"user":"a","pass":"` + strings.Repeat("x", 1e6) + `"}]`: {1, 1},
		`[{"user":"a","pass":"b"},7,{"user":"a","pass":"b"}]`:      {3, 1},
	} {
		_, r := read(t, list)
		if got := [2]int64{r.Line(), r.LeftOut()}; got != want {
			t.Errorf("%.40q: %d lines, %d left out; want %v", list, got[0], got[1], want)
		}
	}
}

// TestWhateverThePassword: however it is separated, the account is among the
// readings.
func TestWhateverThePassword(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sep := rapid.SampledFrom(strings.Split(separators, "")).Draw(t, "sep")
		login := rapid.StringMatching(`[a-z0-9][a-z0-9._-]{0,20}(@ent\.example)?`).Draw(t, "login")
		password := rapid.StringMatching(`[!-~éàç]([ -~éàç]{0,30}[!-~éàç])?`).Draw(t, "password")
		at := rapid.SampledFrom([]string{"https://ent.example/login", "https://ent.example:8080/a", "http://ent.example", "ent.example/a/b"}).Draw(t, "address")
		claims, _ := read(t, strings.Join([]string{at, login, password}, sep))
		if !slices.Contains(claims, Claim{"ent.example", login, password}) {
			t.Fatalf("read as %q", claims)
		}
	})
}

func TestHosts(t *testing.T) {
	hosts := []string{"ent.example", "college.example"}
	for host, want := range map[string]bool{
		"": true, "ent.example": true, "a.ent.example": true, "college.example": true, "tent.example": false, "example": false,
	} {
		if got := (Claim{Host: host}).At(hosts); got != want {
			t.Errorf("%q: %v", host, got)
		}
	}
	if !(Claim{Host: "any.example"}).At(nil) {
		t.Error("without hosts one is left out")
	}
}

// FuzzReader: whatever a list holds, reading it ends, and tells no more of a line
// than it may.
func FuzzReader(f *testing.F) {
	for _, s := range []string{"https://a.b:c:d", "[{\"user\":1}", "\xff\xfea\x00:\x00b\x00", "\"a\",\"b\"", "URL: x\nPassword: y", "android://==@x:y:z"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, list []byte) {
		r := NewReader(bytes.NewReader(list))
		for range len(list) + 3 {
			claims, err := r.Next()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if len(claims) > mostReadings {
				t.Fatalf("%d readings", len(claims))
			}
			for _, c := range claims {
				if c.Login == "" || c.Password == "" || len(c.Login) > longestLogin || len(c.Password) > longestPassword {
					t.Fatalf("read %q", c)
				}
			}
		}
		t.Fatal("reading does not end")
	})
}

// BenchmarkMillion reads a list of a million lines.
func BenchmarkMillion(b *testing.B) {
	var list bytes.Buffer
	for i := range 1_000_000 {
		fmt.Fprintf(&list, "https://ent%d.example/login:prenom.nom%d:mot de passe;%d\n", i%50, i, i)
	}
	b.SetBytes(int64(list.Len()))
	for b.Loop() {
		r := NewReader(bytes.NewReader(list.Bytes()))
		for {
			if _, err := r.Next(); err != nil {
				break
			}
		}
	}
}

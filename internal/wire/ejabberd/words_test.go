package ejabberd

import (
	"strings"
	"testing"

	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/order"
)

func TestParseAddress(t *testing.T) {
	for text, want := range map[string]address{
		"a@chat.example/desk":               {"a", "chat.example", "desk"},
		"a@chat.example/b@c/d":              {"a", "chat.example", "b@c/d"},
		`karim\40school@chat.example/phone`: {`karim\40school`, "chat.example", "phone"},
	} {
		if a, ok := parseAddress(text); !ok || a != want {
			t.Errorf("%s is read as %+v, %v", text, a, ok)
		}
	}
	for _, text := range []string{"", "a", "a@b", "a@b/", "@b/c", "a@/c", "b/c", "a@b@c/d"} {
		if a, ok := parseAddress(text); ok {
			t.Errorf("%q is read as %+v", text, a)
		}
	}
}

func TestLogin(t *testing.T) {
	for user, want := range map[string]string{
		"nadia": "nadia", `karim\40school.example`: "karim@school.example", `a\5c40b`: `a\40b`, `a\41b`: `a\41b`, `a\`: `a\`,
	} {
		if got := login(user); got != want {
			t.Errorf("%s is asked about as %s, want %s", user, got, want)
		}
	}
}

func TestReadConnected(t *testing.T) {
	for _, text := range []string{`["a@b/c","nobody"]`, `{}`, `[1]`, ``, `["a@b/c"`} {
		if list, err := readConnected([]byte(text)); err == nil {
			t.Errorf("%s is read as %v", text, list)
		}
	}
}

func FuzzReadConnected(f *testing.F) {
	f.Add([]byte(`["a@chat.example/desk","b@chat.example/x@y/z"]`))
	f.Add([]byte(`[]`))
	f.Add([]byte(`["@/"]`))
	f.Fuzz(func(t *testing.T, text []byte) {
		list, err := readConnected(text)
		for _, a := range list {
			if err == nil && (a.User == "" || a.Host == "" || strings.ContainsAny(a.User+a.Host, "@/")) {
				t.Errorf("%q holds %+v", text, a)
			}
		}
	})
}

func TestExplain(t *testing.T) {
	words := enforce.Words{Brief: "Closed until seven.", Full: "Closed until seven, by the office."}
	for access, want := range map[order.Access]string{
		order.Write: "everything pass", order.Reply: "Answers to people", order.Read: "Closed until seven.", order.Closed: "by the office",
	} {
		a := &enforce.Answer{Access: access, Limits: gate.NoLimits, English: words}
		if got := Explain(a); !strings.Contains(got, want) || strings.Contains(got, "Limits") {
			t.Errorf("%v: %s", access, got)
		}
	}
	if got := Explain(&enforce.Answer{Access: order.Write}); !strings.Contains(got, "Limits") {
		t.Errorf("limits are not told: %s", got)
	}
}

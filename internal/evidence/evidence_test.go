package evidence_test

import (
	"archive/zip"
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/evidence"
)

var paris = time.FixedZone("", 3600)

func sample() evidence.Record {
	at := time.Date(2024, 3, 28, 23, 12, 0, 0, paris)
	return evidence.Record{
		School: "0799002F Collège de la Boutonne", Account: "person 4", Owner: "P teacher", Frozen: at.Add(time.Hour), Why: "signalé", By: "person 6",
		Since: at.Add(-time.Hour), Seen: at.Add(-time.Hour), Zone: paris,
		Messages: []evidence.Message{{ID: 17, Written: at, Left: at, Subject: "=1+1", Text: "un texte\nen deux lignes", People: 2,
			To: []evidence.Recipient{{Member: 1, Role: "élève", Read: at}, {Member: 2, Role: "élève"}}}},
		SignIns: []evidence.SignIn{{What: "session", First: at, Last: at, Address: "192.0.2.7", Browser: "@browser"}},
	}
}

func verify(t *testing.T, file []byte) evidence.Report {
	t.Helper()
	r, err := evidence.Verify(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestAFileIsTheOneThatWasMade: it verifies, and its seal is the one that was told.
func TestAFileIsTheOneThatWasMade(t *testing.T) {
	file, seal, err := evidence.Pack(sample())
	if err != nil {
		t.Fatal(err)
	}
	if r := verify(t, file); !r.OK() || r.Seal != seal || r.Files != 6 {
		t.Errorf("%+v, want six files under %s", r, seal)
	}
	content := files(t, file)
	for name, want := range map[string]string{
		"messages/17.txt": "=1+1\n\nun texte\nen deux lignes\n", "messages.csv": "2024-03-28T23:12:00+01:00,message,2,'=1+1,messages/17.txt",
		"destinataires.csv": "17,1,élève,2024-03-28T23:12:00+01:00\n17,2,élève,\n", "connexions.csv": "192.0.2.7,,,'@browser", "compte.txt": "Motif : signalé\n",
	} {
		if !strings.Contains(content[name], want) {
			t.Errorf("%s says %q, want %q", name, content[name], want)
		}
	}
}

// TestEveryChangeIsNamed: of a file's content, name or number; with the sums made
// anew the seal is another one.
func TestEveryChangeIsNamed(t *testing.T) {
	file, seal, err := evidence.Pack(sample())
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(map[string]string)
		want   string
	}{
		"a byte": {func(f map[string]string) {
			f["messages/17.txt"] = strings.Replace(f["messages/17.txt"], "deux", "dix", 1)
		}, "messages/17.txt was changed"},
		"gone": {func(f map[string]string) { delete(f, "connexions.csv") }, "connexions.csv is missing"},
		"more": {func(f map[string]string) { f["messages/18.txt"] = "" }, `"messages/18.txt" was added`},
	} {
		content := files(t, file)
		c.change(content)
		if r := verify(t, pack(t, content)); r.OK() || strings.Join(r.Problems, "; ") != c.want || r.Seal != seal {
			t.Errorf("%s: %+v, want %s", name, r, c.want)
		}
	}
	other := sample()
	other.Messages[0].Text = "un autre"
	if _, s, _ := evidence.Pack(other); s == seal {
		t.Error("another text has the same seal")
	}
}

func files(t *testing.T, file []byte) map[string]string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	content := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		content[f.Name] = string(text)
	}
	return content
}

func pack(t *testing.T, content map[string]string) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for name, text := range content {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, text); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// FuzzVerify: whatever is handed in, it is judged or refused.
func FuzzVerify(f *testing.F) {
	file, _, err := evidence.Pack(sample())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(file)
	f.Add([]byte("PK"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := evidence.Verify(bytes.NewReader(data), int64(len(data)))
		if err == nil && r.OK() && r.Files == 0 {
			t.Errorf("nothing is taken for evidence: %+v", r)
		}
	})
}

package order

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/ecluse-ecole/ecluse/hours"
)

// TestDocumentedOrders reads every block of docs/orders.md that is marked as an
// order, without a warning.
func TestDocumentedOrders(t *testing.T) {
	page, err := os.ReadFile("../../docs/orders.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(page), "```yaml order\n")[1:]
	if len(blocks) < 4 {
		t.Fatalf("only %d blocks are marked as orders", len(blocks))
	}
	for _, block := range blocks {
		text, _, _ := strings.Cut(block, "```")
		o, warnings, err := Check("docs/orders.md", []byte(text))
		if err != nil || len(warnings) > 0 {
			t.Errorf("%v %v\n%s", err, warnings, text)
			continue
		}
		sameAgain(t, o)
	}
}

// TestDocumentedHours reads every hours string of the page's table.
func TestDocumentedHours(t *testing.T) {
	page, err := os.ReadFile("../../docs/orders.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := strings.Split(string(page), "\n| `\"")[1:]
	if len(rows) < 6 {
		t.Fatalf("only %d hours stand in the table", len(rows))
	}
	for _, row := range rows {
		text, _, _ := strings.Cut(row, "\"`")
		h, err := hours.Parse(text)
		if err != nil || len(h.Warnings()) > 0 {
			t.Errorf("%q: %v %v", text, err, h.Warnings())
		}
	}
}

// TestDocumentedKeys wants every key of the schema in the page, and every key
// the reader takes in the schema.
func TestDocumentedKeys(t *testing.T) {
	page, err := os.ReadFile("../../docs/orders.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range strings.Fields(`order issuer status type references title basis applies from until review rules reason contact copies
		territory degrees sectors services except roles hours access outside with limits require otherwise
		recipients per_hour lists attachments links password_since second_factor known_device countries office phone email`) {
		if !strings.Contains(string(Schema()), `"`+key+`":`) {
			t.Errorf("%s is not in the schema", key)
		}
		if !strings.Contains(string(page), "`"+key) {
			t.Errorf("%s is not in docs/orders.md", key)
		}
	}
}

// TestSchemaKnowsTheWords holds the schema's lists against the reader's tables.
func TestSchemaKnowsTheWords(t *testing.T) {
	for _, table := range [][]string{statusWords, typeWords, serviceWords, accessWords, degreeWords, sectorWords} {
		if want := `"enum": ["` + strings.Join(table, `", "`) + `"]`; !strings.Contains(string(Schema()), want) {
			t.Errorf("the schema does not hold %s", want)
		}
	}
	if !json.Valid(Schema()) {
		t.Error("the schema is not JSON")
	}
}

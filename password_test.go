package ecluse_test

import (
	"testing"

	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/store/storetest"
)

// TestAShortPasswordStandsBesideAProof: eight characters are enough where a second
// proof is asked as well, and it cannot be taken away before they are more.
func TestAShortPasswordStandsBesideAProof(t *testing.T) {
	storetest.EachDatabase(t, testShortPassword)
}

func testShortPassword(t *testing.T, db string) {
	const short, long = "deux mot", "deux mots de plus, et loin"
	w := newWorld(t, db, "2024-03-29T10:00:00")
	who := w.inside(w.enter("nadia", ""))
	if err := w.ChangePassword(w.ctx, who, password, short); !fault.Is(err, fault.Invalid) {
		t.Errorf("eight characters alone: %v", err)
	}
	if err := w.ChangePassword(w.ctx, who, password, "la saulaie des saules"); err != nil {
		t.Errorf("one word of one's own school among others: %v", err)
	}
	if err := w.ChangePassword(w.ctx, who, "la saulaie des saules", "Boutonne-Saules-2024"); !fault.Is(err, fault.Invalid) {
		t.Errorf("the names of one's own schools: %v", err)
	}
	w.addPhone(who)
	w.must(w.ChangePassword(w.ctx, who, "la saulaie des saules", short))
	id := must(w.Factors(w.ctx, who))[0].ID
	if err := w.RemoveFactor(w.ctx, who, id); !fault.Is(err, fault.Invalid) || len(must(w.Factors(w.ctx, who))) != 1 {
		t.Errorf("the last proof is taken from a short password: %v", err)
	}
	w.must(w.ChangePassword(w.ctx, who, short, long))
	w.must(w.RemoveFactor(w.ctx, who, id))

	w.addPhone(who)
	if _, err := w.renew("nadia", w.slipFor(teacher, true).Code, short); !fault.Is(err, fault.Invalid) {
		t.Errorf("a short one with a slip that removes the proof: %v", err)
	}
	must(w.renew("nadia", w.slipFor(teacher, false).Code, short))
}

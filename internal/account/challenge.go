package account

import "time"

// A Challenge is a question that waits for its one answer: which key signs this,
// is this the code of that secret, who is it that stands before you.
type Challenge struct {
	Digest  [32]byte // by which the answer finds it
	Kind    Factors  // a single one
	Person  PersonID // whom it is about; 0: whoever answers
	Holder  [32]byte // digest of what the browser holds that was asked
	Data    []byte
	Expires time.Time
}

// ChallengeLasts is how long an answer is waited for.
const ChallengeLasts = 5 * time.Minute

package ecluse

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/stolen"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// A StolenReading is a list of stolen accounts that is to be read.
type StolenReading struct {
	List   io.ReadSeeker
	Within school.Territory            // whose accounts are looked for
	Hosts  []string                    // only what was stolen at these; none: at any
	Told   func(StolenReport, float64) // how far it has come, and what share of the list that is; may be nil
}

// A StolenReport is what became of a list.
type StolenReport struct {
	store.StolenList
	Matched int  // accounts that stood in it
	Works   int  // with their password: they were frozen
	Old     int  // with another password
	Never   int  // they have no password here
	Before  bool // it had been read to its end before, and nothing was done now
}

// How a list is read.
const (
	stolenBatch   = 32              // claims that are verified before what is known is kept
	stolenStride  = 20_000          // lines after which it is kept how far the list was read
	stolenTries   = 20              // different passwords of a list that are tried at one account, and a day of all lists of offices: a list is no way to guess
	stolenAtOnce  = 2               // passwords that are verified at once: people sign in meanwhile
	stolenKept    = knownFor        // what became of a list is known that long
	stolenStalled = 5 * time.Minute // a list that has not moved for so long is taken to have been cut off
)

// byCredentials is who acts, in our journal, for a command on the machine.
const byCredentials = "credentials"

// ReadStolen looks in a list of stolen accounts for accounts of a territory. One
// whose password works is frozen and signed out everywhere, its owner is told, and
// must choose a new password once the school has given it back; one whose password
// is another is only counted. Passwords are verified as at signing in, and nothing of
// the list is kept. The same list read again goes on where it stopped.
func (a *App) ReadStolen(ctx context.Context, r StolenReading) (StolenReport, error) {
	who := Actor{Part: byCredentials}
	l, err := a.receiveStolen(ctx, who, r)
	if err != nil {
		return StolenReport{}, err
	}
	return a.readStolen(ctx, who, l, r)
}

// receiveStolen notes that a list is being read, or finds how far it was.
func (a *App) receiveStolen(ctx context.Context, who Actor, r StolenReading) (store.StolenList, error) {
	if err := checkHosts(r.Hosts); err != nil {
		return store.StolenList{}, err
	}
	digest, err := stolenDigest(r)
	if err != nil {
		return store.StolenList{}, fmt.Errorf("reading the list of stolen accounts: %w", err)
	}
	l, err := a.stolenListOf(ctx, digest, r.Within)
	if !fault.Is(err, fault.NotFound) {
		return l, err
	}
	err = a.do(ctx, who, act{"stolen.receive", logAt(r.Within), gate.Security}, func(tx *store.Tx, now time.Time) (string, string, error) {
		l = store.StolenList{ID: store.NewID(now), Digest: digest, Within: r.Within, By: who.String(), Received: now, Moved: now}
		return stolenSubject(l.ID), fmt.Sprintf("hosts %s", strings.Join(r.Hosts, " ")), tx.AddStolenList(l)
	})
	if fault.Is(err, fault.Conflict) { // another node was first
		return a.stolenListOf(ctx, digest, r.Within)
	}
	return l, err
}

// What names the hosts of a list: the journal keeps it for ever.
const (
	mostHosts   = 20
	longestHost = 253 // RFC 1035, section 2.3.4
)

// hostName is a name with a dot, as lists hold it: in small letters, without a port
// or a path.
var hostName = regexp.MustCompile(`^[\pL\pN_-]+(\.[\pL\pN_-]+)+$`)

// checkHosts refuses what is no name of a host: a line of the list itself that was
// pasted into the wrong field must not stand in the journal.
func checkHosts(hosts []string) error {
	wrong := func(h string) bool { return len(h) > longestHost || !hostName.MatchString(h) }
	if len(hosts) <= mostHosts && !slices.ContainsFunc(hosts, wrong) {
		return nil
	}
	return invalid("Écrivez au plus 20 noms de sites, comme «\u00a0ent.exemple.fr\u00a0», sans «\u00a0:\u00a0», «\u00a0@\u00a0» ni «\u00a0/\u00a0»\u00a0: rien d’une liste de comptes ne va dans ce champ.",
		"Write at most 20 names of sites, such as \"ent.example.org\", without \":\", \"@\" or \"/\": nothing of a list of accounts belongs in this field.")
}

func stolenSubject(id int64) string { return fmt.Sprintf("stolen list %d", id) }

// stolenDigest names a list by what it holds and what is asked of it; what is no
// text, or nothing at all, is refused.
func stolenDigest(r StolenReading) (digest [32]byte, err error) {
	sum := sha256.New()
	fmt.Fprintf(sum, "%q\n", r.Hosts)
	size, err := io.Copy(sum, r.List)
	if err != nil {
		return digest, err
	}
	if size == 0 {
		return digest, invalid("La liste est vide.", "The list is empty.")
	}
	sum.Sum(digest[:0])
	if _, err = r.List.Seek(0, io.SeekStart); err != nil {
		return digest, err
	}
	if line := stolen.NotText(r.List); line > 0 {
		return digest, badList(line, "n’est pas du texte. Donnez la liste elle-même, décompressée.", "is not text. Hand in the list itself, unpacked.")
	}
	_, err = r.List.Seek(0, io.SeekStart)
	return digest, err
}

func (a *App) stolenListOf(ctx context.Context, digest [32]byte, within school.Territory) (l store.StolenList, err error) {
	err = a.store.Read(ctx, func(tx *store.Tx) (err error) {
		l, err = tx.StolenListOf(digest, within)
		return err
	})
	return l, err
}

// stolenWork is one list while it is read.
type stolenWork struct {
	*App
	ctx   context.Context
	who   Actor
	list  store.StolenList
	r     StolenReading
	names map[string]bool // every name that somebody has here
	tried map[account.PersonID]map[string]bool
	batch []stolen.Claim
	size  int64 // of the list
}

// readStolen reads a list from where it stopped.
func (a *App) readStolen(ctx context.Context, who Actor, l store.StolenList, r StolenReading) (StolenReport, error) {
	if !l.Done.IsZero() {
		report, err := a.stolenReport(ctx, l)
		report.Before = true
		return report, err
	}
	w := &stolenWork{App: a, ctx: ctx, who: who, list: l, r: r, tried: map[account.PersonID]map[string]bool{}}
	if err := w.begin(); err != nil {
		return StolenReport{}, err
	}
	if err := w.read(); err != nil {
		return StolenReport{}, fmt.Errorf("reading the list of stolen accounts: %w", err)
	}
	return w.end()
}

func (w *stolenWork) begin() (err error) {
	if w.size, err = w.r.List.Seek(0, io.SeekEnd); err != nil {
		return err
	}
	if _, err = w.r.List.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return w.store.Read(w.ctx, func(tx *store.Tx) error {
		list, err := tx.Names()
		w.names = make(map[string]bool, len(list))
		for _, name := range list {
			w.names[name] = true
		}
		return err
	})
}

// read goes through the list.
func (w *stolenWork) read() error {
	lines := stolen.NewReader(w.r.List)
	kept := w.list.Line
	for {
		claims, err := lines.Next()
		if errors.Is(err, io.EOF) {
			return w.settle(lines)
		}
		if err != nil {
			return err
		}
		if lines.Line() <= kept {
			continue
		}
		for _, c := range claims {
			if c.Login = account.FoldLogin(c.Login); c.At(w.r.Hosts) && w.names[c.Login] {
				w.batch = append(w.batch, c)
			}
		}
		if len(w.batch) >= stolenBatch || lines.Line()-w.list.Line >= stolenStride {
			if err := w.settle(lines); err != nil {
				return err
			}
		}
	}
}

// settle verifies what was found so far, and keeps how far the list was read.
func (w *stolenWork) settle(lines *stolen.Reader) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	found, err := w.verify()
	if err != nil {
		return err
	}
	if err := w.act(found); err != nil {
		return err
	}
	w.batch = w.batch[:0]
	w.list.Line, w.list.LeftOut, w.list.Moved = lines.Line(), lines.LeftOut(), w.clock.Now()
	if err := w.store.Write(w.ctx, func(tx *store.Tx) error { return w.keep(tx, found) }); err != nil {
		return err
	}
	if w.r.Told != nil {
		at, _ := w.r.List.Seek(0, io.SeekCurrent)
		w.r.Told(StolenReport{StolenList: w.list}, float64(at)/float64(max(w.size, 1)))
	}
	return nil
}

// keep notes how far the list was read, and who stood in it without harm.
func (w *stolenWork) keep(tx *store.Tx, found []stolenFind) error {
	for _, f := range found {
		if f.outcome == store.StolenWorks {
			continue
		}
		if _, err := tx.PutStolenAccount(w.list.ID, f.person, f.outcome, w.list.Moved); err != nil {
			return err
		}
	}
	return tx.MoveStolenList(w.list)
}

// end notes that the list was read, tells the schools, and counts.
func (w *stolenWork) end() (StolenReport, error) {
	report, err := w.stolenReport(w.ctx, w.list)
	if err != nil {
		return report, err
	}
	accounts, err := w.stolenAccounts(w.ctx, w.list.ID)
	if err != nil {
		return report, err
	}
	err = w.do(w.ctx, w.who, act{"stolen.read", logAt(w.list.Within), gate.Security}, func(tx *store.Tx, now time.Time) (string, string, error) {
		report.Done, report.Moved = now, now
		if err := tx.MoveStolenList(report.StolenList); err != nil {
			return "", "", err
		}
		detail := fmt.Sprintf("%d lines, %d left out, %d accounts: %d with their password, %d with another, %d without one; %d passwords not tried",
			report.Line, report.LeftOut, report.Matched, report.Works, report.Old, report.Never, report.Untried)
		return stolenSubject(w.list.ID), detail, w.tellHeads(tx, now, w.list.ID, accounts)
	})
	w.posted()
	return report, err
}

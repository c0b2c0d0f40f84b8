package postfix

import (
	"fmt"
	"strings"
	"sync"
	"unicode"

	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/wire"
	"golang.org/x/text/unicode/norm"
)

// A reply is an action of access(5), as Postfix carries it out. Those that end in
// a text are told to the client in one line.
type reply string

const (
	// dunno leaves it to what else the configuration of Postfix asks: we never
	// permit anything by ourselves.
	dunno reply = "DUNNO"

	undecided reply = "451 4.3.5 Il n'est pas possible de verifier en ce moment si la messagerie est ouverte : reessayez dans quelques minutes. / " +
		"Whether e-mail is open cannot be verified at the moment: try again in a few minutes."

	mixed reply = "450 4.2.1 Cette boite et celle d'un autre destinataire ne rouvrent pas en meme temps : envoyez-leur deux messages. / " +
		"This mailbox and another recipient's do not reopen at the same time: send them separate messages."
)

// mostText bounds what is told, so that the whole line stays within the 512 bytes
// of RFC 5321, section 4.5.3.1.5: Postfix puts the recipient in front.
const mostText = 380

// append writes the reply as Postfix reads it.
func (r reply) append(out []byte) []byte {
	out = append(out, "action="...)
	out = append(out, r...)
	return append(out, "\n\n"...)
}

// texts keeps refusals by the answer they tell of: whoever floods us is refused
// with the same words each time.
type texts struct {
	mu   sync.Mutex
	kept map[*enforce.Answer]reply
}

// mostTexts is a school's answers by role and hour, many times over.
const mostTexts = 1000

func (t *texts) refusal(a *enforce.Answer) reply {
	t.mu.Lock()
	defer t.mu.Unlock()
	if found := t.kept[a]; found != "" {
		return found
	}
	if t.kept == nil || len(t.kept) >= mostTexts {
		t.kept = map[*enforce.Answer]reply{}
	}
	t.kept[a] = refusal(a)
	return t.kept[a]
}

// refusal tells who has signed in why nothing can be sent.
func refusal(a *enforce.Answer) reply {
	code := "550 5.7.1 "
	if a.Unknown {
		code = "451 4.3.5 "
	}
	fr, en := a.French.Brief, a.English.Brief
	if a.Access == order.Reply {
		fr += " Ici, une réponse ne se distingue pas d’un nouveau message : elle attendra aussi."
		en += " Here, an answer cannot be told from a new message: it waits as well."
	}
	if a.Unmet != 0 {
		fr += " Il manque encore quelque chose à ce compte : connectez-vous à la messagerie de l’établissement, elle dit quoi."
		en += " This account still lacks something: sign in to the school’s messaging, which says what."
	}
	if opens := a.Reopens(enforce.SendMessage); !opens.IsZero() && !opens.Equal(a.Until) {
		fr += " Envoi de nouveau possible " + wire.Moment("fr", opens) + "."
		en += " Sending is possible again on " + wire.Moment("en", opens) + "."
	}
	return reply(code + both([]string{fr, decidedBy("Décision : ", a), "Votre message n’est pas parti."},
		[]string{en, decidedBy("Decided by: ", a), "Your message has not left."}))
}

// decidedBy names the office that can be called about it.
func decidedBy(lead string, a *enforce.Answer) string {
	if len(a.Orders) == 0 || a.Orders[0].Office == "" {
		return ""
	}
	text := lead + a.Orders[0].Office
	if a.Orders[0].Phone != "" {
		text += ", " + a.Orders[0].Phone
	}
	return text + "."
}

// tooMany refuses a message to more recipients than an order leaves.
func tooMany(a *enforce.Answer) reply {
	n := a.Limits.Recipients
	return reply("550 5.7.1 " + both(
		[]string{fmt.Sprintf("Un message ne peut avoir plus de %d destinataire(s) en ce moment.", n), decidedBy("Décision : ", a), "Votre message n’est pas parti."},
		[]string{fmt.Sprintf("A message cannot have more than %d recipient(s) at the moment.", n), decidedBy("Decided by: ", a), "Your message has not left."}))
}

// tooOften asks who sent as many messages as an order leaves to come back.
func tooOften(a *enforce.Answer) reply {
	n := a.Limits.PerHour
	return reply("450 4.7.1 " + both(
		[]string{fmt.Sprintf("Pour le moment, vous pouvez envoyer %d message(s) par heure : réessayez plus tard.", n), decidedBy("Décision : ", a), "Votre message n’est pas parti."},
		[]string{fmt.Sprintf("For now you can send %d message(s) an hour: try again later.", n), decidedBy("Decided by: ", a), "Your message has not left."}))
}

// reply tells the other server what becomes of mail to a mailbox. It says nothing
// of whose mailbox it is.
func (f fate) reply() reply {
	fr, en := "jusqu’à nouvel ordre", "until further notice"
	if !f.opens.IsZero() {
		fr, en = "jusqu’au "+wire.Moment("fr", f.opens), "until "+wire.Moment("en", f.opens)
	}
	fr, en = "Cette boîte ne reçoit rien "+fr+", par décision des autorités.", "This mailbox receives nothing "+en+", as decided by the authorities."
	switch f.kind {
	case passes:
		return dunno
	case held:
		return reply("HOLD " + both([]string{fr}, []string{en}))
	case deferred:
		return reply("450 4.2.1 " + both([]string{fr}, []string{en}))
	case refused:
		return reply("550 5.2.1 " + both([]string{fr}, []string{en}))
	}
	return undecided
}

// both puts French and English sentences on one line. Where they are too long,
// what is between the first and the last is left out, then English, then what is
// too much.
func both(fr, en []string) string {
	for _, line := range []string{
		sentences(fr) + " / " + sentences(en),
		sentences([]string{fr[0], fr[len(fr)-1]}) + " / " + sentences([]string{en[0], en[len(en)-1]}),
		fr[0] + " / " + en[0], fr[0],
	} {
		if line = ascii(line); len(line) <= mostText {
			return line
		}
	}
	line := ascii(fr[0])[:mostText]
	if at := strings.LastIndexByte(line, ' '); at > 0 {
		line = line[:at]
	}
	return line + " ..."
}

// sentences joins those that there are, each once.
func sentences(list []string) string {
	var said []string
	for _, s := range list {
		if s != "" && (len(said) == 0 || said[len(said)-1] != s) {
			said = append(said, s)
		}
	}
	return strings.Join(said, " ")
}

// signs are those that do not come apart into a letter and its accent.
var signs = map[rune]string{
	'œ': "oe", 'Œ': "OE", 'æ': "ae", 'Æ': "AE", 'ß': "ss", 'ø': "o", 'Ø': "O", 'ł': "l", 'Ł': "L", 'đ': "d", 'Đ': "D",
	'’': "'", '‘': "'", '“': `"`, '”': `"`, '«': `"`, '»': `"`, '–': "-", '—': "-", '\u2010': "-", '…': "...", '°': "o", '€': "EUR",
}

// quotes stand in French with a space inside, which no other quotes have.
var quotes = strings.NewReplacer("«\u00a0", `"`, "«\u202f", `"`, "« ", `"`, "\u00a0»", `"`, "\u202f»", `"`, " »", `"`)

// ascii writes a text without accents, on one line (RFC 5321, section 4.2: a
// reply's text is ASCII). What has no likeness becomes a question mark.
func ascii(text string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(quotes.Replace(text)) {
		switch sign := signs[r]; {
		case sign != "":
			b.WriteString(sign)
		case unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Cf, r):
		case unicode.IsSpace(r):
			b.WriteByte(' ')
		case r < ' ' || r == 0x7f: // nothing that could end the line
		case r > unicode.MaxASCII:
			b.WriteByte('?')
		default:
			b.WriteRune(r)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// Explain is what Postfix is told about somebody whose answer this is: as who
// sends, and as who is written to, where mail to closed mailboxes is treated as
// incoming says (empty: hold).
func Explain(a *enforce.Answer, incoming string) string {
	s := &Server{incoming: incoming}
	if incoming == "" {
		s.incoming = hold
	}
	sends := dunno
	if !a.Allows(enforce.SendMessage) {
		sends = refusal(a)
	}
	return "sending: " + explain(sends) + "\nreceiving: " + explain(s.fateOf(a).reply())
}

func explain(r reply) string {
	if r == dunno {
		return "passes (DUNNO)"
	}
	return string(r)
}

package page

import (
	"net/url"
	"strconv"
	"strings"
)

// The pages outside a place.
const (
	HomeURL          = "/"
	SignInURL        = "/sign-in"                 // GET, and POST login, password, next
	ProofURL         = "/proof"                   // GET, and POST way, password or code, next: who is signed in proves it again
	ProofPasskeyURL  = "/proof/passkey"           // POST: what a device has to sign, as JSON
	SignInPasskeyURL = "/sign-in/passkey"         // likewise
	FactorPasskeyURL = "/account/factors/passkey" // likewise
	KeptURL          = "/sign-in/kept"            // POST what was carried; see ServiceLink
	RenewURL         = "/renew"                   // GET login, slip; and POST; see Renew
	SignOutURL       = "/sign-out"                // POST
	GoodbyeURL       = "/goodbye"
	AccountURL       = "/account"
	PasswordURL      = "/account/password"     // GET, and POST current, new, again
	PushURL          = "/account/push"         // POST; see PushSwitch
	FactorsURL       = "/account/factors"      // GET, and POST id, name, do; see Factors
	CodeURL          = "/account/factors/code" // GET, and POST code, name; see CodeSetup
	EmailURL         = "/account/email"        // POST email
	EndURL           = "/account/sessions"     // POST end=SESSION or end=others
	AlterationsURL   = "/account/alterations"  // POST device or change, do=mine or notme; see Alteration
	NotMeURL         = "/not-me"               // GET and POST t: the link of a letter; see NotMe
	LanguageURL      = "/language"             // POST lang, back
)

// The parts that follow Frame.Base in a place's addresses. Lists take
// ?before=CURSOR or ?after=CURSOR.
const (
	InboxPart         = "/inbox"
	SentPart          = "/sent"
	WaitingPart       = "/waiting"       // POST /waiting/ID/change and /waiting/ID/cancel
	DraftsPart        = "/drafts"        // POST /drafts/ID/discard
	ThreadPart        = "/thread"        // GET /thread/ID, and POST /thread/ID body, draft, version
	ComposePart       = "/compose"       // GET ?draft=ID&q=NAME, and POST; see Compose
	DraftPart         = "/draft"         // POST the form of Compose or Thread; answers JSON {id, version, saved}
	NoticePart        = "/notice"        // ?fragment=1 for the content of <main> alone
	StatePart         = "/state"         // JSON {open, wait}
	HelpPart          = "/help"          // GET, and POST body
	AlertsPart        = "/alerts"        // what was written to the protection contact
	AnnouncementsPart = "/announcements" // GET, and POST title, body, scope
	OrdersPart        = "/orders"        // GET ?week=2024-04-08, and POST a previewed order; GET and POST /orders/ORDER-ID, see Exemptions
	NewOrderPart      = "/orders/new"    // GET, and POST; see NewOrder
	SeriesPart        = "/orders/series" // GET ?of=ORDER-ID, and POST; see Series
	ProposalsPart     = "/proposals"     // GET and POST /proposals/ID; see Proposal
	MatrixPart        = "/matrix"        // GET, and POST; see Matrix
	DeskPart          = "/desk"          // GET ?degree=&name=&state=; see Desk
	BoardPart         = "/board"         // GET /board/ORDER-ID ?name=&degree=&state=&in=&from=, and POST; see Board
	RemindPart        = "/remind"        // POST /remind/ORDER-ID
	TellPart          = "/tell"          // GET and POST /tell/ORDER-ID; see Tell
	CopiesPart        = "/copies"        // GET and POST /copies/ORDER-ID; see Copies
	BookPart          = "/book"          // GET and POST; see Book
	BoardCSVPart      = "/board.csv"     // likewise, as a file
	AnswersPart       = "/answers"       // GET and POST: see Homework; GET /answers/ANSWER/picture
	CampaignsPart     = "/campaigns"     // GET, and POST; GET and POST /campaigns/ID; see Campaigns
	SlipsPart         = "/slips"         // GET ?class=&role=&all=&school=, and POST; see Slips
	CardsPart         = "/cards"         // GET ?class=&role=&all=&school=, and POST; see Cards
	VouchPart         = "/vouch"         // GET ?class=, and POST pupil; see Vouch
	PointsPart        = "/points"        // GET ?login=&service=; see Points
	SecuredPart       = "/secured"       // GET ?since=&role=&class=&lack=&name=&from=; see Secured
	SecuredCSVPart    = "/secured.csv"   // likewise, as a file
	StolenPart        = "/stolen"        // GET, POST list, hosts; GET /stolen/LIST; see StolenLists
	StolenNewPart     = "/stolen/new"    // see StolenNew
	StolenCSVPart     = "/stolen.csv"    // GET, for heads; GET /stolen.csv/LIST, for offices
	PeoplePart        = "/people"        // GET ?name=&role=&school=; GET and POST /people/PERSON; see Care
	SessionsPart      = "/sessions"      // GET ?school=&role=&class=, and POST; see EndSessions
	ReportsPart       = "/reports"       // GET /reports/ORDER-ID?file=json|csv|md; see Report
)

// URL is an address of the current place: its base, a part and further segments,
// which may hold slashes of their own (an order's ID does).
func (f Frame) URL(part string, segments ...string) string {
	var b strings.Builder
	b.WriteString(f.Base)
	b.WriteString(part)
	for _, s := range segments {
		b.WriteByte('/')
		b.WriteString(s)
	}
	return b.String()
}

// HelpURL is the current place's help page, or the general one outside a place.
// Nothing ever closes it.
func (f Frame) HelpURL() string { return f.URL(HelpPart) }

// ThreadURL is the address of a thread in the current place.
func (f Frame) ThreadURL(id int64) string {
	return f.URL(ThreadPart, strconv.FormatInt(id, 10))
}

// ComposeURL is the address of a draft, or of a new message when id is 0.
func (f Frame) ComposeURL(draft int64) string {
	if draft == 0 {
		return f.URL(ComposePart)
	}
	return f.URL(ComposePart) + "?draft=" + strconv.FormatInt(draft, 10)
}

// asset is the address of a static file.
func (f Frame) asset(name string) string {
	if f.Assets == "" {
		return "/static/" + name
	}
	return f.Assets + name
}

// at reports whether the page being shown belongs to part of the place.
func (f Frame) at(part string) bool {
	u, err := url.Parse(f.Path)
	if err != nil {
		return false
	}
	rest, ok := strings.CutPrefix(u.Path, f.Base+part)
	return ok && (rest == "" || rest[0] == '/')
}

// The pages of schools for anybody. See PublicURL.
const (
	PublicListURL   = "/ecoles"    // GET ?q=&from=; see PublicList
	PublicSharePart = "/reprendre" // see PublicShare
	PublicFeedPart  = "/atom.xml"  // ?lang=en
	PublicStatePart = "/etat.json"
)

// PublicURL is the address of a school's page, and the prefix of its parts.
func PublicURL(uai string) string { return "/ecole/" + uai }

// PublicFeedURL is the address of a school's feed in a language.
func PublicFeedURL(uai string, l Lang) string {
	return PublicURL(uai) + PublicFeedPart + "?lang=" + string(l)
}

package web

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/fault"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/store"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

// boardRows is how many schools one page of a board shows.
const boardRows = 500

// board is what became of an order in the schools of the office.
func (c *call) board() error { return c.showBoard(ok, page.Field{}) }

// showBoard shows the board with what was typed as the time to answer.
func (c *call) showBoard(status int, delay page.Field) error {
	b, err := c.app.Board(c.r.Context(), c.who, c.orderID())
	if err != nil {
		return err
	}
	p := page.Board{
		URL: c.boardURL(page.BoardPart), Order: c.orderRow(b.Order), Issued: c.in(b.Issued),
		Filter: c.boardFilter(b), Delay: delay, Set: b.Set, Sums: c.boardSums(b), Paces: c.boardPaces(b),
		Curve: page.Curve{Of: len(b.Rows), Applied: b.Took(false), Done: b.Took(true)}, Tree: c.boardTree(b),
		Export: c.boardURL(page.BoardCSVPart) + mark(c.r.URL.Query().Encode()),
	}
	if p.Mail, err = c.boardMail(b.Order.ID, b.Waits()); err != nil {
		return err
	}
	if p.Delay.Value == "" {
		p.Delay.Value = strconv.FormatFloat(b.Delay.Hours(), 'f', -1, 64)
	}
	p.Order.Summary = ""
	rows := c.boardMatches(b)
	from := min(max(0, int(number(c.r.FormValue("from")))), len(rows))
	to := min(from+boardRows, len(rows))
	for _, r := range rows[from:to] {
		p.Rows = append(p.Rows, c.boardRow(r))
	}
	if to < len(rows) {
		query := c.r.URL.Query()
		query.Set("from", strconv.Itoa(to))
		p.More = p.URL + mark(query.Encode())
	}
	if p.Frame, err = c.frame(c.lang.Say("Réponses", "Answers")); err != nil {
		return err
	}
	return c.show(status, p)
}

// boardURL is the address of a part of the present board.
func (c *call) boardURL(part string) string {
	return page.Frame{Base: c.base()}.URL(part, string(c.orderID()))
}

// setDelay sets how long schools have to answer the order of the board.
func (c *call) setDelay() error {
	typed := strings.TrimSpace(strings.Replace(c.r.FormValue("delay"), ",", ".", 1))
	f := page.Field{Value: c.r.FormValue("delay")}
	hours, err := strconv.ParseFloat(typed, 64)
	if err != nil || !(hours >= 0 && hours < 10_000) {
		f.Error = c.lang.Say("Écrivez un nombre d’heures, comme 4 ou 0,5.", "Write a number of hours, such as 4 or 0.5.")
		return c.showBoard(statuses[fault.Invalid], f)
	}
	err = c.app.SetAnswerDelay(c.r.Context(), c.who, c.orderID(), time.Duration(hours*float64(time.Hour)))
	if fault.Is(err, fault.Invalid) {
		f.Error = c.sentence(err)
		return c.showBoard(statuses[fault.Invalid], f)
	}
	if err != nil {
		return err
	}
	return c.redirect(c.boardURL(page.BoardPart) + "?done=delay")
}

// boardMatches keeps the schools that the address bar asks for.
func (c *call) boardMatches(b ecluse.Board) []ecluse.BoardRow {
	state, degree, name := c.r.FormValue("state"), c.r.FormValue("degree"), c.r.FormValue("name")
	in := school.Territory(c.r.FormValue("in"))
	return slices.DeleteFunc(slices.Clone(b.Rows), func(r ecluse.BoardRow) bool {
		sc := r.School
		return degree != "" && sc.Degree.String() != degree || !matches(sc.Name+" "+string(sc.UAI), name) ||
			in != "" && !in.Contains(sc.Territory()) || !stateMatches(r, state)
	})
}

// stateMatches reports whether a school stands as the address bar asks.
func stateMatches(r ecluse.BoardRow, state string) bool {
	switch state {
	case "":
		return true
	case "complete":
		return r.State == ecluse.AnswerApplied || r.State == ecluse.AnswerAttested
	case "unsaid":
		return !r.Said
	case "silent":
		return r.Silent
	}
	return r.State.String() == state
}

func (c *call) boardFilter(b ecluse.Board) page.BoardFilter {
	f := page.BoardFilter{Name: c.r.FormValue("name"), Degrees: c.deskFilter().Degrees}
	all := page.Choice{Label: c.lang.Say("toutes", "all")}
	f.States = []page.Choice{all, {Value: "complete", Label: c.lang.Say("tout est fait", "all is done")}}
	for s := range page.AnswerState(page.AnswerStateCount) {
		f.States = append(f.States, page.Choice{Value: ecluse.AnswerState(s).String(), Label: page.AnswerStateWord(c.lang, s)})
	}
	f.States = append(f.States, page.Choice{Value: "unsaid", Label: c.lang.Say("produits non déclarés", "products not said")},
		page.Choice{Value: "silent", Label: c.lang.Say("installation qui se tait", "installation that is silent")})
	f.Places = []page.Choice{{Label: c.lang.Say("tous", "all")}}
	for _, t := range c.parents(b) {
		f.Places = append(f.Places, page.Choice{Value: string(t), Label: c.app.TerritoryName(t)})
	}
	choose(f.States, c.r.FormValue("state"))
	choose(f.Places, c.r.FormValue("in"))
	return f
}

// choose marks the choice that was asked for.
func choose(list []page.Choice, asked string) {
	for i := range list {
		list[i].Chosen = list[i].Value == asked
	}
}

// parents are the territories directly above the schools of a board, and the one
// that is asked for.
func (c *call) parents(b ecluse.Board) []school.Territory {
	var list []school.Territory
	seen := map[school.Territory]bool{}
	if asked := school.Territory(c.r.FormValue("in")); c.who.Office.Territory.Contains(asked) {
		list, seen[asked] = append(list, asked), true
	}
	for _, r := range b.Rows {
		if t := r.School.Parent; !seen[t] {
			seen[t] = true
			list = append(list, t)
		}
	}
	slices.Sort(list)
	return list
}

func (c *call) boardSums(b ecluse.Board) []page.Sum {
	count := func(state string) int {
		n := 0
		for _, r := range b.Rows {
			if stateMatches(r, state) {
				n++
			}
		}
		return n
	}
	sum := func(state, label string) page.Sum {
		return page.Sum{Value: count(state), Label: label, URL: c.boardURL(page.BoardPart) + "?state=" + state}
	}
	sums := []page.Sum{
		{Value: len(b.Rows), Label: c.lang.Say("établissements", "schools"), URL: c.boardURL(page.BoardPart)},
		sum("complete", c.lang.Say("où tout est fait", "where all is done")),
		sum("received", c.lang.Say("où l’ordre est reçu", "that have received it")),
		sum("overdue", c.lang.Say("en retard", "late")),
		sum("refused", c.lang.Say("qui refusent", "that refuse")),
		sum("unsaid", c.lang.Say("sans produits déclarés", "that have not said their products")),
	}
	if slices.ContainsFunc(b.Rows, func(r ecluse.BoardRow) bool { return r.Host != "" }) {
		sums = append(sums, sum("silent", c.lang.Say("dont l’installation se tait", "whose installation is silent")))
	}
	return sums
}

func (c *call) boardPaces(b ecluse.Board) []page.PaceRow {
	row := func(label string, hands bool) page.PaceRow {
		pace := ecluse.PaceOf(b.Took(hands))
		r := page.PaceRow{Label: label, Schools: pace.Schools, Of: len(b.Rows)}
		if pace.Schools > 0 {
			r.Median, r.Most, r.Last = c.lang.Lasting(pace.Median), c.lang.Lasting(pace.Most), c.lang.Lasting(pace.Last)
		}
		return r
	}
	return []page.PaceRow{
		row(c.lang.Say("Appliqué par Écluse et les serveurs qui l’interrogent", "Applied by Écluse and the servers that ask it"), false),
		row(c.lang.Say("Et fait à la main, là où il le faut", "And done by hand, where that is needed"), true),
	}
}

func (c *call) boardRow(r ecluse.BoardRow) page.BoardRow {
	row := page.BoardRow{
		UAI: string(r.School.UAI), Name: r.School.Name, Degree: r.School.Degree, State: page.AnswerState(r.State),
		Applied: c.took(r, r.Applied), Done: c.took(r, r.Done), Missing: c.missing(r), Unsaid: !r.Said, Reason: r.Reason,
		Host: c.hostSentence(r), Silent: r.Silent || r.Nobody,
	}
	for _, a := range r.Answers {
		if a.Kind == store.Refused {
			continue
		}
		row.Answers = append(row.Answers, c.answerSentence(a))
		if a.Picture {
			row.Picture = append(row.Picture, c.pictureURL(a))
		}
	}
	return row
}

// took is how long a school needed, in words; "" when it has not come so far.
func (c *call) took(r ecluse.BoardRow, at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return c.lang.Lasting(max(0, at.Sub(r.Due)))
}

// missing names what is awaited at a school.
func (c *call) missing(r ecluse.BoardRow) []string {
	var list []string
	for _, p := range r.Points {
		if p == r.Host {
			p = c.lang.Say("chez ", "at ") + p
		}
		list = append(list, c.lang.Say("serveur ", "server ")+p)
	}
	for _, id := range r.Products {
		name := c.app.Procedures().Name(id)
		list = append(list, c.lang.Say(name.French, name.English))
	}
	return list
}

// hostSentence says who answers for a school whose people are not here; "" for
// one of ours.
func (c *call) hostSentence(r ecluse.BoardRow) string {
	if r.Nobody {
		return c.lang.Say("Aucune installation reliée ne répond pour cet établissement.", "No connected installation answers for this school.")
	}
	if r.Host == "" {
		return ""
	}
	heard := page.Frame{Lang: c.lang, Now: c.app.Now().In(c.loc)}.Near(r.Heard.In(c.loc))
	switch {
	case r.Heard.IsZero():
		return r.Host + c.lang.Say(" n’a encore rien dit.", " has not said anything yet.")
	case r.Silent:
		return r.Host + c.lang.Say(" se tait depuis ", " has been silent since ") + heard + c.lang.Say("\u00a0: ce qui est affiché date de là.", ": what is shown is from then.")
	}
	return c.lang.Say("Réponses par ", "Answers through ") + r.Host + ", " + heard + "."
}

// answerSentence says what a school attested, when, and who did it.
func (c *call) answerSentence(a store.Answer) string {
	name := c.app.Procedures().Name(a.Product)
	verb := c.lang.Say("fermé", "closed")
	if a.Kind == store.Undone {
		verb = c.lang.Say("rétabli", "restored")
	}
	at := page.Frame{Lang: c.lang, Now: c.app.Now().In(c.loc)}.Near(a.At.In(c.loc))
	return c.lang.Say(name.French, name.English) + c.lang.Say(" : ", ": ") + verb + " " + at + c.lang.Say(", par ", ", by ") + a.By
}

// pictureURL is where the picture of an answer is seen.
func (c *call) pictureURL(a store.Answer) string {
	return page.Frame{Base: c.base()}.URL(page.AnswersPart, strconv.FormatInt(a.ID, 10), "picture")
}

// answerPicture shows the picture beside an attestation.
func (c *call) answerPicture() error {
	picture, err := c.app.AnswerPicture(c.r.Context(), c.who, int64(number(c.r.PathValue("id"))))
	if err != nil {
		return err
	}
	c.w.Header().Set("Content-Type", "image/jpeg")
	c.w.Write(picture) // a reader who has left is no fault
	return nil
}

// late counts, for an office, the schools that have not answered its orders in time.
func (c *call) late() (map[order.ID]int, error) {
	if c.who.Member.ID != 0 {
		return nil, nil
	}
	return c.app.Overdue(c.r.Context(), c.who)
}

// boardCSV is the same table as a file, whole.
func (c *call) boardCSV() error {
	if err := c.app.Fresh(c.who); err != nil {
		return err
	}
	b, err := c.app.Board(c.r.Context(), c.who, c.orderID())
	if err != nil {
		return err
	}
	out := c.csv("ecluse-"+strings.ReplaceAll(string(c.orderID()), "/", "-")+".csv",
		"order", "exercise", "uai", "name", "territory", "degree", "answer", "due", "received", "applied", "done", "awaited", "products_said", "said", "refusal", "host", "heard", "silent")
	for _, r := range c.boardMatches(b) {
		row := c.boardRow(r)
		out.Write(
			string(b.Order.ID), strconv.FormatBool(c.orderRow(b.Order).Exercise), row.UAI, row.Name, string(r.School.Parent), r.School.Degree.String(), r.State.String(),
			c.stamp(r.Due), c.stamp(r.Received), c.stamp(r.Applied), c.stamp(r.Done), strings.Join(row.Missing, "; "),
			strconv.FormatBool(r.Said), strings.Join(row.Answers, "; "), r.Reason, r.Host, c.stamp(r.Heard), strconv.FormatBool(r.Silent),
		)
	}
	return out.End()
}

// stamp is an instant in a file; "" when there is none.
func (c *call) stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(c.loc).Format(time.RFC3339)
}

package postfix

import (
	"context"
	"strings"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/enforce"
	"github.com/ecluse-ecole/ecluse/internal/gate"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

// receive is what a mailbox needs so that new mail may arrive: where only reading
// is left it stays as it was when writing stopped.
const receive = enforce.ReplyMessage

// senderOnly is a policy_context that asks about who sends and not about
// mailboxes: of a service behind which another asks about those, one by one.
const senderOnly = "sender"

func foldName(s string) string { return account.FoldLogin(s) }

// recipient decides about one more recipient of a message.
func (s *Server) recipient(ctx context.Context, r *request) reply {
	if r.instance == "" || r.recipient == "" {
		return undecided
	}
	to := []string{r.recipient}
	if _, refusal := s.send(ctx, r.login, to, s.others(r.instance, r.recipient)+1); refusal != "" {
		return refusal
	}
	f, _ := s.fate(ctx, r, to)
	switch {
	case f.kind != passes && f.kind != held:
		return f.reply()
	case !s.join(r.instance, r.recipient, f):
		return mixed
	}
	return dunno
}

// sender decides about who sends alone.
func (s *Server) sender(ctx context.Context, r *request) reply {
	if _, refusal := s.send(ctx, r.login, nil, 0); refusal != "" {
		return refusal
	}
	return dunno
}

// end decides about a whole message, once more: what was open when it began may
// have closed since.
func (s *Server) end(ctx context.Context, r *request) reply {
	to, known := s.finish(r)
	if !known || r.instance == "" {
		return undecided
	}
	a, refusal := s.send(ctx, r.login, to, r.count)
	if refusal != "" {
		return refusal
	}
	f, alike := s.fate(ctx, r, to)
	switch {
	case !alike:
		return mixed
	case f.kind != passes && f.kind != held:
		return f.reply()
	case a != nil && !s.hourly.take(foldName(r.login), a.Limits.PerHour, time.Now()):
		return tooOften(a)
	case f.kind == passes:
		return dunno
	}
	return s.hold(r, to, f)
}

// hold has the message held, once that is on disk.
func (s *Server) hold(r *request, to []string, f fate) reply {
	if !queueName(r.queueID) {
		return undecided
	}
	if err := s.book.add(entry{Queue: r.queueID, To: to, From: r.login, At: time.Now().UTC()}); err != nil {
		s.log.Error("writing down a message that is to be held: it is deferred instead", "error", err)
		return undecided
	}
	s.log.Info("mail is held", "queue", r.queueID, "reopens", f.when())
	return f.reply()
}

// send is the answer about who has signed in and writes to so many, and the
// refusal that follows from it, or "". There is no answer about who has not
// signed in or is open always.
func (s *Server) send(ctx context.Context, login string, to []string, count int) (a *enforce.Answer, refusal reply) {
	if login == "" || s.open[foldName(login)] {
		return nil, ""
	}
	began := time.Now()
	a = s.exchange(ctx, []string{login}, s.people(to), enforce.SendMessage)[0]
	s.figures.Decided(began, a, enforce.SendMessage)
	switch {
	case login == enforce.SelfTest: // for good, so that whoever tests sees a refusal
		refusal = "550 5.7.1 " + reply(both([]string{a.French.Brief}, []string{a.English.Brief}))
	case !a.Allows(enforce.SendMessage):
		refusal = s.texts.refusal(a)
	case int64(count) > int64(a.Limits.Recipients):
		refusal = tooMany(a)
	}
	return a, refusal
}

// people are those recipients about whom can be asked, without the root's dot.
func (s *Server) people(to []string) []string {
	var list []string
	for _, address := range to {
		if s.place(address) == ours {
			list = append(list, strings.TrimSuffix(address, "."))
		}
	}
	return list
}

// A kind is what becomes of a message for one recipient.
type kind uint8

const (
	passes kind = iota
	held
	deferred
	refused
	doubted
)

// A fate is a kind, until when.
type fate struct {
	kind  kind
	opens time.Time // when the mailbox receives again; zero: not known, or it does
}

// same reports whether two recipients can be of one message.
func (f fate) same(other fate) bool { return f.kind == other.kind && f.opens.Equal(other.opens) }

// when is the reopening, for the log.
func (f fate) when() string {
	if f.opens.IsZero() {
		return "not announced"
	}
	return f.opens.Format(time.RFC3339)
}

// fate is what becomes of a message to these recipients. It is not alike where
// Postfix would have to treat them differently. What is held alike may reopen at
// different times, and then waits for the last.
func (s *Server) fate(ctx context.Context, r *request, to []string) (f fate, alike bool) {
	if r.context == senderOnly {
		return fate{}, true
	}
	people := s.people(to)
	fates := make([]fate, 0, len(to))
	for _, address := range to {
		switch s.place(address) {
		case doubtful:
			return fate{kind: doubted}, true
		case always, elsewhere:
			fates = append(fates, fate{kind: passes})
		}
	}
	if len(people) > 0 {
		began := time.Now()
		for _, a := range s.received(ctx, people, r.login) {
			s.figures.Decided(began, a, receive)
			fates = append(fates, s.fateOf(a))
		}
	}
	return together(fates)
}

// together is the fate of all, if it is one.
func together(fates []fate) (f fate, alike bool) {
	f, alike = fates[0], true
	for _, other := range fates[1:] {
		switch {
		case other.kind == doubted:
			return other, true
		case other.kind != f.kind:
			alike = false
		case other.opens.IsZero() || !f.opens.IsZero() && other.opens.After(f.opens):
			f.opens = other.opens
		}
	}
	return f, alike || f.kind == doubted
}

// received asks whether people may receive, in an exchange with who has signed
// in, if anybody has.
func (s *Server) received(ctx context.Context, people []string, from string) []*enforce.Answer {
	var others []string
	if from != "" {
		others = []string{from}
	}
	return s.exchange(ctx, people, others, receive)
}

// fateOf is what the configuration makes of an answer about a mailbox.
func (s *Server) fateOf(a *enforce.Answer) fate {
	switch {
	case a.Unknown:
		return fate{kind: doubted}
	case a.Allows(receive), s.incoming == deliver && a.Access == order.Closed:
		return fate{}
	}
	f := fate{kind: held, opens: a.Reopens(receive)}
	switch s.incoming {
	case later:
		f.kind = deferred
	case refuse:
		f.kind = refused
	}
	return f
}

// exchange asks about people in an exchange with others. Most orders do not look
// at the others' roles; so it is first asked as if they had all of them, which is
// the strictest, and their roles are looked up only where that made a difference.
func (s *Server) exchange(ctx context.Context, who, others []string, action enforce.Action) []*enforce.Answer {
	if len(others) == 0 {
		return s.about(ctx, who, 0)
	}
	answers := s.about(ctx, who, school.Everyone)
	var strict []int
	var names []string
	for i, a := range answers {
		if !a.Allows(action) || a.Limits != gate.NoLimits {
			strict, names = append(strict, i), append(names, who[i])
		}
	}
	if len(strict) == 0 {
		return answers
	}
	for i, a := range s.about(ctx, names, s.roles(ctx, others)) {
		answers[strict[i]] = a
	}
	return answers
}

// about asks about people by their names, and about who is not known by the name
// without its extension.
func (s *Server) about(ctx context.Context, who []string, with school.Roles) []*enforce.Answer {
	questions := make([]enforce.Question, len(who))
	for i, name := range who {
		questions[i] = enforce.Question{Login: name, With: with, Service: order.Mail}
	}
	answers := s.decider.AskAll(ctx, questions)
	for i, a := range answers {
		if a.School != "" {
			continue
		}
		if name, extended := s.base(who[i]); extended {
			questions[i].Login = name
			answers[i] = s.decider.Ask(ctx, questions[i])
		}
	}
	return answers
}

// roles are those that people have, together: somebody has a role if there is an
// answer about them in it. Of whom nothing is known every role counts.
func (s *Server) roles(ctx context.Context, people []string) school.Roles {
	var roles school.Roles
	questions := make([]enforce.Question, school.RoleCount)
	for _, name := range people {
		var has school.Roles
		for i := range questions {
			questions[i] = enforce.Question{Login: name, Roles: school.RolesOf(school.Role(i)), Service: order.Mail}
		}
		for i, a := range s.decider.AskAll(ctx, questions) {
			if a.School != "" {
				has |= school.RolesOf(school.Role(i))
			}
		}
		if has == 0 {
			return school.Everyone
		}
		roles |= has
	}
	return roles
}

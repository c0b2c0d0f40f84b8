package page

import "net/url"

// The addresses of a sign-in service, which follow its name.
const (
	servicePart = "/sign-in/service/"
	leavePart   = "/sign-out/service/"
)

// A ServiceLink leads to a sign-in service, such as ÉduConnect, or out of it. Where
// a text is carried it opens beside the page, which keeps the text until its
// writer is back and posts it to KeptURL.
type ServiceLink struct {
	Label string
	URL   string
}

// ServiceURL is where somebody sets out to a sign-in service: with proof to show
// who they are although they are signed in.
func ServiceURL(name, next string, proof bool) string {
	q := url.Values{}
	if next != "" {
		q.Set("next", next)
	}
	if proof {
		q.Set("proof", "1")
	}
	if len(q) == 0 {
		return servicePart + name
	}
	return servicePart + name + "?" + q.Encode()
}

// ServiceBack is where the service sends browsers back to, and posts that a
// session has ended.
func ServiceBack(name string) string { return servicePart + name + "/back" }

// LeaveURL is where somebody signs out of a service too.
func LeaveURL(name string) string { return leavePart + name }

// ServiceTrouble says that a service's word opened nothing, and whom to ask.
type ServiceTrouble struct {
	Frame
	Again    ServiceLink
	Sentence string // what happened, where the account is not the cause
	Unknown  bool   // the service vouches for somebody whom nobody here knows by that name
	Shut     bool   // the service does not open an account with all these places
}

// ServiceRenewal asks somebody whose password is a service's to change it there
// and to come back.
type ServiceRenewal struct {
	Frame
	Name  string
	Where ServiceLink // the page on which it is changed; without an address where nobody told us
	Back  ServiceLink
}

package identity

import (
	"errors"
	"strings"
	"testing"
)

// FuzzTicketAnswers: what is read as a name or a ticket stands in the document as
// it is, with nothing around it that another reader could see differently.
func FuzzTicketAnswers(f *testing.F) {
	const cas = `<cas:serviceResponse xmlns:cas="http://www.yale.edu/tp/cas"><cas:authenticationSuccess><cas:user>pupil1</cas:user></cas:authenticationSuccess></cas:serviceResponse>`
	const logout = `<p:LogoutRequest xmlns:p="urn:oasis:names:tc:SAML:2.0:protocol"><p:SessionIndex>ST-1-abc</p:SessionIndex></p:LogoutRequest>`
	for _, text := range []string{
		"", cas, logout, "<?xml version=\"1.0\"?>\n" + cas, cas + cas, "<!DOCTYPE a [<!ENTITY b 'c'>]>" + cas,
		strings.Replace(cas, "pupil1", "&#112;upil1", 1), strings.Replace(cas, "pupil1", "<![CDATA[pupil1]]>", 1),
		strings.Replace(cas, "pupil1", "pupil<!---->1", 1), strings.Replace(cas, "cas:user", "user", 2), cas[:len(cas)-5],
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		answer, err := readCAS(text)
		name := answer.User
		if err == nil && (name == "" || strings.TrimSpace(name) != name) {
			t.Errorf("%q names %q", text, name)
		}
		if err != nil && name != "" {
			t.Errorf("%q names %q and fails: %v", text, name, err)
		}
		if ticket, err := EndedTicket(text); err == nil && (!ticketForm.MatchString(ticket) || !strings.Contains(string(text), "SessionIndex")) {
			t.Errorf("%q ends %q", text, ticket)
		}
		if strings.Contains(string(text), "<!--") && err == nil && !strings.Contains(string(text), "CDATA") && !strings.ContainsAny(string(text), `"'`) {
			t.Errorf("%q holds a comment", text)
		}
	})
}

func TestFailureCodes(t *testing.T) {
	for code, refused := range map[string]bool{"INVALID_TICKET": true, "INVALID_SERVICE": true, "INVALID_TICKET_SPEC": true, "INTERNAL_ERROR": false, "UNAUTHORIZED_SERVICE": false, "": false} {
		_, err := readCAS([]byte(`<a:serviceResponse xmlns:a="http://www.yale.edu/tp/cas"><a:authenticationFailure code="` + code + `"/></a:serviceResponse>`))
		if err == nil || errors.Is(err, ErrTicket) != refused {
			t.Errorf("%q: %v", code, err)
		}
	}
}

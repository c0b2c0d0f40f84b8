package wire

import "net/http"

// Language is the one in which a request's reader is spoken to: fr or en, by
// Accept-Language, French where it does not say.
func Language(r *http.Request) string { return language(r.Header.Get("Accept-Language")) }

package envoy

import (
	"fmt"
	"strings"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/enforce"
)

// Explain tells what Envoy is answered where an answer holds.
func Explain(a *enforce.Answer) string {
	var out strings.Builder
	for action := enforce.OpenSession; action <= enforce.SendMessage; action++ {
		fmt.Fprintf(&out, "%s: ", action)
		switch reopens := a.Reopens(action); {
		case a.Allows(action) && a.Until.IsZero():
			fmt.Fprintf(&out, "OK, x-ecluse-access: %s.\n", a.Access)
		case a.Allows(action):
			fmt.Fprintf(&out, "OK, x-ecluse-access: %s, x-ecluse-until: %s.\n", a.Access, a.Until.Format(time.RFC3339))
		case a.Unknown:
			fmt.Fprint(&out, "PERMISSION_DENIED with status 503, because nothing can be decided.\n")
		case reopens.IsZero():
			fmt.Fprint(&out, "PERMISSION_DENIED with status 403.\n")
		default:
			fmt.Fprintf(&out, "PERMISSION_DENIED with status 403, Retry-After, x-ecluse-reopens: %s.\n", reopens.Format(time.RFC3339))
		}
	}
	return out.String() + "A stream that is open already lives on until max_stream_duration.\n"
}

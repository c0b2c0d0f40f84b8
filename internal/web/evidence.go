package web

import (
	"strconv"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

// fetchEvidence hands out the file that is kept of a frozen account.
func (c *call) fetchEvidence(person account.PersonID) error {
	name, file, err := c.app.FetchEvidence(c.r.Context(), c.who, person, int64(number(c.r.FormValue("evidence"))))
	if err != nil {
		return err
	}
	h := c.w.Header()
	h.Set("Content-Type", "application/zip")
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	h.Set("Content-Length", strconv.Itoa(len(file)))
	_, err = c.w.Write(file)
	return err
}

// keptEvidence is one file as the page tells of it.
func (c *call) keptEvidence(h ecluse.HeldView) page.KeptEvidence {
	k := page.KeptEvidence{
		ID: strconv.FormatInt(h.ID, 10), Place: h.Name, Frozen: c.in(h.Frozen), Since: c.in(h.Since), Messages: h.Messages, SignIns: h.SignIns,
		Until: c.in(h.Until), Seal: h.Seal, Mine: h.Mine,
	}
	for _, f := range h.Fetched {
		k.Fetched = append(k.Fetched, page.EvidenceFetch{At: c.in(f.At), Name: f.Name})
	}
	return k
}

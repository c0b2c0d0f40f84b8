package web

import (
	"crypto/sha1"
	"encoding/hex"
	"encoding/xml"
	"strings"
	"time"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/order"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

// An atomFeed is a feed of RFC 4287: one entry an order, newest first.
type atomFeed struct {
	XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	Lang    string      `xml:"xml:lang,attr"`
	ID      string      `xml:"id"`
	Title   string      `xml:"title"`
	Updated string      `xml:"updated"`
	Author  string      `xml:"author>name"`
	Links   []atomLink  `xml:"link"`
	Entries []atomEntry `xml:"entry"`
}

type atomLink struct {
	Rel  string `xml:"rel,attr"`
	Type string `xml:"type,attr"`
	Href string `xml:"href,attr"`
}

type atomEntry struct {
	ID        string   `xml:"id"`
	Title     string   `xml:"title"`
	Published string   `xml:"published"`
	Updated   string   `xml:"updated"`
	Author    string   `xml:"author>name"`
	Link      atomLink `xml:"link"`
	Content   string   `xml:"content"` // of type text
}

// publicFeed is a school's Atom feed. An entry keeps its id for ever, and is
// updated when the order begins, is to end, and ends.
func (c *call) publicFeed() error {
	return c.publicly("feed", func(n ecluse.PublicNotice) (rendering, error) {
		body, err := xml.MarshalIndent(c.feedOf(n), "", "  ")
		body = append([]byte(xml.Header), append(body, '\n')...)
		return rendering{kind: "application/atom+xml; charset=utf-8", body: body, lang: c.lang}, err
	})
}

func (c *call) feedOf(n ecluse.PublicNotice) atomFeed {
	uai := string(n.School.UAI)
	address := origin + page.PublicURL(uai)
	f := atomFeed{
		Lang: string(c.lang), ID: lastingID("school", uai), Author: n.School.Name,
		Title: n.School.Name + c.lang.Say(" : messagerie", ": messaging"),
		Links: []atomLink{
			{"self", "application/atom+xml", origin + page.PublicFeedURL(uai, c.lang)},
			{"alternate", "text/html", address},
		},
	}
	frame := page.Frame{Lang: c.lang} // every date with its year: entries are read later
	latest := time.Unix(0, 0)         // of a school about which nothing was ever decided
	for _, o := range n.Orders[:min(len(n.Orders), pastShown)] {
		told := c.publicOrder(frame, o)
		f.Entries = append(f.Entries, atomEntry{
			ID: lastingID("order", uai, string(o.ID)), Title: c.entryTitle(o),
			Published: atomTime(o.Issued), Updated: atomTime(o.Changed), Author: o.Office,
			Link: atomLink{"alternate", "text/html", address}, Content: strings.Join(told.Lines(frame), "\n"),
		})
		if o.Changed.After(latest) {
			latest = o.Changed
		}
	}
	f.Updated = atomTime(latest)
	return f
}

// entryTitle begins with where the order stands.
func (c *call) entryTitle(o ecluse.PublicOrder) string {
	word := page.OrderStateWord(c.lang, page.OrderState(o.State))
	if o.Status == order.Exercise {
		word = c.lang.Say("exercice, ", "exercise, ") + word
	}
	return "[" + word + "] " + o.Title
}

func atomTime(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// feedSpace is the name space of our feeds' identifiers (RFC 9562, 6.6): drawn
// once, and never to be changed.
var feedSpace = [16]byte{0x5b, 0x0e, 0x6a, 0xd1, 0x3c, 0x47, 0x4f, 0x0b, 0x9a, 0x6e, 0x1d, 0x52, 0xe8, 0x04, 0x7c, 0x93}

// lastingID is an identifier that is the same wherever the feed is served: a
// UUID of version 5 (RFC 9562, 5.5) over what it names.
func lastingID(parts ...string) string {
	h := sha1.New()
	h.Write(feedSpace[:])
	h.Write([]byte(strings.Join(parts, "\n")))
	sum := h.Sum(nil)[:16]
	sum[6], sum[8] = sum[6]&0x0f|0x50, sum[8]&0x3f|0x80
	x := hex.EncodeToString(sum)
	return "urn:uuid:" + strings.Join([]string{x[:8], x[8:12], x[12:16], x[16:20], x[20:]}, "-")
}

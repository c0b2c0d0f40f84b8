// Package slip draws slips on paper: who somebody is, a code that sets a new
// password once, and what to do with it, as a PDF of A4 pages to print and cut.
//
// Eight slips fill a page, each an A7 card, with marks where to cut. Each class
// begins a page with a card that names it and counts its slips, so that who cuts
// the stack can hand it out class by class; within a class the order is the
// caller's. The text is French, the language of the schools that hand slips out.
// The fonts (the Go family, which has the letters of all European languages) are
// part of the file. A slip's square (a QR code, ISO/IEC 18004) only fills in a form.
//
// Nothing is kept here: the codes are in the file that is written, and nowhere else.
package slip

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-pdf/fpdf"
	"github.com/skip2/go-qrcode"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/gomonobold"
	"golang.org/x/image/font/gofont/goregular"
)

// A Sheet is what to print.
type Sheet struct {
	School  string
	Address string // of the page where a slip is used, such as https://host.example/renew
	Printed time.Time
	Until   string // the day to which the slips hold, in words
	Slips   []Slip // those of one class together
}

// A Slip is one person's.
type Slip struct {
	Class string // "" for who sits in none
	Name  string
	Role  string // in words; "" says nothing of it
	Login string
	Code  string
}

// A card is an A7 sheet: eight fill an A4 page.
const (
	pageWidth, pageHeight = 210.0, 297.0 // mm
	columns, rows         = 2, 4
	cardWidth             = pageWidth / columns
	cardHeight            = pageHeight / rows
	margin                = 8.0 // within a card
	square                = 27.0
)

// A printer fills pages card by card.
type printer struct {
	*fpdf.Fpdf
	sheet Sheet
	next  int // card of the page; columns*rows when it is full
}

// Write writes the sheet as a PDF.
func Write(w io.Writer, s Sheet) error {
	codes, err := squares(s)
	if err != nil {
		return err
	}
	p := &printer{Fpdf: fpdf.New("P", "mm", "A4", ""), sheet: s, next: columns * rows}
	p.begin("Billets", s.Printed)
	for i, one := range s.Slips {
		if i == 0 || one.Class != s.Slips[i-1].Class {
			p.next = columns * rows
			p.class(one.Class, s.Slips[i:])
		}
		p.slip(one, codes[i])
	}
	if err := p.Output(w); err != nil {
		return fmt.Errorf("writing the slips: %w", err)
	}
	return nil
}

// begin sets fonts and what the file says of itself: nothing of the machine.
func (p *printer) begin(title string, printed time.Time) {
	p.AddUTF8FontFromBytes("text", "", goregular.TTF)
	p.AddUTF8FontFromBytes("text", "B", gobold.TTF)
	p.AddUTF8FontFromBytes("code", "B", gomonobold.TTF)
	p.SetAutoPageBreak(false, 0)
	p.SetCellMargin(0)
	p.SetTitle(title, true)
	p.SetCreationDate(printed)
	p.SetModificationDate(printed)
	p.SetCatalogSort(true)
}

// card moves to the next card, on a new page when this one is full, and returns
// where what it holds begins.
func (p *printer) card() (x, y float64) {
	if p.next == columns*rows {
		p.AddPage()
		p.marks()
		p.next = 0
	}
	x, y = float64(p.next%columns)*cardWidth, float64(p.next/columns)*cardHeight
	p.next++
	return x + margin, y + margin
}

// marks are drawn where cuts begin, end and cross.
func (p *printer) marks() {
	const arm = 3.0
	p.SetLineWidth(0.2)
	p.SetDrawColor(120, 120, 120)
	for r := 0; r <= rows; r++ {
		for c := 0; c <= columns; c++ {
			x, y := float64(c)*cardWidth, float64(r)*cardHeight
			p.Line(x-arm, y, x+arm, y)
			p.Line(x, y-arm, x, y+arm)
		}
	}
}

// class is the card on top of a class.
func (p *printer) class(name string, rest []Slip) {
	n := 0
	for n < len(rest) && rest[n].Class == name {
		n++
	}
	x, y := p.card()
	p.line(x, y, 10, "", p.sheet.School, cardWidth-2*margin)
	if name == "" {
		name = "Sans classe"
	}
	p.line(x, y+14, 30, "B", name, cardWidth-2*margin)
	count := fmt.Sprintf("%d billets", n)
	if n == 1 {
		count = "1 billet"
	}
	p.line(x, y+30, 12, "", count+", valables jusqu’au "+p.sheet.Until, cardWidth-2*margin)
	p.text(x, y+40, cardWidth-2*margin, "À remettre en main propre, un à chacun. Un billet perdu s’annule en un clic\u00a0; en imprimer un autre annule le premier.")
}

// slip is one card.
func (p *printer) slip(s Slip, code [][]bool) {
	x, y := p.card()
	const width = cardWidth - 2*margin
	p.line(x, y, 8, "", p.sheet.School, width)
	p.line(x, y+4.6, 14, "B", s.Name, width)
	p.line(x, y+11.4, 9, "", strings.Trim(s.Class+", "+s.Role, ", "), width)

	p.line(x, y+18.5, 8, "", "Identifiant", width)
	p.line(x, y+22, 12, "B", s.Login, width-square-3)
	p.line(x, y+29, 8, "", "Code, une seule fois", width)
	p.SetFont("code", "B", 15)
	p.SetXY(x, y+32.6)
	p.CellFormat(width-square-3, 6, s.Code, "", 0, "L", false, 0, "")
	p.line(x, y+40.4, 8, "", bare(p.sheet.Address), width-square-3)

	p.text(x, y+46.2, width, "Ouvrez cette adresse, ou photographiez le carré, puis choisissez votre nouveau mot de passe\u00a0: personne d’autre ne le connaîtra. "+
		"Ce billet est pour vous seul, et vaut jusqu’au "+p.sheet.Until+".")
	p.qr(x+width-square, y+17.5, code)
}

// link is what the square holds: it fills in the form.
func (s Sheet) link(one Slip) string {
	return s.Address + "?" + url.Values{"login": {one.Login}, "slip": {one.Code}}.Encode()
}

// bare is an address as people type it.
func bare(address string) string {
	_, rest, found := strings.Cut(address, "://")
	if !found {
		return address
	}
	return rest
}

// line writes one line, smaller if it would not fit.
func (p *printer) line(x, y, size float64, style, words string, width float64) {
	p.SetFont("text", style, size)
	if wide := p.GetStringWidth(words); wide > width {
		p.SetFontSize(max(5, size*width/wide))
	}
	p.SetXY(x, y)
	p.CellFormat(width, size*0.42, words, "", 0, "L", false, 0, "")
}

// text writes sentences.
func (p *printer) text(x, y, width float64, words string) {
	p.SetFont("text", "", 8)
	p.SetXY(x, y)
	p.MultiCell(width, 3.6, words, "", "L", false)
}

// qr draws a square as one shape: a rectangle for each run of dark modules, in a
// space whose unit is a module and whose rows go down.
func (p *printer) qr(x, y float64, modules [][]bool) {
	const point = 72 / 25.4
	side := square / float64(len(modules)) * point
	b := fmt.Appendf(nil, "q 0 g %.4f 0 0 %.4f %.2f %.2f cm\n", side, -side, x*point, (pageHeight-y)*point)
	for r, row := range modules {
		for c := 0; c < len(row); c++ {
			from := c
			for c < len(row) && row[c] {
				c++
			}
			if c > from {
				b = append(strconv.AppendInt(b, int64(from), 10), ' ')
				b = append(strconv.AppendInt(b, int64(r), 10), ' ')
				b = append(strconv.AppendInt(b, int64(c-from), 10), " 1 re\n"...)
			}
		}
	}
	p.RawWriteStr(string(b) + "f Q\n")
}

// squares are the modules of every slip's square, encoded on all processors: it is
// most of the work.
func squares(s Sheet) ([][][]bool, error) {
	codes, errs := make([][][]bool, len(s.Slips)), make([]error, runtime.GOMAXPROCS(0))
	var work sync.WaitGroup
	for n := range errs {
		work.Go(func() {
			for i := n; i < len(codes) && errs[n] == nil; i += len(errs) {
				var code *qrcode.QRCode
				if code, errs[n] = qrcode.New(s.link(s.Slips[i]), qrcode.Medium); errs[n] == nil {
					code.DisableBorder = true
					codes[i] = code.Bitmap()
				}
			}
		})
	}
	work.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("drawing the squares of slips: %w", err)
	}
	return codes, nil
}

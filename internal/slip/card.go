package slip

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/go-pdf/fpdf"
)

// Cards are cards of codes to print: eight a page, cut and handed out like slips.
type Cards struct {
	School  string
	Printed time.Time
	Cards   []Card // those of one class together
}

// A Card is one person's, with its numbered codes.
type Card struct {
	Class string // "" for who sits in none
	Name  string
	Login string
	Codes []string
}

// How the codes of a card are set: column after column.
const (
	codeColumns = 5
	codeLine    = 5.2 // mm
)

// WriteCards writes cards as a PDF.
func WriteCards(w io.Writer, s Cards) error {
	p := &printer{Fpdf: fpdf.New("P", "mm", "A4", ""), next: columns * rows}
	p.begin("Cartes de codes", s.Printed)
	for i, one := range s.Cards {
		if i == 0 || one.Class != s.Cards[i-1].Class {
			p.next = columns * rows
			p.cardsOf(s, one.Class, s.Cards[i:])
		}
		p.codes(s, one)
	}
	if err := p.Output(w); err != nil {
		return fmt.Errorf("writing the cards: %w", err)
	}
	return nil
}

// cardsOf is what lies on top of a class.
func (p *printer) cardsOf(s Cards, class string, rest []Card) {
	n := 0
	for n < len(rest) && rest[n].Class == class {
		n++
	}
	if class == "" {
		class = "Sans classe"
	}
	x, y := p.card()
	p.line(x, y, 10, "", s.School, cardWidth-2*margin)
	p.line(x, y+14, 30, "B", class, cardWidth-2*margin)
	count := fmt.Sprintf("%d cartes de codes", n)
	if n == 1 {
		count = "1 carte de codes"
	}
	p.line(x, y+30, 12, "", count, cardWidth-2*margin)
	p.text(x, y+40, cardWidth-2*margin, "À remettre en main propre, une à chacun, dès aujourd’hui\u00a0: un code de la carte est demandé à partir de maintenant. Une carte perdue s’annule en un clic.")
}

// codes is one card.
func (p *printer) codes(s Cards, c Card) {
	const width = cardWidth - 2*margin
	x, y := p.card()
	p.line(x, y, 8, "", s.School, width)
	p.line(x, y+4.4, 13, "B", c.Name, width)
	p.line(x, y+10.6, 9, "", strings.Trim(c.Class+" · "+c.Login, "· "), width)
	lines := (len(c.Codes) + codeColumns - 1) / codeColumns
	for i, code := range c.Codes {
		left, top := x+float64(i/lines)*width/codeColumns, y+17+float64(i%lines)*codeLine
		p.line(left, top+0.5, 6.5, "", fmt.Sprint(i+1), 4)
		p.SetFont("code", "B", 8.5)
		p.SetXY(left+3.8, top)
		p.CellFormat(width/codeColumns-3.8, 4, code, "", 0, "L", false, 0, "")
	}
	p.text(x, y+17+float64(lines)*codeLine+1.2, width, "Après le mot de passe, Écluse demande un de ces codes par son numéro. Chacun sert une fois. "+
		"Ne montrez cette carte à personne, gardez-la loin du mot de passe. Perdue\u00a0? Dites-le tout de suite à l’établissement.")
}

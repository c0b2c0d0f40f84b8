package gallery

import (
	"github.com/ecluse-ecole/ecluse/internal/account"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
	"github.com/skip2/go-qrcode"
)

// proofs are the pages about what one has beside the password.
func (g gallery) proofs() []Sample {
	asked := page.Proof{Frame: g.bare("C’est bien vous ?", "Is it you?", page.ProofURL), Name: "Inès Carrel", Ways: account.ByPassword}
	second := asked
	second.Stage, second.Ways = account.StageSecond, account.ByCode|account.ByPasskey|account.ByRecovery
	wrong := second
	wrong.Problem = g.Say("Ce code ne correspond pas. Vérifiez-le, ou attendez le suivant.", "This code does not match. Check it, or wait for the next one.")
	place := asked
	place.Stage, place.Ways, place.Place = account.StageStranger, account.ByMail, true
	card := second
	card.Ways, card.Card = account.ByCard|account.ByWitness, 17
	empty := card
	empty.Card = 0
	renewal := asked
	renewal.Stage, renewal.Ways = account.StageRenewal, 0
	none := page.Factors{Frame: g.own("Vos preuves", "Your proofs", page.FactorsURL)}
	some := none
	some.Rows = []page.FactorRow{
		{ID: 1, Kind: account.ByCode, Name: g.Say("téléphone bleu", "blue phone"), Added: at(1, 9, 0), Used: at(2, 7, 2)},
		{ID: 2, Kind: account.ByPasskey, Name: g.Say("ordinateur du salon", "living-room computer"), Added: at(1, 9, 10)},
		{ID: 3, Kind: account.ByRecovery, Added: at(1, 9, 20), Left: 9},
		{ID: 4, Kind: account.ByCard, Added: at(1, 9, 30), Left: 4},
	}
	recovery := page.Recovery{Frame: g.own("Codes de secours", "Recovery codes", page.FactorsURL), Codes: []string{"ABCD EFGH IJKL MNOP", "QRST UVWX YZ23 4567", "BCDE FGHI JKLM NOPQ"}}
	resume := page.Resume{Frame: asked.Frame, Action: "/at/42/announcements", Fields: []page.Choice{{Label: "title", Value: "…"}}}
	some.Passkeys = true
	setup := page.CodeSetup{Frame: g.own("Application de codes", "Code application", page.CodeURL), Text: account.CodeText(make([]byte, 20)), Picture: picture("otpauth://totp/Ecluse:ines.carrel?secret=AAAA")}
	missed := setup
	missed.Code.Error = wrong.Problem
	return append([]Sample{{"proof", asked}, {"proof-country", place}, {"proof-second", second}, {"proof-wrong", wrong}, {"proof-renewal", renewal}, {"proof-card", card}, {"proof-card-empty", empty},
		{"factors-none", none}, {"factors", some}, {"resume", resume}, {"recovery", recovery}, {"code-setup", setup}, {"code-setup-wrong", missed}}, amid(g, asked)...)
}

// own is a frame outside any place.
func (g gallery) own(fr, en, path string) page.Frame {
	f := g.frame(fr, en, "")
	f.Base, f.Current, f.Path, f.Stays = "", page.State{}, path, true
	return f
}

// picture is one for cameras.
func picture(text string) page.QR {
	code, err := qrcode.New(text, qrcode.Medium)
	if err != nil {
		return nil
	}
	return code.Bitmap()
}

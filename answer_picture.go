package ecluse

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	_ "image/png" // one of the two formats that are read

	"github.com/ecluse-ecole/ecluse/internal/store"
)

// What a picture beside an attestation may be. It is drawn anew and encoded by us:
// what was sent is never served, and what a camera writes beside it (place, owner)
// is gone.
const (
	MaxPicture = 2 << 20    // bytes, as it is sent
	maxPixels  = 16_000_000 // an hour's worth of memory is not to be asked for with a few bytes
	quality    = 80
)

// picture is a picture as it is kept; nil stays nil.
func (a *App) picture(data []byte) ([]byte, error) {
	if len(data) == 0 {
		return nil, nil
	}
	config, _, err := image.DecodeConfig(bytes.NewReader(data))
	if len(data) > MaxPicture || err == nil && config.Width*config.Height > maxPixels {
		return nil, invalid("Cette image est trop grande\u00a0: au plus 2 Mo et 16 millions de points. Réduisez-la, ou attestez sans image.",
			"This picture is too large: at most 2 MB and 16 million pixels. Make it smaller, or attest without one.")
	}
	if err != nil {
		return nil, unreadablePicture()
	}
	a.drawing.Lock() // one at a time: each takes memory by its pixels
	defer a.drawing.Unlock()
	drawn, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, unreadablePicture()
	}
	paper := image.NewRGBA(drawn.Bounds())
	draw.Draw(paper, paper.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	draw.Draw(paper, paper.Bounds(), drawn, drawn.Bounds().Min, draw.Over)
	var out bytes.Buffer
	err = jpeg.Encode(&out, paper, &jpeg.Options{Quality: quality})
	return out.Bytes(), err
}

func unreadablePicture() error {
	return invalid("Cette image ne se lit pas. Envoyez une photo (JPEG) ou une capture d’écran (PNG), ou attestez sans image.",
		"This picture cannot be read. Send a photo (JPEG) or a screenshot (PNG), or attest without one.")
}

// AnswerPicture is the JPEG beside an attestation, for the school's head and the
// offices above.
func (a *App) AnswerPicture(ctx context.Context, who Actor, id int64) (picture []byte, err error) {
	territory, err := a.TerritoryOf(who)
	if err != nil {
		return nil, err
	}
	err = a.store.Read(ctx, func(tx *store.Tx) error {
		answer, err := tx.Answer(id)
		if err != nil {
			return err
		}
		sc, _, err := a.School(answer.School)
		if err != nil || !territory.Contains(sc.Territory()) {
			return notFound("Cette image n’existe pas, ou n’est pas à vous.", "This picture does not exist, or is not yours.")
		}
		picture, err = tx.AnswerPicture(id)
		return err
	})
	return picture, err
}

package ecluse

import (
	"context"
	"slices"
	"unicode/utf8"

	"github.com/ecluse-ecole/ecluse/internal/message"
	"github.com/ecluse-ecole/ecluse/internal/store"
)

// KeepTicks keeps which steps of a procedure, from 0, the actor's school has gone
// through, so that whoever answers for it can go on later. Like saving a draft it is no act: nothing
// is said to the authority, and attesting forgets it.
func (a *App) KeepTicks(ctx context.Context, who Actor, t Attestation, steps []int) error {
	h, err := a.Homework(ctx, who)
	if err != nil {
		return err
	}
	p, err := h.procedure(t)
	if err != nil {
		return err
	}
	kept := ticksOf(who, t)
	for _, step := range steps {
		if 0 <= step && step < p.Ticks(t.Undo) && !slices.Contains(kept.Steps, step) {
			kept.Steps = append(kept.Steps, step)
		}
	}
	slices.Sort(kept.Steps)
	kept.By, kept.Name = oneLine(t.By), who.Member.Name
	if utf8.RuneCountInString(kept.By) > MaxBy {
		return longBy()
	}
	return a.store.Write(ctx, func(tx *store.Tx) error {
		kept.At = a.clock.Now()
		return tx.PutTicks(kept)
	})
}

// ticksOf names the procedure that an attestation is about.
func ticksOf(who Actor, t Attestation) store.Ticks {
	return store.Ticks{School: who.Member.School, Order: t.Order, Product: t.Product, Undo: t.Undo}
}

// oneLine is what was typed, cleaned and on one line.
func oneLine(typed string) string { return plainLine(message.Clean(typed)) }

// keep puts what was kept at the procedures it is about.
func (h *Homework) keep(kept []store.Ticks) {
	for _, task := range h.Tasks {
		for i := range task.Products {
			p := &task.Products[i]
			at := slices.IndexFunc(kept, func(k store.Ticks) bool {
				return k.Order == task.Order.ID && k.Undo == task.Undo && k.Product == p.Procedure.ID
			})
			if at >= 0 {
				p.Kept = &kept[at]
			}
		}
	}
}

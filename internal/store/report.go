package store

import (
	"time"

	"github.com/ecluse-ecole/ecluse/internal/journal"
	"github.com/ecluse-ecole/ecluse/internal/order"
)

// JournalAbout is the entries of a log about an order itself, as they came: what
// was proposed, signed, issued or set. It reads the whole log: ask it of an
// authority's, which is short.
func (tx *Tx) JournalAbout(log journal.Log, id order.ID) ([]journal.Entry, error) {
	return all(tx, scanEntry, selectEntry+"WHERE log = $1 AND subject = $2 AND (verb LIKE 'order.%' OR verb = 'answer.delay') ORDER BY seq", log, id)
}

// ExemptionRequestsTo is everything that was asked about an order, in the order in
// which it was asked.
func (tx *Tx) ExemptionRequestsTo(id order.ID) ([]ExemptionRequest, error) {
	return all(tx, scanRequest, selectRequest+"WHERE r.order_id = $1 ORDER BY r.id", id)
}

// InstantOf is when an identifier was made by NewID. One made while the clock was
// set back tells of the latest instant before.
func InstantOf(id int64) time.Time { return time.UnixMilli(id >> 20).UTC() }

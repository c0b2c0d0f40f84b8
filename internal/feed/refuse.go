package feed

import (
	"errors"
	"fmt"

	"github.com/theupdateframework/go-tuf/v2/metadata"

	"github.com/ecluse-ecole/ecluse/hours"
)

// A Cause is why a follower did not take what it was offered.
type Cause uint8

// The causes. Unreachable and Storage are mishaps; the others are what an attack
// would look like, and what a mistake of the feed's host would.
const (
	NoCause     Cause = iota
	Unreachable       // no answer, or an answer that is no file
	Rollback          // older than what was verified before
	Frozen            // its signature has expired
	Damaged           // shorter, longer or other than its signature says
	TooLong           // longer than such a file may be
	Forged            // not signed by enough of the right keys
	Jumped            // a version or an instant too far ahead
	SplitView         // the log contradicts itself, or what was published is not in it
	Storage           // the last good set could not be written to disk
)

// A Refusal is an error with its cause.
type Refusal struct {
	Cause Cause
	Err   error
}

func refuse(cause Cause, err error) error { return &Refusal{cause, err} }

// Error is the technical reason, in English, for the log.
func (r *Refusal) Error() string { return fmt.Sprintf("%s: %v", r.Cause, r.Err) }

// Unwrap is the error below.
func (r *Refusal) Unwrap() error { return r.Err }

// String is one English word or two for logs and figures.
func (c Cause) String() string {
	return [...]string{"none", "unreachable", "rollback", "frozen", "damaged", "too long", "forged", "jumped", "split view", "storage"}[c]
}

// CauseOf is the cause of an error of this package; an error without one is
// Unreachable.
func CauseOf(err error) Cause {
	var r *Refusal
	switch {
	case err == nil:
		return NoCause
	case errors.As(err, &r):
		return r.Cause
	}
	return Unreachable
}

// judge gives an error of go-tuf its cause.
func judge(what string, err error) error {
	var known *Refusal
	if err == nil || errors.As(err, &known) {
		return err
	}
	cause := Damaged
	switch {
	case errors.Is(err, &metadata.ErrUnsignedMetadata{}), errors.Is(err, &metadata.ErrValue{}):
		cause = Forged
	case errors.Is(err, &metadata.ErrExpiredMetadata{}):
		cause = Frozen
	case errors.Is(err, &metadata.ErrBadVersionNumber{}):
		cause = Rollback
	}
	return refuse(cause, fmt.Errorf("verifying %s: %w", what, err))
}

// Say is the cause in a sentence for who runs the follower.
func (c Cause) Say(l hours.Language) string {
	said := causes()[c]
	if l == hours.French {
		return said.fr
	}
	return said.en
}

type bilingual struct{ fr, en string }

func causes() [Storage + 1]bilingual {
	return [...]bilingual{
		NoCause:     {"Rien n’est refusé.", "Nothing is refused."},
		Unreachable: {"Le flux d’ordres ne répond pas : vérifiez le réseau et l’adresse.", "The feed of orders does not answer: check the network and the address."},
		Rollback:    {"Le flux présente une version plus ancienne que celle déjà vérifiée : un miroir est en retard, ou quelqu’un rejoue un ancien état.", "The feed offers an older version than the one already verified: a mirror lags behind, or someone replays an old state."},
		Frozen:      {"La signature du flux a expiré : il n’est plus signé, quelqu’un retient les nouveaux ordres, ou l’horloge de cette machine avance.", "The feed's signature has expired: it is no longer being signed, someone withholds new orders, or this machine's clock is ahead."},
		Damaged:     {"Un fichier du flux n’est pas celui qui a été signé : il a été coupé, mélangé avec une autre version ou modifié.", "A file of the feed is not the one that was signed: it was cut, mixed with another version or changed."},
		TooLong:     {"Un fichier du flux est plus long qu’il ne peut l’être.", "A file of the feed is longer than it can be."},
		Forged:      {"Un fichier du flux n’est pas signé par les clés qui en ont le droit.", "A file of the feed is not signed by the keys that may sign it."},
		Jumped:      {"Le flux annonce une version ou une heure trop en avance : l’horloge de cette machine retarde, ou une clé a été volée.", "The feed claims a version or a time too far ahead: this machine's clock is behind, or a key was stolen."},
		SplitView:   {"Le registre des ordres se contredit : prévenez l’autorité, quelqu’un a pu montrer un autre registre à d’autres.", "The log of orders contradicts itself: tell the authority, someone may have shown others a different log."},
		Storage:     {"Les ordres reçus s’appliquent, mais n’ont pas pu être enregistrés sur le disque : vérifiez l’espace libre et les droits.", "The orders received apply, but could not be saved on disk: check free space and permissions."},
	}
}

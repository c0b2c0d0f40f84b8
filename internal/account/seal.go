package account

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
)

// A Seal keeps what codes are verified with from whoever has the database alone:
// AES-256-GCM under a key that stands in a file of its own.
type Seal struct{ aead cipher.AEAD }

// SealKey is the length of a seal's key.
const SealKey = 32

// NewSeal makes a seal of its key.
func NewSeal(key []byte) (*Seal, error) {
	if len(key) != SealKey {
		return nil, fmt.Errorf("a seal's key has %d bytes, want %d", len(key), SealKey)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	return &Seal{aead}, err
}

// Close seals a factor's secret, so that it opens as that kind of that person alone.
func (s *Seal) Close(person PersonID, kind Factors, secret []byte) []byte {
	return s.close(secret, bound(person, kind))
}

// Open is the secret of what Close sealed.
func (s *Seal) Open(person PersonID, kind Factors, sealed []byte) ([]byte, error) {
	return s.open(sealed, bound(person, kind))
}

// CloseNamed seals what is no factor, so that it opens under that name and for that
// person alone.
func (s *Seal) CloseNamed(name string, person PersonID, secret []byte) []byte {
	return s.close(secret, boundNamed(name, person))
}

// OpenNamed is the secret of what CloseNamed sealed.
func (s *Seal) OpenNamed(name string, person PersonID, sealed []byte) ([]byte, error) {
	return s.open(sealed, boundNamed(name, person))
}

func (s *Seal) close(secret, bound []byte) []byte {
	nonce := make([]byte, s.aead.NonceSize())
	rand.Read(nonce)
	return s.aead.Seal(nonce, nonce, secret, bound)
}

var errSealed = errors.New("what is sealed does not open with this key")

func (s *Seal) open(sealed, bound []byte) ([]byte, error) {
	n := s.aead.NonceSize()
	if len(sealed) < n {
		return nil, errSealed
	}
	secret, err := s.aead.Open(nil, sealed[:n], sealed[n:], bound)
	if err != nil {
		return nil, errSealed
	}
	return secret, nil
}

func bound(person PersonID, kind Factors) []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, uint64(person)), uint64(kind))
}

// boundNamed is never as long as bound: no name is empty.
func boundNamed(name string, person PersonID) []byte {
	return append(binary.BigEndian.AppendUint64(nil, uint64(person)), "name of "+name...)
}

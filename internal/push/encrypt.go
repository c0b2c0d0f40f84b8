package push

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
)

// The sizes of one record (RFC 8188, section 2). Every notice is padded to the same
// length: how long it is tells the service nothing.
const (
	saltLength = 16
	recordSize = 4096
	MaxText    = 1024
	padded     = MaxText + 1
)

// encrypt is a text for one browser alone.
func encrypt(s Subscription, text []byte) ([]byte, error) {
	if len(text) > MaxText {
		return nil, fmt.Errorf("a notice of %d bytes is too long: want %d at most", len(text), MaxText)
	}
	local, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	salt := make([]byte, saltLength)
	rand.Read(salt)
	record := make([]byte, padded) // the delimiter of the last record, then zeros
	copy(record, text)
	record[len(text)] = 2
	return seal(s, record, local, salt)
}

// seal encrypts one record under a key and a salt that serve once (RFC 8291,
// section 3.4).
func seal(s Subscription, record []byte, local *ecdh.PrivateKey, salt []byte) ([]byte, error) {
	theirs, err := ecdh.P256().NewPublicKey(s.Public)
	if err != nil {
		return nil, fmt.Errorf("reading a browser's key: %w", err)
	}
	shared, err := local.ECDH(theirs)
	if err != nil {
		return nil, fmt.Errorf("agreeing on a key: %w", err)
	}
	aead, nonce, err := keysOf(shared, s.Auth, s.Public, local.PublicKey().Bytes(), salt)
	if err != nil {
		return nil, err
	}
	ours := local.PublicKey().Bytes()
	out := binary.BigEndian.AppendUint32(append([]byte{}, salt...), recordSize)
	out = append(append(out, byte(len(ours))), ours...)
	return aead.Seal(out, nonce, record, nil), nil
}

// keysOf derives the cipher and the nonce of the only record.
func keysOf(shared, auth, theirs, ours, salt []byte) (aead cipher.AEAD, nonce []byte, err error) {
	secret, err := hkdf.Key(sha256.New, shared, auth, "WebPush: info\x00"+string(theirs)+string(ours), 32)
	if err != nil {
		return nil, nil, err
	}
	key, err := hkdf.Key(sha256.New, secret, salt, "Content-Encoding: aes128gcm\x00", 16)
	if err != nil {
		return nil, nil, err
	}
	if nonce, err = hkdf.Key(sha256.New, secret, salt, "Content-Encoding: nonce\x00", 12); err != nil {
		return nil, nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, nil, err
	}
	aead, err = cipher.NewGCM(block)
	return aead, nonce, err
}

package feed

import (
	"bytes"
	"cmp"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/sigstore/sigstore/pkg/signature"
	"github.com/theupdateframework/go-tuf/v2/metadata"
)

// A Ring is the private keys that are at hand. What is signed takes those that
// its role names, so that one ring serves a host with many roles. A key is any
// crypto.Signer that is Ed25519 or ECDSA P-256: one from a file (ReadKey), or
// one that never leaves its token.
type Ring []crypto.Signer

// A Role is who may sign something: its keys, and how many of them must. A
// threshold of 0 counts as 1.
type Role struct {
	Keys      []crypto.PublicKey
	Threshold int
}

// RoleFor is the role that all keys of a ring may sign, alone or together.
func RoleFor(threshold int, keys ...crypto.Signer) Role {
	r := Role{Threshold: threshold}
	for _, k := range keys {
		r.Keys = append(r.Keys, k.Public())
	}
	return r
}

// terms are the role as metadata names it.
func (r Role) terms() (keys map[string]*metadata.Key, ids []string, threshold int, err error) {
	keys, threshold = map[string]*metadata.Key{}, max(1, r.Threshold)
	for _, public := range r.Keys {
		key, id, err := identify(public)
		if err != nil {
			return nil, nil, 0, err
		}
		if keys[id] == nil {
			keys[id], ids = key, append(ids, id)
		}
	}
	if len(ids) < threshold {
		return nil, nil, 0, fmt.Errorf("%d different keys for a threshold of %d: give at least as many keys as must sign", len(ids), threshold)
	}
	return keys, ids, threshold, nil
}

// identify is a key as metadata holds it, and its name: a hash of it.
func identify(public crypto.PublicKey) (*metadata.Key, string, error) {
	if k, ok := public.(*ecdsa.PublicKey); ok && k.Curve.Params().BitSize != 256 {
		return nil, "", errors.New("an ECDSA key of another curve than P-256: use Ed25519 or P-256")
	}
	key, err := metadata.KeyFromPublicKey(public)
	if err != nil {
		return nil, "", fmt.Errorf("reading a public key: %w", err)
	}
	if key.Type == metadata.KeyTypeRSASSA_PSS_SHA256 {
		return nil, "", errors.New("an RSA key: use Ed25519 or ECDSA P-256")
	}
	id, err := key.ID()
	return key, id, err
}

// KeyID is the name of a key in the feed's files: 64 hexadecimal digits.
func KeyID(public crypto.PublicKey) (string, error) {
	_, id, err := identify(public)
	return id, err
}

// penned lets go-tuf sign with any key of a ring, and keeps why it could not:
// go-tuf does not pass that on.
type penned struct {
	crypto.Signer
	err error
}

// PublicKey is the key that verifies.
func (p *penned) PublicKey(...signature.PublicKeyOption) (crypto.PublicKey, error) {
	return p.Public(), nil
}

// SignMessage signs the whole message (Ed25519) or its SHA-256 (ECDSA).
func (p *penned) SignMessage(message io.Reader, _ ...signature.SignOption) (signed []byte, err error) {
	defer func() { p.err = err }()
	data, err := io.ReadAll(message)
	if err != nil {
		return nil, err
	}
	if _, ok := p.Public().(ed25519.PublicKey); ok {
		return p.Sign(rand.Reader, data, crypto.Hash(0))
	}
	sum := sha256.Sum256(data)
	return p.Sign(rand.Reader, sum[:], crypto.SHA256)
}

// sign adds the signatures of those keys of the ring that ids name and that have
// not signed yet, and reports how many signatures there are then.
func sign[T metadata.Roles](m *metadata.Metadata[T], ring Ring, ids []string) (int, error) {
	signed := map[string]bool{}
	for _, s := range m.Signatures {
		signed[s.KeyID] = true
	}
	wanted := map[string]bool{}
	for _, id := range ids {
		wanted[id] = true
	}
	for _, signer := range ring {
		_, id, err := identify(signer.Public())
		if err != nil {
			return 0, err
		}
		if !wanted[id] || signed[id] {
			continue
		}
		p := &penned{Signer: signer}
		if _, err := m.Sign(p); err != nil {
			return 0, fmt.Errorf("signing with key %.8s: %w", id, cmp.Or(p.err, err))
		}
		signed[id] = true
	}
	return len(m.Signatures), nil
}

// signFully clears what was signed and signs anew; it wants the whole threshold.
func signFully[T metadata.Roles](m *metadata.Metadata[T], ring Ring, name string, ids []string, threshold int) ([]byte, error) {
	m.ClearSignatures()
	n, err := sign(m, ring, ids)
	if err != nil {
		return nil, err
	}
	if n < threshold {
		return nil, fmt.Errorf("signing %s: %d of %d needed keys are at hand", name, n, threshold)
	}
	return m.ToBytes(false)
}

const (
	privateBlock = "PRIVATE KEY"
	publicBlock  = "PUBLIC KEY"
)

// NewKey makes an Ed25519 key and writes it to a new file that its owner alone
// can read, in PEM (PKCS #8). It never overwrites a file.
func NewKey(file string) (crypto.Signer, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	if err := createFile(file, pem.EncodeToMemory(&pem.Block{Type: privateBlock, Bytes: der}), 0o600); err != nil {
		return nil, fmt.Errorf("writing a key: %w", err)
	}
	return key, nil
}

func createFile(name string, data []byte, mode fs.FileMode) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Sync(), f.Close())
}

// ReadKey reads a private key in PEM (PKCS #8): Ed25519 or ECDSA P-256. It
// refuses a file that others than its owner may read.
func ReadKey(file string) (crypto.Signer, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, fmt.Errorf("reading a key: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("reading a key: others may read %s: run chmod 600 on it", file)
	}
	der, err := readPEM(file, privateBlock)
	if err != nil {
		return nil, err
	}
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, fmt.Errorf("reading the key %s: %w", file, err)
	}
	key, ok := parsed.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("reading the key %s: it cannot sign; use an Ed25519 key", file)
	}
	if _, _, err := identify(key.Public()); err != nil {
		return nil, fmt.Errorf("reading the key %s: %w", file, err)
	}
	return key, nil
}

// ReadPublicKey reads a public key in PEM (PKIX).
func ReadPublicKey(file string) (crypto.PublicKey, error) {
	der, err := readPEM(file, publicBlock)
	if err != nil {
		return nil, err
	}
	key, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return nil, fmt.Errorf("reading the key %s: %w", file, err)
	}
	if _, _, err := identify(key); err != nil {
		return nil, fmt.Errorf("reading the key %s: %w", file, err)
	}
	return key, nil
}

// EncodePublicKey is a public key in PEM (PKIX), to be handed to the office above.
func EncodePublicKey(public crypto.PublicKey) ([]byte, error) {
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: publicBlock, Bytes: der}), nil
}

func readPEM(file, kind string) ([]byte, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading a key: %w", err)
	}
	block, rest := pem.Decode(data)
	if block == nil || block.Type != kind || len(bytes.TrimSpace(rest)) > 0 {
		return nil, fmt.Errorf("reading the key %s: it should hold one PEM block %q and nothing else", file, kind)
	}
	return block.Bytes, nil
}

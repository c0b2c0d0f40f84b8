package feed

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// algCosignature is the algorithm of a witness's key: a cosignature with its
// instant (C2SP tlog-cosignature, cosignature/v1).
const algCosignature = 4

// A cosigner is a witness's public half. It verifies what a witness signed, and
// is a note.Verifier.
type cosigner struct {
	name string
	key  ed25519.PublicKey
}

// Name is the witness's.
func (c cosigner) Name() string { return c.name }

// KeyHash is the first four bytes of SHA-256(name, line end, algorithm, key).
func (c cosigner) KeyHash() uint32 { return keyHash(c.name, algCosignature, c.key) }

func keyHash(name string, algorithm byte, key ed25519.PublicKey) uint32 {
	sum := sha256.Sum256(slices.Concat([]byte(name), []byte{'\n', algorithm}, key))
	return binary.BigEndian.Uint32(sum[:])
}

// Verify takes eight bytes of an instant and a signature over both.
func (c cosigner) Verify(text, signature []byte) bool {
	if len(signature) != 8+ed25519.SignatureSize {
		return false
	}
	return ed25519.Verify(c.key, cosigned(text, binary.BigEndian.Uint64(signature)), signature[8:])
}

// cosigned is what a witness signs.
func cosigned(text []byte, at uint64) []byte {
	return fmt.Appendf(nil, "cosignature/v1\ntime %d\n%s", at, text)
}

// WitnessKey is the verifier key of a witness, for Trust: "name+hash+key". The
// key is Ed25519.
func WitnessKey(name string, public crypto.PublicKey) (string, error) {
	key, ok := public.(ed25519.PublicKey)
	if !ok {
		return "", errors.New("the witness's key is not Ed25519, as cosignatures need")
	}
	if name == "" || strings.ContainsAny(name, "+ \t\n") {
		return "", fmt.Errorf("%q cannot name a witness: write a name such as court.example", name)
	}
	data := append([]byte{algCosignature}, key...)
	return fmt.Sprintf("%s+%08x+%s", name, keyHash(name, algCosignature, key), base64.StdEncoding.EncodeToString(data)), nil
}

// parseWitness reads a witness's verifier key. It takes only keys for
// cosignatures: a log's key there would let the log cosign itself.
func parseWitness(text string) (note.Verifier, error) {
	name, rest, _ := strings.Cut(text, "+")
	_, encoded, _ := strings.Cut(rest, "+")
	data, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || len(data) != 1+ed25519.PublicKeySize || data[0] != algCosignature {
		return nil, fmt.Errorf("%q is no witness's key: copy the one that \"ecluse feed witness\" prints", text)
	}
	c := cosigner{name, data[1:]}
	if want, err := WitnessKey(name, c.key); err != nil || want != text {
		return nil, fmt.Errorf("%q is no witness's key: it was not copied whole", text)
	}
	return c, nil
}

// cosign is the line that a witness puts below a checkpoint.
func cosign(checkpoint []byte, name string, key crypto.Signer, at time.Time) ([]byte, error) {
	text, err := textOf(checkpoint)
	if err != nil {
		return nil, err
	}
	public, ok := key.Public().(ed25519.PublicKey)
	if !ok {
		return nil, errors.New("the witness's key is not Ed25519, as cosignatures need")
	}
	instant := uint64(at.Unix())
	signature, err := key.Sign(rand.Reader, cosigned(text, instant), crypto.Hash(0))
	if err != nil {
		return nil, fmt.Errorf("cosigning the log's checkpoint: %w", err)
	}
	line := binary.BigEndian.AppendUint32(nil, keyHash(name, algCosignature, public))
	line = append(binary.BigEndian.AppendUint64(line, instant), signature...)
	return fmt.Appendf(nil, "— %s %s\n", name, base64.StdEncoding.EncodeToString(line)), nil
}

// textOf is the signed text of a checkpoint.
func textOf(checkpoint []byte) ([]byte, error) {
	end := bytes.Index(checkpoint, []byte("\n\n"))
	if end < 0 {
		return nil, errors.New("this is no checkpoint")
	}
	return checkpoint[:end+1], nil
}

// merge puts the valid cosignatures of known witnesses below a checkpoint of the
// same text, but for those who have one there.
func merge(checkpoint, offered []byte, witnesses []string) ([]byte, error) {
	ours, err := textOf(checkpoint)
	if err != nil {
		return nil, err
	}
	theirs, err := textOf(offered)
	if err != nil || !bytes.Equal(ours, theirs) {
		return nil, errors.New("the cosignature is over another checkpoint: cosign the newest")
	}
	var known []note.Verifier
	for _, text := range witnesses {
		w, err := parseWitness(text)
		if err != nil {
			return nil, err
		}
		known = append(known, w)
	}
	n, err := note.Open(offered, note.VerifierList(known...))
	if err != nil {
		return nil, refuse(Forged, fmt.Errorf("none of the witnesses known here has cosigned this: %w", err))
	}
	merged := slices.Clone(checkpoint)
	for _, s := range n.Sigs {
		same := func(line []byte) bool { return bySame(line, s) }
		if !slices.ContainsFunc(bytes.SplitAfter(checkpoint[len(ours)+1:], []byte("\n")), same) {
			merged = fmt.Appendf(merged, "— %s %s\n", s.Name, s.Base64)
		}
	}
	return merged, nil
}

// bySame reports whether a line of a checkpoint is by the key of a signature.
func bySame(line []byte, s note.Signature) bool {
	name, encoded, _ := strings.Cut(strings.TrimPrefix(strings.TrimSuffix(string(line), "\n"), "— "), " ")
	data, err := base64.StdEncoding.DecodeString(encoded)
	return err == nil && name == s.Name && len(data) > 4 && binary.BigEndian.Uint32(data) == s.Hash
}

// Package token signs with keys that never leave a PKCS#11 token (a smart card, a
// stick, a hardware security module).
//
// # How
//
// It runs OpenSC's pkcs11-tool, so that Écluse itself links no C and a module
// that crashes or hangs takes nothing with it. A small YAML file stands where a
// private key's file would:
//
//	module: /usr/lib/softhsm/libsofthsm2.so   # the token's PKCS#11 module
//	token: ecole                              # the token's label
//	id: "01"                                  # the key's ID on the token, in hexadecimal
//	pin: ECLUSE_PIN                           # the environment variable that holds the PIN; left out: asked on the terminal
//
// The public half is read from NAME.pub beside NAME.token if that is there, and
// from the token otherwise: with it, the token is needed only to sign. The key is
// named by its ID and not by its label, which pkcs11-tool 0.23 passes over when
// it signs.
//
// # Promises
//
// The PIN is never an argument of a command, where every process of the machine
// could read it: pkcs11-tool takes it from its environment (--pin env:NAME, OpenSC
// 0.20 and later). A PIN that the token called wrong is not tried again by this
// process, because tokens lock themselves after three times. Every signature is
// verified before it is given to anybody, so that a token with another key under
// the same ID spoils nothing. A call ends after Patience, with whatever
// pkcs11-tool had started.
//
// # Keys
//
// ECDSA P-256 everywhere. Ed25519 where the token knows it and for short texts
// only: pkcs11-tool hands more than a kilobyte to the token in parts, which this
// mechanism does not allow. A log's checkpoint is short enough; an office's file
// is not, and is refused with that sentence.
package token

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/goccy/go-yaml"
)

// Patience is how long the token may take for one signature, with whatever it
// wants its owner to press.
const Patience = 30 * time.Second

// A place is where a key is, as its file says.
type place struct {
	Module string `yaml:"module"`
	Token  string `yaml:"token"`
	ID     string `yaml:"id"`
	PIN    string `yaml:"pin"` // the name of a variable
}

// A Key is a private key on a token. It is a crypto.Signer, and safe for
// concurrent use; signatures wait for each other.
type Key struct {
	file     string
	at       place
	public   crypto.PublicKey
	patience time.Duration

	mu     sync.Mutex
	pin    string // "" until it is known
	broken error  // what no second try can mend
}

var (
	hexadecimal = regexp.MustCompile(`^([0-9A-Fa-f]{2})+$`)
	variable    = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
)

// Read reads a token's file. It needs the token only where the public half does
// not stand beside it.
func Read(file string) (*Key, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading a key: %w", err)
	}
	k := &Key{file: file, patience: Patience}
	if err := yaml.UnmarshalWithOptions(data, &k.at, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("reading the key %s: %s", file, yaml.FormatError(err, false, false))
	}
	switch {
	case k.at.Module == "" || k.at.Token == "" || !hexadecimal.MatchString(k.at.ID):
		return nil, fmt.Errorf("reading the key %s: it needs module, token and id: the PKCS#11 module's file, the token's label, and the key's ID in hexadecimal, such as \"01\"", file)
	case k.at.PIN != "" && !variable.MatchString(k.at.PIN):
		return nil, fmt.Errorf("reading the key %s: pin names an environment variable, such as ECLUSE_PIN; the PIN itself never stands in a file", file)
	}
	if k.public, err = k.readPublic(); err != nil {
		return nil, fmt.Errorf("reading the key %s: %w", file, err)
	}
	return k, nil
}

// readPublic is the public half, from the file beside or from the token.
func (k *Key) readPublic() (crypto.PublicKey, error) {
	data, err := os.ReadFile(strings.TrimSuffix(k.file, ".token") + ".pub")
	if errors.Is(err, fs.ErrNotExist) {
		data, err = k.run(nil, nil, "--read-object", "--type", "pubkey", "--id", k.at.ID)
	}
	if err != nil {
		return nil, err
	}
	if block, _ := pem.Decode(data); block != nil { // OpenSC writes some kinds so, others bare
		data = block.Bytes
	}
	public, err := x509.ParsePKIXPublicKey(data)
	if err != nil {
		return nil, fmt.Errorf("its public half cannot be read: %w", err)
	}
	return public, nil
}

// Public is the public half.
func (k *Key) Public() crypto.PublicKey { return k.public }

// maxShort is what pkcs11-tool hands to the token in one piece.
const maxShort = 1024

// Sign signs a digest (ECDSA) or a whole short text (Ed25519).
func (k *Key) Sign(_ io.Reader, message []byte, _ crypto.SignerOpts) ([]byte, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.broken != nil {
		return nil, k.broken
	}
	mechanism := []string{"--mechanism", "ECDSA", "--signature-format", "openssl"}
	if _, ok := k.public.(ed25519.PublicKey); ok {
		if mechanism = []string{"--mechanism", "EDDSA"}; len(message) > maxShort {
			return nil, fmt.Errorf("signing with %s: an Ed25519 key on a token signs %d bytes at most: use an ECDSA P-256 key on the token here", k.file, maxShort)
		}
	}
	if err := k.learnPIN(); err != nil {
		return nil, fmt.Errorf("signing with %s: %w", k.file, err)
	}
	args := append([]string{"--login", "--pin", "env:" + pinVariable, "--sign", "--id", k.at.ID}, mechanism...)
	signature, err := k.run(message, []string{pinVariable + "=" + k.pin}, args...)
	if err != nil {
		err = fmt.Errorf("signing with %s: %w", k.file, err)
		if errors.Is(err, errPIN) {
			k.broken = err
		}
		return nil, err
	}
	if !k.verifies(message, signature) {
		return nil, fmt.Errorf("signing with %s: the token %s signed with another key than the public half says: is it the right token, and the right id?", k.file, k.at.Token)
	}
	return signature, nil
}

func (k *Key) verifies(message, signature []byte) bool {
	switch public := k.public.(type) {
	case *ecdsa.PublicKey:
		return ecdsa.VerifyASN1(public, message, signature)
	case ed25519.PublicKey:
		return ed25519.Verify(public, message, signature)
	}
	return false
}

// learnPIN takes the PIN from its variable, or asks for it once.
func (k *Key) learnPIN() (err error) {
	switch {
	case k.pin != "":
		return nil
	case k.at.PIN == "":
		k.pin, err = askPIN(k.at.Token)
		return err
	}
	if k.pin = os.Getenv(k.at.PIN); k.pin == "" {
		return fmt.Errorf("the environment variable %s is empty: it should hold the PIN of the token %s", k.at.PIN, k.at.Token)
	}
	return nil
}

// errPIN marks errors after which no other try may be made.
var errPIN = errors.New("it is not tried again, because tokens lock themselves")

// explain says what pkcs11-tool's words mean, and what to do.
func (k *Key) explain(said []byte, err error) error {
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return bytes.Contains(said, []byte(w)) })
	}
	switch {
	case has("CKR_PIN_INCORRECT", "CKR_PIN_LEN_RANGE"):
		return fmt.Errorf("the token %s calls the PIN wrong: correct it, then start anew; %w", k.at.Token, errPIN)
	case has("CKR_PIN_LOCKED"):
		return fmt.Errorf("the token %s has locked itself after wrong PINs: unlock it with its PUK or its officer's PIN; %w", k.at.Token, errPIN)
	case has("No slot with token", "No slots", "CKR_TOKEN_NOT_PRESENT", "CKR_DEVICE_REMOVED"):
		return fmt.Errorf("the token %s is not there: plug it in, and try again", k.at.Token)
	case has("object not found", "Private key not found", "CKR_OPERATION_NOT_INITIALIZED"):
		return fmt.Errorf("the token %s has no key with the ID %s: list its keys with \"pkcs11-tool --module %s --list-objects --login\"", k.at.Token, k.at.ID, k.at.Module)
	case has("Failed to load pkcs11 module"):
		return fmt.Errorf("the module %s cannot be loaded: install the token's PKCS#11 module, or correct the path", k.at.Module)
	}
	return fmt.Errorf("pkcs11-tool failed (%w): %s", err, lastLine(said))
}

// lastLine is the last that says something.
func lastLine(said []byte) string {
	lines := strings.Split(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(string(said)), "Aborting.")), "\n")
	return lines[len(lines)-1]
}

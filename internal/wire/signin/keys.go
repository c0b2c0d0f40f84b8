package signin

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/go-jose/go-jose/v4"
)

// keys sign what Écluse states to sign-in services. The file holds one or more
// private keys in PEM: P-256 (ES256) or RSA of 2,048 bits or more (RS256). The
// first signs; all are published, so that a new key is added at the end, put
// first once everybody has seen it, and the old one taken out a day later.
type keys struct {
	claims jose.Signer // statements about somebody
	events jose.Signer // security event tokens
	public []byte      // the JWK Set (RFC 7517, section 5)
}

// The types of what is signed (RFC 8725, section 3.11): neither passes for the
// other, nor for a token to sign in with.
const (
	claimsType = "ecluse-claims+jwt"
	eventType  = "secevent+jwt" // RFC 8417, section 2.3
)

// openKeys reads the keys, or makes one where the file is not there yet.
func openKeys(file string) (*keys, error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		if err := makeKey(file); err != nil {
			return nil, fmt.Errorf("making the key that signs (sign.key_file): %w", err)
		}
		text, err = os.ReadFile(file)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the key that signs (sign.key_file): %w", err)
	}
	k, err := parseKeys(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return k, nil
}

// makeKey writes a new P-256 key that its owner alone may read. It stands there
// whole or not at all, and of two processes that make it at once both use the
// same.
func makeKey(file string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	draft, err := os.CreateTemp(filepath.Dir(file), ".key-*") // 0600
	if err != nil {
		return err
	}
	defer os.Remove(draft.Name())
	defer draft.Close()
	if err := pem.Encode(draft, &pem.Block{Type: "PRIVATE KEY", Bytes: der}); err != nil {
		return err
	}
	if err := errors.Join(draft.Sync(), draft.Close()); err != nil {
		return err
	}
	if err := os.Link(draft.Name(), file); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	return nil
}

func parseKeys(text []byte) (*keys, error) {
	var set jose.JSONWebKeySet
	var first jose.JSONWebKey
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			break
		}
		key, err := parseKey(block)
		if err != nil {
			return nil, err
		}
		if len(set.Keys) == 0 {
			first = key
		}
		set.Keys = append(set.Keys, key.Public())
	}
	if len(set.Keys) == 0 {
		return nil, errors.New("it holds no private key in PEM: take it away and a new one is made")
	}
	public, err := json.Marshal(set)
	if err != nil {
		return nil, err
	}
	k := &keys{public: public}
	if k.claims, err = signer(first, claimsType); err != nil {
		return nil, err
	}
	k.events, err = signer(first, eventType)
	return k, err
}

// parseKey reads one key and names it by its thumbprint (RFC 7638).
func parseKey(block *pem.Block) (jose.JSONWebKey, error) {
	private, err := privateKey(block)
	if err != nil {
		return jose.JSONWebKey{}, err
	}
	key := jose.JSONWebKey{Key: private, Use: "sig"}
	switch p := private.(type) {
	case *ecdsa.PrivateKey:
		if p.Curve != elliptic.P256() {
			return key, errors.New("its elliptic curve is not P-256")
		}
		key.Algorithm = string(jose.ES256)
	case *rsa.PrivateKey:
		if p.N.BitLen() < 2048 {
			return key, fmt.Errorf("its RSA key has %d bits: want 2,048 or more", p.N.BitLen())
		}
		key.Algorithm = string(jose.RS256)
	default:
		return key, fmt.Errorf("it holds a key of type %T: want P-256 or RSA", private)
	}
	sum, err := key.Thumbprint(crypto.SHA256)
	key.KeyID = base64.RawURLEncoding.EncodeToString(sum)
	return key, err
}

func privateKey(block *pem.Block) (any, error) {
	switch block.Type {
	case "PRIVATE KEY":
		return x509.ParsePKCS8PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		return x509.ParseECPrivateKey(block.Bytes)
	case "RSA PRIVATE KEY":
		return x509.ParsePKCS1PrivateKey(block.Bytes)
	}
	return nil, fmt.Errorf("it holds a %q: want private keys in PEM without a password, and nothing else", block.Type)
}

func signer(key jose.JSONWebKey, kind jose.ContentType) (jose.Signer, error) {
	return jose.NewSigner(jose.SigningKey{Algorithm: jose.SignatureAlgorithm(key.Algorithm), Key: key}, (&jose.SignerOptions{}).WithType(kind))
}

// sign is a document as a signed token (RFC 7515, section 3.1).
func sign[T claims | securityEvent](s jose.Signer, document T) (string, error) {
	text, err := json.Marshal(document)
	if err != nil {
		return "", fmt.Errorf("signing: %w", err)
	}
	signed, err := s.Sign(text)
	if err != nil {
		return "", fmt.Errorf("signing: %w", err)
	}
	return signed.CompactSerialize()
}

package push

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// A Key is what an installation is known by to push services (RFC 8292). Browsers
// that subscribed for one key take notices of no other.
type Key struct {
	private *ecdsa.PrivateKey
	public  []byte
}

// NewKey makes a key.
func NewKey() (*Key, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	return keyOf(private)
}

// ParseKey reads what Bytes wrote.
func ParseKey(secret []byte) (*Key, error) {
	private, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), secret)
	if err != nil {
		return nil, fmt.Errorf("reading the key for push services: %w", err)
	}
	return keyOf(private)
}

func keyOf(private *ecdsa.PrivateKey) (*Key, error) {
	public, err := private.PublicKey.Bytes()
	return &Key{private, public}, err
}

// Bytes is the secret.
func (k *Key) Bytes() ([]byte, error) { return k.private.Bytes() }

// Public is what browsers subscribe for, in base64url.
func (k *Key) Public() string { return base64.RawURLEncoding.EncodeToString(k.public) }

// tokenLasts is how long a service may take one token: less than the day that RFC
// 8292 allows.
const tokenLasts = 12 * time.Hour

// authorization says to a service who sends (RFC 8292, section 3).
func (k *Key) authorization(audience, contact string, now time.Time) (string, error) {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: k.private}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return "", fmt.Errorf("signing for a push service: %w", err)
	}
	claims, err := json.Marshal(struct {
		Audience string `json:"aud"`
		Expires  int64  `json:"exp"`
		Subject  string `json:"sub"`
	}{audience, now.Add(tokenLasts).Unix(), contact})
	if err != nil {
		return "", err
	}
	signed, err := signer.Sign(claims)
	if err != nil {
		return "", fmt.Errorf("signing for a push service: %w", err)
	}
	token, err := signed.CompactSerialize()
	return "vapid t=" + token + ", k=" + k.Public(), err
}

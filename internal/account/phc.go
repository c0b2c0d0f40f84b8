package account

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
)

// A phc is a stored password hash, written as the PHC string format has it:
// $argon2id$v=19$m=19456,t=2,p=1$salt$key.
type phc struct {
	cost      Cost
	salt, key []byte
}

// String is the form that is stored.
func (h phc) String() string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s",
		argon2.Version, h.cost.Memory, h.cost.Passes, hashLanes, b64.EncodeToString(h.salt), b64.EncodeToString(h.key))
}

// parsePHC reads a hash of any cost up to maxCost, on one lane.
func parsePHC(s string) (phc, error) {
	parts := strings.Split(s, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return phc{}, fmt.Errorf("a stored password hash is not of argon2id, version %d", argon2.Version)
	}
	cost, err := parseCost(parts[3])
	if err != nil {
		return phc{}, err
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return phc{}, fmt.Errorf("reading the salt of a stored password hash: %w", err)
	}
	key, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil {
		return phc{}, fmt.Errorf("reading a stored password hash: %w", err)
	}
	if len(salt) < 8 || len(key) < 16 || len(key) > 64 { // an empty key would match every password
		return phc{}, fmt.Errorf("a stored password hash has a salt of %d bytes and a key of %d", len(salt), len(key))
	}
	return phc{cost, salt, key}, nil
}

// parseCost reads m=19456,t=2,p=1.
func parseCost(s string) (c Cost, err error) {
	parts := strings.Split(s, ",")
	if len(parts) != 3 || parts[2] != "p=1" {
		return c, fmt.Errorf("a stored password hash has the parameters %q: memory, passes and one lane are read", s)
	}
	if c.Memory, err = parameter(parts[0], "m="); err != nil {
		return c, err
	}
	if c.Passes, err = parameter(parts[1], "t="); err != nil {
		return c, err
	}
	most := maxCost()
	if c.Memory < 8 || c.Passes < 1 || c.Memory > most.Memory || c.Passes > most.Passes {
		return c, fmt.Errorf("a stored password hash asks for %d KiB and %d passes: at most %d and %d are computed",
			c.Memory, c.Passes, most.Memory, most.Passes)
	}
	return c, nil
}

func parameter(s, name string) (uint32, error) {
	digits, ok := strings.CutPrefix(s, name)
	n, err := strconv.ParseUint(digits, 10, 32)
	if !ok || err != nil {
		return 0, fmt.Errorf("a stored password hash has %q where %s and a number stand", s, name)
	}
	return uint32(n), nil
}

package leak

import (
	"crypto/sha1"
	"encoding/binary"
	"fmt"
	"unicode/utf16"

	"golang.org/x/crypto/md4" //lint:ignore SA1019 lists of NTLM hashes are made with it; it protects nothing here
)

// A Kind is by which hash passwords of a list are known.
type Kind uint32

// The kinds. The numbers stand in files.
const (
	SHA1 Kind = iota // of UTF-8
	NTLM             // MD4 of UTF-16, as Windows has it
)

// String is the kind's name.
func (k Kind) String() string {
	switch k {
	case SHA1:
		return "SHA-1"
	case NTLM:
		return "NTLM"
	}
	return fmt.Sprintf("Kind(%d)", uint32(k))
}

// MarshalText makes the kind its name in JSON.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// size is how many bytes a hash has.
func (k Kind) size() int {
	if k == NTLM {
		return md4.Size
	}
	return sha1.Size
}

// key is the beginning of a password's hash: enough to tell passwords apart.
func (k Kind) key(password string) uint64 {
	if k == SHA1 {
		sum := sha1.Sum([]byte(password))
		return binary.BigEndian.Uint64(sum[:])
	}
	h := md4.New()
	for _, unit := range utf16.Encode([]rune(password)) {
		h.Write([]byte{byte(unit), byte(unit >> 8)})
	}
	return binary.BigEndian.Uint64(h.Sum(nil))
}

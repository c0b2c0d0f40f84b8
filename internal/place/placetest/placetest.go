// Package placetest writes small databases of countries in the MaxMind DB format
// (https://maxmind.github.io/MaxMind-DB, version 2.0), for tests.
package placetest

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// Networks are prefixes with the country of each, such as "192.0.2.0/24": "FR".
type Networks map[string]string

// Write writes a database into a new folder and returns the file's name.
func Write(tb testing.TB, built time.Time, networks Networks) string {
	tb.Helper()
	name := filepath.Join(tb.TempDir(), "country.mmdb")
	Replace(tb, name, built, networks)
	return name
}

// Replace puts a new database in a file's place.
func Replace(tb testing.TB, name string, built time.Time, networks Networks) {
	tb.Helper()
	if err := os.WriteFile(name+".new", Database(built, networks), 0o600); err != nil {
		tb.Fatal(err)
	}
	if err := os.Rename(name+".new", name); err != nil {
		tb.Fatal(err)
	}
}

// A node is one bit of an address: a record is another node's number, or one more
// than a country's place.
type node struct {
	next    [2]int // node; 0: none
	country [2]int // 1 + place in countries; 0: none
}

// Database is the bytes of one. It panics on a prefix that is none.
func Database(built time.Time, networks Networks) []byte {
	var countries []string
	nodes := []node{{}}
	prefixes := make([]string, 0, len(networks))
	for p := range networks {
		prefixes = append(prefixes, p)
	}
	slices.Sort(prefixes)
	for _, text := range prefixes {
		code := networks[text]
		at := slices.Index(countries, code)
		if at < 0 {
			at, countries = len(countries), append(countries, code)
		}
		nodes = put(nodes, netip.MustParsePrefix(text), 1+at)
	}
	var data bytes.Buffer
	offsets := make([]int, len(countries))
	for i, code := range countries {
		offsets[i] = data.Len()
		group(&data, 1)
		word(&data, "country")
		group(&data, 1)
		word(&data, "iso_code")
		word(&data, code)
	}
	var out bytes.Buffer
	for _, n := range nodes {
		for side := range 2 {
			record := uint32(len(nodes))
			switch {
			case n.next[side] != 0:
				record = uint32(n.next[side])
			case n.country[side] != 0:
				record = uint32(len(nodes) + 16 + offsets[n.country[side]-1])
			}
			binary.Write(&out, binary.BigEndian, record)
		}
	}
	out.Write(make([]byte, 16))
	out.Write(data.Bytes())
	metadata(&out, len(nodes), built)
	return out.Bytes()
}

// put adds a network to the tree; IPv4 stands under ::/96.
func put(nodes []node, p netip.Prefix, country int) []node {
	address, bits := p.Addr().As16(), p.Bits()
	if p.Addr().Is4() {
		address, bits = [16]byte{}, bits+96
		v4 := p.Addr().As4()
		copy(address[12:], v4[:])
	}
	at := 0
	for i := range bits {
		side := int(address[i/8] >> (7 - i%8) & 1)
		if i == bits-1 {
			nodes[at].country[side] = country
			break
		}
		if nodes[at].next[side] == 0 {
			nodes = append(nodes, node{})
			nodes[at].next[side] = len(nodes) - 1
		}
		at = nodes[at].next[side]
	}
	return nodes
}

func metadata(out *bytes.Buffer, nodes int, built time.Time) {
	out.WriteString("\xab\xcd\xefMaxMind.com")
	group(out, 9)
	word(out, "node_count")
	number(out, 6, uint64(nodes))
	word(out, "record_size")
	number(out, 5, 32)
	word(out, "ip_version")
	number(out, 5, 6)
	word(out, "database_type")
	word(out, "Test-Country")
	word(out, "languages")
	out.Write([]byte{1, 4}) // an array (type 11) of one
	word(out, "en")
	word(out, "binary_format_major_version")
	number(out, 5, 2)
	word(out, "binary_format_minor_version")
	number(out, 5, 0)
	word(out, "build_epoch")
	number(out, 9, uint64(built.Unix()))
	word(out, "description")
	group(out, 1)
	word(out, "en")
	word(out, "for tests")
}

// group begins a map of n pairs (type 7).
func group(out *bytes.Buffer, n int) { out.WriteByte(7<<5 | byte(n)) }

// word is a text (type 2) of fewer than 29 bytes.
func word(out *bytes.Buffer, s string) {
	if len(s) > 28 {
		panic(fmt.Sprintf("placetest: %q is too long", s))
	}
	out.WriteByte(2<<5 | byte(len(s)))
	out.WriteString(s)
}

// number is an unsigned one: of 16 bits (type 5), 32 (type 6) or 64 (type 9).
func number(out *bytes.Buffer, kind int, n uint64) {
	var all [8]byte
	binary.BigEndian.PutUint64(all[:], n)
	least := bytes.TrimLeft(all[:], "\x00")
	if kind < 8 {
		out.WriteByte(byte(kind<<5 | len(least)))
	} else {
		out.Write([]byte{byte(len(least)), byte(kind - 7)})
	}
	out.Write(least)
}

package place

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"github.com/oschwald/maxminddb-golang/v2"

	"github.com/ecluse-ecole/ecluse/internal/school"
)

// largest bounds a file: those that know countries alone take some ten megabytes.
const largest = 256 << 20

// A file is where a database stands, and the newest of it that could be read.
type file struct {
	name    string
	last    os.FileInfo // of the file that was last looked at; nil: there was none
	use     *database   // nil: none could be read yet
	trouble error       // of the latest
}

// A database is one that was read and found whole.
type database struct {
	*maxminddb.Reader
}

func (f *file) state() Database {
	d := Database{File: filepath.Base(f.name), Trouble: f.trouble}
	if f.use != nil {
		d.Kind, d.Built = f.use.Metadata.DatabaseType, f.use.Metadata.BuildTime().UTC()
	}
	return d
}

// refresh reads the file if it is another than the one that was last looked at, and
// reports whether it was.
func (f *file) refresh() bool {
	info, err := os.Stat(f.name)
	if err != nil {
		again := f.trouble != nil && f.last == nil
		f.last, f.trouble = nil, errors.New("the file is not there, or may not be read: install it anew")
		return !again
	}
	if f.last != nil && os.SameFile(info, f.last) && info.ModTime().Equal(f.last.ModTime()) && info.Size() == f.last.Size() {
		return false
	}
	f.last = info
	next, err := read(f.name, info.Size())
	if f.trouble = err; err == nil {
		f.use = next
	}
	return true
}

// read takes a file into memory and goes through the whole of it.
func read(name string, size int64) (*database, error) {
	if size > largest {
		return nil, fmt.Errorf("it is larger than %d MB: take the edition that knows countries alone", largest>>20)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("reading it: %w", err)
	}
	r, err := maxminddb.OpenBytes(data)
	if err != nil {
		return nil, fmt.Errorf("it is damaged, or no database in the MaxMind format: %w", err)
	}
	if err := r.Verify(); err != nil {
		return nil, fmt.Errorf("it is damaged: copy it anew: %w", err)
	}
	d := &database{r}
	if !d.knowsCountries() {
		return nil, errors.New("it does not know countries (country.iso_code, country_code): take an edition that does")
	}
	return d, nil
}

// knowsCountries reports whether any of the first networks has a country: another
// database, of operators for example, has the same format.
func (d *database) knowsCountries() bool {
	looked := 0
	for network := range d.Networks() {
		if codeOf(network) != "" {
			return true
		}
		if looked++; looked == 10_000 {
			break
		}
	}
	return false
}

// country is what the database says of an address; "" where it does not know it.
func (d *database) country(a netip.Addr) string { return codeOf(d.Lookup(a)) }

// codeOf reads a network's country where makers put it. What is no country (satellite
// networks, Europe as a whole) is not known.
func codeOf(r maxminddb.Result) string {
	if !r.Found() {
		return ""
	}
	var code string
	if err := r.DecodePath(&code, "country", "iso_code"); err != nil || code == "" {
		if err := r.DecodePath(&code, "country_code"); err != nil {
			return ""
		}
	}
	if code = strings.ToUpper(code); !school.IsCountry(code) {
		return ""
	}
	return code
}

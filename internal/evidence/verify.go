package evidence

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// A Report is what Verify found.
type Report struct {
	Seal     string // the SHA-256 of SHA256SUMS
	Files    int    // that are as they were made
	Problems []string
}

// OK reports whether every file is as it was made.
func (r Report) OK() bool { return len(r.Problems) == 0 }

// What a file may hold: more is none of ours.
const (
	maxSums  = 64 << 20
	maxFiles = 1 << 20
	maxFile  = 1 << 30
)

var (
	errNoZIP = errors.New("this is no ZIP file of evidence, or it was cut off: name the file as it was downloaded")
	errSums  = errors.New("this is no file of evidence: it holds no " + Sums + " that can be read")
)

// Verify holds every file against SHA256SUMS. That SHA256SUMS is the one that was
// made, only the seal can tell that was kept elsewhere.
func Verify(file io.ReaderAt, size int64) (report Report, err error) {
	z, err := zip.NewReader(file, size)
	if err != nil || len(z.File) > maxFiles {
		return report, errNoZIP
	}
	want, seal, err := readSums(z)
	if err != nil {
		return report, err
	}
	report.Seal = seal
	for _, f := range z.File {
		if f.Name != Sums {
			report.hold(f, want)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		report.Problems = append(report.Problems, name+" is missing")
	}
	return report, nil
}

// hold compares one file with its digest, and crosses it off.
func (r *Report) hold(f *zip.File, want map[string]string) {
	sum, listed := want[f.Name]
	delete(want, f.Name)
	found, err := read(f, maxFile, io.Discard)
	switch {
	case !listed:
		r.Problems = append(r.Problems, fmt.Sprintf("%q was added", f.Name))
	case err != nil:
		r.Problems = append(r.Problems, fmt.Sprintf("%s cannot be read: %v", f.Name, err))
	case found != sum:
		r.Problems = append(r.Problems, f.Name+" was changed")
	default:
		r.Files++
	}
}

// readSums is what SHA256SUMS says, by name, and its own digest.
func readSums(z *zip.Reader) (want map[string]string, seal string, err error) {
	var text strings.Builder
	for _, f := range z.File {
		if f.Name != Sums {
			continue
		}
		if seal != "" {
			return nil, "", errSums
		}
		if seal, err = read(f, maxSums, &text); err != nil {
			return nil, "", errSums
		}
	}
	want = map[string]string{}
	for line := range strings.Lines(text.String()) {
		sum, name, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		if _, twice := want[name]; !ok || twice || name == Sums || len(sum) != 2*sha256.Size {
			return nil, "", errSums
		}
		want[name] = sum
	}
	if seal == "" || len(want) == 0 {
		return nil, "", errSums
	}
	return want, seal, nil
}

// read copies a file's content, no more than most bytes, and tells its digest.
func read(f *zip.File, most int64, to io.Writer) (sum string, err error) {
	content, err := f.Open()
	if err != nil {
		return "", err
	}
	defer content.Close()
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(h, to), io.LimitReader(content, most+1))
	if err == nil && n > most {
		err = errors.New("it is too large")
	}
	return hex.EncodeToString(h.Sum(nil)), err
}

package calendar

import (
	"bytes"
	_ "embed" // the built-in holidays
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/ecluse-ecole/ecluse/hours"
	"github.com/ecluse-ecole/ecluse/internal/school"
)

//go:embed holidays.json
var builtinFile []byte

// fileFormat is the version of the canonical file. A reader refuses any other.
const fileFormat = 1

// The canonical file, written one holiday a line so that a change reads well in
// a comparison.
type (
	file struct {
		Format int        `json:"format"`
		Zones  []fileZone `json:"zones"`
	}
	fileZone struct {
		Zone     string        `json:"zone"`
		Holidays []fileHoliday `json:"holidays"`
	}
	fileHoliday struct {
		Name       string     `json:"name"`
		First      string     `json:"first"`
		Back       string     `json:"back,omitempty"`
		Confidence Confidence `json:"confidence"`
	}
)

// Encode writes the set's school holidays as the canonical file: JSON, zones and
// holidays sorted, so that equal sets give equal bytes.
func (s *Set) Encode() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "{\n\t\"format\": %d,\n\t\"zones\": [", fileFormat)
	for i, zone := range s.Zones() {
		fmt.Fprintf(&b, "%s\n\t\t{\"zone\": %q, \"holidays\": [", comma(i), zone)
		for j, h := range s.holidays[zone] {
			fmt.Fprintf(&b, "%s\n\t\t\t%s", comma(j), line(h))
		}
		b.WriteString("\n\t\t]}")
	}
	b.WriteString("\n\t]\n}\n")
	return b.Bytes()
}

func comma(i int) string {
	if i == 0 {
		return ""
	}
	return ","
}

// line is one holiday. It cannot fail: every field is text.
func line(h Holiday) []byte {
	f := fileHoliday{Name: h.Name, First: h.First.String(), Confidence: h.Confidence}
	if h.Back != 0 {
		f.Back = h.Back.String()
	}
	text, err := json.Marshal(f)
	if err != nil {
		panic("calendar: writing a holiday: " + err.Error())
	}
	return text
}

// Decode reads a canonical file. Unknown keys, unknown zones, zones that appear
// twice and implausible holidays are errors, with the zone they stand in.
func Decode(data []byte) (*Set, error) {
	var f file
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&f); err != nil {
		return nil, fmt.Errorf("reading the calendar file: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("reading the calendar file: something follows its end")
	}
	if f.Format != fileFormat {
		return nil, fmt.Errorf("reading the calendar file: format %d is not known, want %d", f.Format, fileFormat)
	}
	holidays := make(map[string][]Holiday, len(f.Zones))
	for _, z := range f.Zones {
		if _, twice := holidays[z.Zone]; twice {
			return nil, fmt.Errorf("reading the calendar file: zone %s appears twice", z.Zone)
		}
		list, err := z.decode()
		if err != nil {
			return nil, fmt.Errorf("reading the calendar file: zone %q: %w", z.Zone, err)
		}
		holidays[z.Zone] = list
	}
	return newSet(holidays), nil
}

func (z fileZone) decode() ([]Holiday, error) {
	if !slices.Contains(school.HolidayZones(), z.Zone) {
		return nil, fmt.Errorf("it is not a holiday zone: want one of %v", school.HolidayZones())
	}
	if len(z.Holidays) == 0 {
		return nil, errors.New("it has no holidays: leave the zone out")
	}
	var list []Holiday
	for _, f := range z.Holidays {
		h, err := f.decode()
		if err != nil {
			return nil, err
		}
		if len(list) > 0 {
			if why := clash(list[len(list)-1], h); why != "" {
				return nil, errors.New(why)
			}
		}
		list = append(list, h)
	}
	return list, nil
}

func (f fileHoliday) decode() (Holiday, error) {
	h := Holiday{Name: f.Name, Confidence: f.Confidence}
	var err error
	if h.First, err = hours.ParseDate(f.First); err != nil {
		return h, fmt.Errorf("%q: %w", f.Name, err)
	}
	if f.Back != "" {
		if h.Back, err = hours.ParseDate(f.Back); err != nil {
			return h, fmt.Errorf("%q: %w", f.Name, err)
		}
	}
	if why := h.implausible(); why != "" {
		return h, errors.New(why)
	}
	return h, nil
}

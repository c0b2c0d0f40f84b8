package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/ecluse-ecole/ecluse/hours"
	"github.com/ecluse-ecole/ecluse/internal/calendar"
)

// maxBatchLine bounds a line of a batch, in bytes.
const maxBatchLine = 4 << 20

// batchLine is a question. What it leaves out is taken from the command line.
type batchLine struct {
	Value    string   `json:"value"`
	Zone     string   `json:"zone"`
	Calendar string   `json:"calendar"`
	At       string   `json:"at"`
	PH       []string `json:"ph"` // instead of a calendar: all public holidays there are
	SH       []string `json:"sh"`
}

// refusalReport is the answer to a line that cannot be answered. Offset is the
// byte of the value at which it is refused.
type refusalReport struct {
	Error  string `json:"error"`
	Offset *int   `json:"offset,omitempty"`
}

// hoursBatch answers line by line; it keeps zones, which are costly to compile.
type hoursBatch struct {
	defaults batchLine
	zones    map[string]*hours.Zone
}

func newHoursBatch(c *hoursStateCmd) *hoursBatch {
	return &hoursBatch{
		defaults: batchLine{Value: c.Value, Zone: c.Zone, Calendar: c.Calendar, At: c.At},
		zones:    map[string]*hours.Zone{},
	}
}

// run gives each line of the input its line in the output. Answers leave as soon
// as no more input waits, so that another program can talk with this one.
func (b *hoursBatch) run(s *streams) error {
	in := bufio.NewReaderSize(s.in, maxBatchLine)
	out := bufio.NewWriter(s.out)
	for {
		text, err := in.ReadSlice('\n')
		if len(text) > 0 && !errors.Is(err, bufio.ErrBufferFull) {
			if err := jsonLine(out, b.answer(text)); err != nil {
				return fmt.Errorf("writing an answer: %w", err)
			}
		}
		if err != nil {
			return errors.Join(out.Flush(), batchEnd(err))
		}
		if in.Buffered() == 0 {
			if err := out.Flush(); err != nil {
				return fmt.Errorf("writing an answer: %w", err)
			}
		}
	}
}

// batchEnd tells the end of the input from a failure to read it.
func batchEnd(err error) error {
	switch {
	case errors.Is(err, io.EOF):
		return nil
	case errors.Is(err, bufio.ErrBufferFull):
		return fmt.Errorf("a line of the batch is longer than %d bytes: shorten it", maxBatchLine)
	default:
		return fmt.Errorf("reading the batch: %w", err)
	}
}

// answer gives a stateReport or a refusalReport.
func (b *hoursBatch) answer(text []byte) any {
	line := b.defaults
	if err := json.Unmarshal(text, &line); err != nil {
		return refusalReport{Error: "the line is not a JSON object with value, zone, calendar and at: " + err.Error()}
	}
	report, err := b.state(&line)
	if err == nil {
		return report
	}
	var refusal *hours.Error
	if errors.As(err, &refusal) {
		return refusalReport{Error: refusal.Reason, Offset: &refusal.Offset}
	}
	return refusalReport{Error: err.Error()}
}

func (b *hoursBatch) state(line *batchLine) (stateReport, error) {
	h, err := hours.Parse(line.Value)
	if err != nil {
		return stateReport{}, err
	}
	zone, err := b.zone(line.Zone)
	if err != nil {
		return stateReport{}, err
	}
	days, err := line.days(h)
	if err != nil {
		return stateReport{}, err
	}
	at, err := parseInstant(line.At, zone)
	if err != nil {
		return stateReport{}, err
	}
	bound := boundHours{zone, h.Compile(zone, days, 0, 0)}
	return bound.stateAt(at), nil
}

func (b *hoursBatch) zone(name string) (*hours.Zone, error) {
	if z, ok := b.zones[name]; ok {
		return z, nil
	}
	z, err := hours.LoadZone(name)
	if err == nil {
		b.zones[name] = z
	}
	return z, err
}

// days gives the line's calendar: the code's, with ph and sh in place of its
// days where the line has them.
func (l *batchLine) days(h *hours.Hours) (hours.Calendar, error) {
	var cal hours.Calendar
	var err error
	if l.Calendar != "" {
		if cal, err = calendar.For(l.Calendar); err != nil {
			return cal, err
		}
	} else if err := needsCalendar(h, l.PH == nil, l.SH == nil); err != nil {
		return cal, err
	}
	if l.PH != nil {
		if cal.Public, err = listedDays(l.PH); err != nil {
			return cal, fmt.Errorf("ph: %w", err)
		}
	}
	if l.SH != nil {
		if cal.School, err = listedDays(l.SH); err != nil {
			return cal, fmt.Errorf("sh: %w", err)
		}
	}
	return cal, nil
}

// listedDays takes a list for complete: it is known that no other day is one.
func listedDays(list []string) (hours.Days, error) {
	in := make([]hours.Date, len(list))
	for i, text := range list {
		var err error
		if in[i], err = hours.ParseDate(text); err != nil {
			return hours.Days{}, err
		}
	}
	return hours.NewDays(hours.NewDate(1900, 1, 1), hours.NewDate(2199, 12, 31), in...), nil
}

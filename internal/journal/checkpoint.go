package journal

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"io"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// A Head is the state of one log: how many entries, and the root of the tree
// over them. Kept outside the database it is a checkpoint: later, the same log
// must still begin with exactly those entries.
type Head struct {
	Log  Log
	Size int64
	Root tlog.Hash
}

// checkpointTitle is the first line of a checkpoint file.
const checkpointTitle = "ecluse journal checkpoint 1"

// WriteCheckpoint writes one line "log size root" a head, below a title line.
func WriteCheckpoint(w io.Writer, heads []Head) error {
	var b strings.Builder
	fmt.Fprintln(&b, checkpointTitle)
	for _, h := range heads {
		fmt.Fprintf(&b, "%s %d %s\n", h.Log, h.Size, base64.StdEncoding.EncodeToString(h.Root[:]))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// ReadCheckpoint reads what WriteCheckpoint wrote. Files may be put one after
// the other: repeated titles and empty lines are skipped.
func ReadCheckpoint(r io.Reader) ([]Head, error) {
	var heads []Head
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		text := strings.TrimSpace(lines.Text())
		switch {
		case n == 1 && text != checkpointTitle:
			return nil, fmt.Errorf("this is not a checkpoint file: its first line must be %q", checkpointTitle)
		case text == "" || text == checkpointTitle:
			continue
		}
		h, err := parseHead(text)
		if err != nil {
			return nil, fmt.Errorf("line %d of the checkpoint: %w", n, err)
		}
		heads = append(heads, h)
	}
	return heads, lines.Err()
}

func parseHead(line string) (Head, error) {
	parts := strings.Fields(line)
	if len(parts) != 3 {
		return Head{}, fmt.Errorf("want log, size and root, found %d words", len(parts))
	}
	size, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil || size < 0 {
		return Head{}, fmt.Errorf("%q is not a number of entries", parts[1])
	}
	root, err := tlog.ParseHash(parts[2])
	if err != nil {
		return Head{}, fmt.Errorf("%q is not a root: want 32 bytes in base64", parts[2])
	}
	return Head{Log: Log(parts[0]), Size: size, Root: root}, nil
}

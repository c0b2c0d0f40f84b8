package feed

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// A source is where the feed's files come from: a site, or a folder (a mirror, a
// USB stick, the host's own). A file that does not exist is fs.ErrNotExist.
type source interface {
	// get is the file, of at most so many bytes.
	get(ctx context.Context, name string, limit int64) ([]byte, error)
	// newer is the file and its tag, or no bytes if it still has that tag.
	newer(ctx context.Context, name, tag string, limit int64) (data []byte, newTag string, err error)
	// tail is the file from an offset on.
	tail(ctx context.Context, name string, offset, limit int64) ([]byte, error)
}

// newSource takes http://, https:// and file:// addresses.
func newSource(address string, client *http.Client, patience time.Duration) (source, error) {
	if dir, found := strings.CutPrefix(address, "file://"); found && filepath.IsAbs(dir) {
		return folder(dir), nil
	}
	if !strings.HasPrefix(address, "http://") && !strings.HasPrefix(address, "https://") {
		return nil, fmt.Errorf("the feed's address is %q: write https://… , or file:///… for a folder", address)
	}
	return &site{base: strings.TrimRight(address, "/") + "/", client: client, patience: patience}, nil
}

// A folder is a source on this machine.
type folder string

func (f folder) get(_ context.Context, name string, limit int64) ([]byte, error) {
	return f.from(name, 0, limit)
}

func (f folder) newer(_ context.Context, name, _ string, limit int64) ([]byte, string, error) {
	data, err := f.from(name, 0, limit)
	return data, "", err
}

func (f folder) tail(_ context.Context, name string, offset, limit int64) ([]byte, error) {
	return f.from(name, offset, limit)
}

func (f folder) from(name string, offset, limit int64) ([]byte, error) {
	if !filepath.IsLocal(filepath.FromSlash(name)) {
		return nil, fmt.Errorf("reading %q: it stands outside the feed", name)
	}
	file, err := os.Open(filepath.Join(string(f), filepath.FromSlash(name)))
	if err != nil {
		return nil, err
	}
	defer file.Close() // only read
	if _, err := file.Seek(offset, io.SeekStart); err != nil {
		return nil, err
	}
	return readUpTo(file, limit)
}

// roots is the chain of roots that the folder holds, from its oldest on: a mirror
// may begin with a later one than the host.
func (f folder) roots() ([][]byte, error) {
	names, err := filepath.Glob(filepath.Join(string(f), "*.root.json"))
	if err != nil {
		return nil, err
	}
	oldest, first := int64(0), ""
	for _, name := range names {
		n, err := strconv.ParseInt(strings.TrimSuffix(filepath.Base(name), ".root.json"), 10, 64)
		if err == nil && (first == "" || n < oldest) {
			oldest, first = n, filepath.Base(name)
		}
	}
	if first == "" {
		return nil, fmt.Errorf("%s holds no root.json", string(f))
	}
	data, err := f.from(first, 0, maxRoot)
	if err != nil {
		return nil, err
	}
	return climb(context.Background(), f, [][]byte{data})
}

// A site is a source over HTTP. Every request has an end: a server that hangs
// is one that does not answer.
type site struct {
	base     string
	client   *http.Client
	patience time.Duration
}

func (s *site) get(ctx context.Context, name string, limit int64) ([]byte, error) {
	a, err := s.ask(ctx, name, "", "", limit)
	return a.data, err
}

func (s *site) newer(ctx context.Context, name, tag string, limit int64) ([]byte, string, error) {
	a, err := s.ask(ctx, name, "If-None-Match", tag, limit)
	if err != nil || a.status == http.StatusNotModified {
		return nil, tag, err
	}
	return a.data, a.tag, nil
}

// tail asks for a range; a server that knows no ranges sends all, which is cut.
func (s *site) tail(ctx context.Context, name string, offset, limit int64) ([]byte, error) {
	span := ""
	if offset > 0 {
		span = fmt.Sprintf("bytes=%d-", offset)
	}
	a, err := s.ask(ctx, name, "Range", span, limit+offset)
	switch {
	case err != nil:
		return nil, err
	case a.status == http.StatusPartialContent:
		return a.data, nil
	case int64(len(a.data)) < offset:
		return nil, nil
	}
	return a.data[offset:], nil
}

type answer struct {
	status int
	data   []byte
	tag    string
}

func (s *site) ask(ctx context.Context, name, header, value string, limit int64) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, s.patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.base+name, nil)
	if err != nil {
		return answer{}, refuse(Unreachable, err)
	}
	req.Header.Set("User-Agent", "ecluse")
	if value != "" {
		req.Header.Set(header, value)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return answer{}, refuse(Unreachable, err)
	}
	defer resp.Body.Close() // read to its limit below
	a := answer{status: resp.StatusCode, tag: resp.Header.Get("ETag")}
	switch resp.StatusCode {
	case http.StatusOK, http.StatusPartialContent:
	case http.StatusNotModified, http.StatusRequestedRangeNotSatisfiable:
		return a, nil
	case http.StatusNotFound, http.StatusGone:
		return a, fmt.Errorf("reading %s: %w", name, fs.ErrNotExist)
	default:
		return a, refuse(Unreachable, fmt.Errorf("reading %s: the server answers %s", name, resp.Status))
	}
	if a.data, err = readUpTo(resp.Body, limit); err != nil {
		return a, soften(name, err)
	}
	return a, nil
}

// soften keeps a refusal for length, and calls any other broken reading out of
// reach.
func soften(name string, err error) error {
	var r *Refusal
	if errors.As(err, &r) {
		return refuse(r.Cause, fmt.Errorf("reading %s: %w", name, r.Err))
	}
	return refuse(Unreachable, fmt.Errorf("reading %s: %w", name, err))
}

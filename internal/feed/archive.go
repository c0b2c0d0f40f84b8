package feed

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Pull puts a repository or a mirror into one file, to be carried by hand to
// where no network leads.
func Pull(dir, archive string) error {
	unlock, err := lock(dir)
	if err != nil {
		return err
	}
	defer unlock()
	var names []string
	err = fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && published(name) {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("pulling the feed: %w", err)
	}
	if !slices.Contains(names, timestampFile) {
		return fmt.Errorf("pulling the feed: %s holds none", dir)
	}
	f, err := os.OpenFile(archive, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return fmt.Errorf("pulling the feed: %w", err)
	}
	if err := errors.Join(archiveTo(f, dir, names), f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("pulling the feed: %w", err)
	}
	return nil
}

func archiveTo(w io.Writer, dir string, names []string) error {
	z := gzip.NewWriter(w)
	t := tar.NewWriter(z)
	for _, name := range names {
		data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil {
			return err
		}
		if err := t.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(data))}); err != nil {
			return err
		}
		if _, err := t.Write(data); err != nil {
			return err
		}
	}
	return errors.Join(t.Close(), z.Close())
}

// maxArchive bounds what an archive unpacks to.
const maxArchive = 1 << 30

// Push unpacks an archive into a folder that a follower reads (file:///…), the
// timestamp last, so that the follower never sees half of it. It verifies
// nothing: the follower does.
func Push(archive, dir string) error {
	f, err := os.Open(archive)
	if err != nil {
		return fmt.Errorf("pushing the feed: %w", err)
	}
	defer f.Close() // only read
	files, err := unarchive(f)
	if err != nil {
		return fmt.Errorf("pushing the feed: %s: %w", archive, err)
	}
	d := newDisk(dir)
	for _, file := range files {
		if err := d.write(file.name, file.data); err != nil {
			return fmt.Errorf("pushing the feed: %w", err)
		}
	}
	return nil
}

// unarchive reads the feed's files, the timestamp last.
func unarchive(r io.Reader) ([]file, error) {
	z, err := gzip.NewReader(r)
	if err != nil {
		return nil, err
	}
	var files, last []file
	t, left := tar.NewReader(z), int64(maxArchive)
	for {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if h.Typeflag != tar.TypeReg || !published(h.Name) {
			return nil, fmt.Errorf("%q is no file of a feed", h.Name)
		}
		data, err := readUpTo(t, min(left, maxPack))
		if err != nil {
			return nil, err
		}
		left -= int64(len(data))
		if h.Name == timestampFile {
			last = []file{{h.Name, data}}
		} else {
			files = append(files, file{h.Name, data})
		}
	}
	if last == nil {
		return nil, errors.New("it holds no feed: timestamp.json is missing")
	}
	return append(files, last...), nil
}

// Check reads a repository as a follower without any memory would, at this
// instant, with the folder's own first root, and gives what it would take. Trust
// may be nil.
func Check(dir string, trust *Trust, now time.Time) (*Set, error) {
	from, ctx := folder(dir), context.Background()
	roots, err := from.roots()
	if err != nil {
		return nil, fmt.Errorf("checking the feed: %w", err)
	}
	stampData, err := from.get(ctx, timestampFile, maxTimestamp)
	if err != nil {
		return nil, fmt.Errorf("checking the feed: %w", err)
	}
	f := &Follower{opts: Options{Log: trust}.orDefault(), from: from}
	v := &verifier{from: from, now: now}
	view, err := v.verify(ctx, roots, stampData)
	if err != nil {
		return nil, err
	}
	files, err := gather(ctx, from, view, nil)
	if err != nil {
		return nil, err
	}
	ledger, head, err := f.grow(ctx, view)
	if err != nil {
		return nil, err
	}
	return assemble(view, files, ledger, head, nil), nil
}

package feed

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
)

// packFrom is from how many missing orders on the pack is worth its download.
const packFrom = 8

// packed puts files one after the other, each behind its length, compressed. It
// needs no signature: every file is known by its hash.
func packed(files contents) ([]byte, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	for _, sum := range slices.Sorted(maps.Keys(files)) {
		if _, err := fmt.Fprintf(z, "%d\n%s", len(files[sum]), files[sum]); err != nil {
			return nil, err
		}
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// unpack takes from the pack what is lacking. A pack that is missing or broken
// is no fault: the orders are then fetched one by one.
func unpack(ctx context.Context, from source, version int64, lacking []wanted, into contents) {
	data, err := from.get(ctx, packFile(version), maxPack)
	if err != nil {
		return
	}
	wants, most := map[string]bool{}, int64(0)
	for _, w := range lacking {
		wants[w.sum] = true
		most += w.length
	}
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return
	}
	// Others' orders may stand in it too; a small file must not unpack to an endless one.
	r := bufio.NewReader(io.LimitReader(z, max(4*most, maxPack)))
	for {
		file, err := nextPacked(r)
		if err != nil {
			return
		}
		if sum := hashOf(file); wants[sum] {
			into[sum] = file
		}
	}
}

func nextPacked(r *bufio.Reader) ([]byte, error) {
	line, err := r.ReadSlice('\n')
	if err != nil {
		return nil, err
	}
	length, err := strconv.Atoi(string(line[:len(line)-1]))
	if err != nil {
		return nil, err
	}
	if length < 0 || length > maxOrder {
		return nil, refuse(TooLong, fmt.Errorf("a packed order of %d bytes", length))
	}
	file := make([]byte, length)
	_, err = io.ReadFull(r, file)
	return file, err
}

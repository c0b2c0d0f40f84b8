package main

import (
	"crypto"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ecluse-ecole/ecluse/internal/feed"
	"github.com/ecluse-ecole/ecluse/internal/token"
)

// keyring are the private keys of a folder: NAME.pem, or NAME.token for one on a
// PKCS#11 token, by NAME. The key of the log
// is called log; the others sign what the feed's files say they may.
type keyring map[string]crypto.Signer

const logName = "log"

// readKeys reads a folder's keys. Files of other kinds are none.
func readKeys(folder string) (keyring, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, fmt.Errorf("reading the keys: %w: name the folder that holds them", err)
	}
	keys := keyring{}
	for _, e := range entries {
		name, isKey := keyName(e.Name())
		if !isKey || e.IsDir() {
			continue
		}
		if keys[name] != nil {
			return nil, fmt.Errorf("the folder %s holds both %s.pem and %s.token: which is it? Take one away", folder, name, name)
		}
		if keys[name], err = readKey(filepath.Join(folder, e.Name())); err != nil {
			return nil, err
		}
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("the folder %s holds no key: make one with \"ecluse feed key FILE.pem\"", folder)
	}
	return keys, nil
}

// keyName is the name of a private key's file without its ending.
func keyName(file string) (name string, isKey bool) {
	ext := filepath.Ext(file)
	return strings.TrimSuffix(file, ext), ext == ".pem" || ext == ".token"
}

// readKey reads a private key, or where one is on a token.
func readKey(file string) (crypto.Signer, error) {
	if filepath.Ext(file) != ".token" {
		return feed.ReadKey(file)
	}
	key, err := token.Read(file)
	if err != nil {
		return nil, err // not a nil *token.Key, which would be no nil Signer
	}
	_, err = feed.KeyID(key.Public())
	return key, err
}

// host is what the keys let this program do with the feed of a folder.
func (k keyring) host(dir string) feed.Host {
	h := feed.Host{Log: k[logName], LogName: originOf(dir)}
	for _, name := range slices.Sorted(maps.Keys(k)) {
		if name != logName {
			h.Ring = append(h.Ring, k[name])
		}
	}
	return h
}

// originOf is the name of a feed's log: the first line of what the log signs.
func originOf(dir string) string {
	data, err := os.ReadFile(filepath.Join(dir, "log", "checkpoint"))
	if err != nil {
		return "" // there is none yet
	}
	first, _, _ := strings.Cut(string(data), "\n")
	return first
}

// openFeed opens a feed with the keys of a folder.
func openFeed(dir, folder string) (*feed.Repository, keyring, error) {
	keys, err := readKeys(folder)
	if err != nil {
		return nil, nil, err
	}
	r, err := feed.Open(dir, keys.host(dir))
	if err != nil {
		return nil, nil, noFeed(dir)
	}
	return r, keys, nil
}

func noFeed(dir string) error {
	return fmt.Errorf("%s holds no feed: found one with \"ecluse feed init\", or mirror one with \"ecluse feed mirror\"", dir)
}

// madeKey reads a key, or makes it where there is none.
func madeKey(folder, name string) (crypto.Signer, error) {
	key, err := readKey(filepath.Join(folder, name+".token"))
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	file := filepath.Join(folder, name+".pem")
	key, err = feed.ReadKey(file)
	if errors.Is(err, fs.ErrNotExist) {
		return feed.NewKey(file)
	}
	return key, err
}

// readPublicKeys reads the public halves of somebody's keys.
func readPublicKeys(files []string, need int) (feed.Role, error) {
	role := feed.Role{Threshold: need}
	for _, file := range files {
		key, err := feed.ReadPublicKey(file)
		if err != nil {
			return role, fmt.Errorf("%w (the public half is what \"ecluse feed key\" prints)", err)
		}
		role.Keys = append(role.Keys, key)
	}
	return role, nil
}

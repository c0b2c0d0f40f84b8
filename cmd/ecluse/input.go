package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
)

// openInput opens a file that a command was given.
func openInput(what, name string) (*os.File, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, unreadable(what, err)
	}
	if info, err := file.Stat(); err == nil && info.IsDir() {
		file.Close()
		return nil, unreadable(what, &fs.PathError{Op: "read", Path: name, Err: syscall.EISDIR})
	}
	return file, nil
}

// unreadable says in a sentence why a file cannot be read, and what to do. What is
// not about reading a file stays as it is.
func unreadable(what string, err error) error {
	path, ok := errors.AsType[*fs.PathError](err)
	if !ok || !slices.Contains([]string{"open", "read", "stat", "lstat"}, path.Op) {
		return err
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("there is no %s %s: check the path", what, path.Path)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("the %s %s cannot be read: give whoever runs this command the right to read it (%v)", what, path.Path, path.Err)
	case errors.Is(err, syscall.EISDIR):
		return fmt.Errorf("the %s %s is a folder: name a file", what, path.Path)
	}
	return err
}

// createOutput makes a file that must not exist: what a command writes holds secrets
// and never replaces another.
func createOutput(what, name string) (*os.File, error) {
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, unwritable(what, name, err)
	}
	return file, nil
}

func unwritable(what, name string, err error) error {
	switch {
	case errors.Is(err, fs.ErrExist):
		return fmt.Errorf("%s exists already and may hold %s: name another file", name, what)
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("there is no folder %s for %s: make it, or name another file", filepath.Dir(name), filepath.Base(name))
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s cannot be made: name a file in a folder that whoever runs this command may write to (%w)", name, innermost(err))
	}
	return fmt.Errorf("making the file of %s: %w: name another file", what, err)
}

// stopped says in words why something was not made: because it was interrupted, or
// because the disk took no more.
func stopped(what, name string, err error) error {
	switch {
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("%s was interrupted: nothing is left of %s", what, name)
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, syscall.EFBIG):
		return fmt.Errorf("%s: there is no room for %s in %s, and nothing is left of it: free space there, or name a file on another disk (%w)",
			what, filepath.Base(name), filepath.Dir(name), innermost(err))
	case errors.Is(err, fs.ErrPermission):
		return unwritable(what, name, err)
	}
	return err
}

// innermost is what the system said.
func innermost(err error) error {
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		return errno
	}
	return err
}

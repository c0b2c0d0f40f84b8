package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/wire/answers"
)

// tellAbove has the server tell the installation above what became of orders here.
func (w wirer) tellAbove(app *ecluse.App, c *config.Follow) error {
	if c == nil || c.Answers == nil {
		return nil
	}
	key, err := readStatementKey(c.Answers.Key)
	if err != nil {
		return fmt.Errorf("follow.answers: %w", err)
	}
	url := c.Answers.URL
	if url == "" {
		url = strings.TrimSuffix(c.URL, "/") + "/answers"
	}
	w.add(func(ctx context.Context) {
		(&answers.Sender{App: app, URL: url, Key: key, Log: w.log}).Run(ctx)
	})
	return nil
}

// readStatementKey reads what "ecluse follower key" wrote.
func readStatementKey(file string) (note.Signer, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, fmt.Errorf("reading the key: %w: make one with \"ecluse follower key FILE --name host.example\"", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("reading the key: others may read %s: run chmod 600 on it", file)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading the key: %w", err)
	}
	key, err := note.NewSigner(strings.TrimSpace(string(data)))
	if err != nil {
		return nil, fmt.Errorf("the key in %s cannot be read: it is what \"ecluse follower key\" writes", file)
	}
	return key, nil
}

package config

import (
	"strings"
	"testing"
)

func TestFeedRefused(t *testing.T) {
	refuse := func(text, want string) {
		t.Helper()
		if _, err := Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Parse(%q) = %v, want an error with %q", text, err, want)
		}
	}
	refuse("feed: {dir: d}", "feed needs dir and keys")
	refuse("follow: {url: u, dir: d}", "follow needs url, root and dir")
	refuse("follow: {url: u, root: r, dir: d, contact: {phone: 1}, every: 1ms}", "want a second or more")
	refuse("follow: {url: u, root: r, dir: d, contact: {phone: 1}, stale_after: 1s}", "want a minute or more")
	refuse("follow: {url: u, root: r, dir: d, contact: {phone: 1}, witnesses: [a], need: 1}", "needs follow.log")
	refuse("follow: {url: u, root: r, dir: d, log: l, contact: {phone: 1}, witnesses: [a], need: 2}", "want 0 to 1")
	refuse("follow: {url: u, root: r, dir: d, log: l, contact: {phone: 1}, witnesses: [a]}", "say how many")
	refuse("follow: {url: u, root: r, dir: d, contact: {phone: 1}, late: -1s}", "below zero")
	refuse("follow: {url: u, root: r, dir: d}", "needs a phone or an email")
	refuse("follow: {url: u, root: r, dir: d, contact: {phone: 1}, answers: {url: a}}", "follow.answers needs key")
	refuse("follow: {url: 'file:///f', root: r, dir: d, contact: {phone: 1}, answers: {key: k}}", "needs url")
	refuse("feed: {folder: d}", "unknown field")
}

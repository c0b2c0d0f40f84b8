package main

import (
	"errors"

	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/push"
)

// errPushKey refuses to keep where browsers listen in the clear.
var errPushKey = errors.New("push needs a key to keep where browsers listen: name a file under seal_key")

// pushOf is how browsers are told; nil where the configuration does not say so.
func pushOf(c *config.Push) *push.Client {
	if c == nil {
		return nil
	}
	return push.NewClient(push.Options{Services: c.Services, Contact: c.Contact})
}

// Package config is the one structure that a server is started from. It is read
// once, strictly, from a YAML file, and passed down; zero values work. Sample is
// the same structure with every key explained, and a test reads it back.
package config

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml"
)

// A Config is what `ecluse serve` runs on.
type Config struct {
	Listen   string `yaml:"listen"`
	Database string `yaml:"database"`
	TLS      TLS    `yaml:"tls"`
	Proxied  bool   `yaml:"proxied"`
	Calendar string `yaml:"calendar"`

	// Procedures is a catalogue of what people do by hand; empty: the built-in one.
	Procedures string `yaml:"procedures"`

	Log string `yaml:"log"`
	// Signatures is how many different people sign an order for more than one school.
	Signatures int  `yaml:"signatures"`
	Gate       Gate `yaml:"gate"`

	Feed   *Feed   `yaml:"feed"`   // this installation issues a feed
	Follow *Follow `yaml:"follow"` // this installation follows one

	Mail *Mail `yaml:"mail"` // letters leave by e-mail; nil: none does

	Push *Push `yaml:"push"` // browsers are told of what happens to accounts; nil: none is

	// Address is the public address of these pages; empty: that of Mail.
	Address string  `yaml:"address"`
	SignIn  *SignIn `yaml:"sign_in"` // at services that know people already; nil: with passwords of Écluse alone

	// SealKey is a file with the key under which secrets of codes are kept.
	SealKey string `yaml:"seal_key"`

	Leaked string `yaml:"leaked"` // passwords that thieves know, a file of "ecluse credentials build"; empty: none are known

	Places     []string `yaml:"places"`      // databases of countries in the MaxMind format; none: no country is ever known
	Countries  []string `yaml:"countries"`   // from which people sign in; none: from anywhere
	OwnCountry string   `yaml:"own_country"` // of addresses on private networks; empty: not known
}

// TLS names the certificate that Écluse answers with itself.
type TLS struct {
	Certificate string `yaml:"certificate"`
	Key         string `yaml:"key"`
}

// PublicAddress is where browsers reach these pages; empty: not known.
func (c Config) PublicAddress() string {
	if c.Address == "" && c.Mail != nil {
		return c.Mail.Address
	}
	return c.Address
}

// Secure reports whether browsers reach the server over TLS.
func (c Config) Secure() bool { return c.Proxied || c.TLS.Certificate != "" }

// Default is what holds for keys that are left out.
func Default() Config {
	return Config{Listen: "127.0.0.1:8080", Database: "ecluse.db", Log: "info", Signatures: 2, Gate: defaultGate(), Places: []string{}, Countries: []string{}}
}

// Load reads a file. Unknown and repeated keys are refused with their place.
// Files it names are looked for beside it.
func Load(name string) (Config, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return Config{}, fmt.Errorf("reading the configuration: %w: print one with \"ecluse config sample\"", err)
	}
	c, err := Parse(data)
	if err != nil {
		return Config{}, fmt.Errorf("%s: %w", name, err)
	}
	if c.Mail != nil {
		beside(name, []*string{&c.Mail.PasswordFile})
	}
	beside(name, c.SignIn.files())
	if !strings.Contains(c.Database, "://") {
		beside(name, []*string{&c.Database})
	}
	beside(name, c.placeFiles())
	beside(name, append(append(c.Gate.files(), c.feedFiles()...), &c.TLS.Certificate, &c.TLS.Key, &c.Calendar, &c.Procedures, &c.Leaked, &c.SealKey))
	return c, nil
}

// beside turns relative names of files into names beside the configuration.
func beside(name string, files []*string) {
	for _, file := range files {
		if *file != "" && !filepath.IsAbs(*file) {
			*file = filepath.Join(filepath.Dir(name), *file)
		}
	}
}

// wrongType is how the YAML reader speaks of a value of the wrong type, in terms
// of this source rather than of the file.
var wrongType = regexp.MustCompile(`cannot unmarshal (\w+) into Go struct field [\w.]*\.(\w+) of type (\w+)`)

// inFileWords names Go's types as a file's reader knows them.
var inFileWords = strings.NewReplacer("[]interface {}", "list", "map[string]interface {}", "group")

// Parse reads the text of a configuration.
func Parse(data []byte) (Config, error) {
	c := Default()
	c.Gate.Identity = Identity{}
	if err := read(data, &c); err != nil {
		return Config{}, err
	}
	if reflect.ValueOf(c).IsZero() { // the reader empties it for a file without a key
		c = Default()
	}
	c.Gate.complete()
	c.Mail.complete()
	c.Push.complete()
	return c, c.check()
}

// read decodes strictly, and tells what is wrong in the words of the file.
func read(data []byte, into any) error {
	err := yaml.UnmarshalWithOptions(data, into, yaml.Strict())
	if err == nil {
		return nil
	}
	text := inFileWords.Replace(yaml.FormatError(err, false, false))
	text = wrongType.ReplaceAllString(text, "$2 cannot be a $1: want a $3")
	return fmt.Errorf("the configuration cannot be read: %s", text)
}

// check refuses what cannot be served.
func (c Config) check() error {
	switch {
	case c.TLS.half():
		return errHalfTLS
	case c.Database == "":
		return fmt.Errorf("database is empty: name a file or a postgres:// address")
	case !publicAddress(c.Address):
		return fmt.Errorf("address is %q: want the address of these pages, such as https://ecluse.academie.example", c.Address)
	case c.Listen == "":
		return fmt.Errorf("listen is empty: give an address and a port, such as 127.0.0.1:8080")
	case c.Signatures < 1 || c.Signatures > 9:
		return fmt.Errorf("signatures is %d: want 1 to 9", c.Signatures)
	}
	if err := c.Gate.check(); err != nil {
		return err
	}
	if err := c.checkFeed(); err != nil {
		return err
	}
	if err := c.Mail.check(); err != nil {
		return err
	}
	if err := c.Push.check(); err != nil {
		return err
	}
	if err := c.checkSignIn(); err != nil {
		return err
	}
	if err := c.checkPlaces(); err != nil {
		return err
	}
	return checkLog(c.Log)
}

// publicAddress reports whether s is empty or where pages can be: a scheme and a
// host, without a path.
func publicAddress(s string) bool {
	u, err := url.Parse(s)
	return s == "" || err == nil && u.Host != "" && strings.HasPrefix(u.Scheme, "http") && u.Path == ""
}

var errHalfTLS = errors.New("tls needs both certificate and key: give the missing one or leave both empty")

func (t TLS) half() bool { return (t.Certificate == "") != (t.Key == "") }

func checkLog(level string) error {
	switch level {
	case "debug", "info", "warn", "error":
		return nil
	}
	return fmt.Errorf("log is %q: want debug, info, warn or error", level)
}

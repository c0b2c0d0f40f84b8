package forward_test

import (
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
	"github.com/goccy/go-yaml"
)

// What the pages quote stands in the configurations, line by line.
func TestPagesQuoteTheConfigurations(t *testing.T) {
	block := regexp.MustCompile("(?s)```(nginx|caddy|traefik)\n(.*?)```")
	for page, sample := range map[string]string{"nginx": "nginx/ecluse.conf", "caddy": "caddy/Caddyfile", "traefik": "traefik/ecluse.yaml"} {
		text := read(t, "../../../docs/integrations/"+page+".md")
		blocks := block.FindAllStringSubmatch(text, -1)
		if len(blocks) == 0 {
			t.Errorf("the page on %s quotes nothing", page)
		}
		for _, b := range blocks {
			for line := range strings.Lines(b[2]) {
				if line = strings.TrimSpace(line); !strings.Contains(read(t, integrations+sample), line) {
					t.Errorf("the page on %s quotes %q, which %s does not hold", page, line, sample)
				}
			}
		}
	}
}

// nginx tells clients from one another by its own word: a client that could write
// X-Forwarded-For would count as many (see identity.Chain.Client).
func TestNginxSaysWhoIsConnected(t *testing.T) {
	place := regexp.MustCompile(`location (/_ecluse/|= /gate/cas) \{[^}]*\}`)
	for sample, want := range map[string]int{"nginx/ecluse.conf": 1, "cas/nginx.conf": 2} {
		found := place.FindAllString(read(t, integrations+sample), -1)
		if len(found) != want {
			t.Fatalf("%s asks at %d places, want %d", sample, len(found), want)
		}
		for _, block := range found {
			if !strings.Contains(block, "proxy_set_header X-Forwarded-For $remote_addr;") {
				t.Errorf("in %s a client says itself where it comes from:\n%s", sample, block)
			}
		}
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Traefik is not run: what its configuration has it ask is asked here.
func TestTraefikConfiguration(t *testing.T) {
	var config struct {
		HTTP struct {
			Routers map[string]struct {
				Rule        string
				EntryPoints []string `yaml:"entryPoints"`
				TLS         struct{}
				Service     string
				Middlewares []string
			}
			Middlewares struct {
				Clean struct {
					Headers struct {
						Request map[string]string `yaml:"customRequestHeaders"`
					}
				}
				SignIn struct {
					Basic struct {
						UsersFile   string `yaml:"usersFile"`
						HeaderField string `yaml:"headerField"`
						Remove      bool   `yaml:"removeHeader"`
					} `yaml:"basicAuth"`
				} `yaml:"sign-in"`
				Ecluse struct {
					Forward struct {
						Address string
						Trust   bool `yaml:"trustForwardHeader"`
					} `yaml:"forwardAuth"`
				}
			}
			Services map[string]struct {
				LoadBalancer struct{ Servers []struct{ URL string } } `yaml:"loadBalancer"`
			}
		}
	}
	if err := yaml.UnmarshalWithOptions([]byte(read(t, integrations+"traefik/ecluse.yaml")), &config, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	m := config.HTTP.Middlewares
	if m.SignIn.Basic.HeaderField != header || m.Ecluse.Forward.Trust {
		t.Errorf("the middlewares leave the client's word standing: %+v", m)
	}
	for _, word := range []string{"User", "Access", "Until"} {
		for _, form := range []string{"X-Ecluse-", "X-Ecluse_", "X_Ecluse-", "X_Ecluse_"} { // alike to applications behind CGI and its kin
			if value, some := m.Clean.Headers.Request[form+word]; !some || value != "" {
				t.Errorf("a client's own %s%s reaches the application", form, word)
			}
		}
	}
	address, err := url.Parse(m.Ecluse.Forward.Address)
	if err != nil {
		t.Fatal(err)
	}
	w := wiretest.New(t, wiretest.Noon, wiretest.Letter)
	h := handler(t, w.Desk)
	for login, want := range map[string]int{wiretest.Teacher: 200, wiretest.Pupil: 403} {
		expect(t, h, asking(address.Path, append(forwardedAs("/messages"), header, login)...), want)
	}
}

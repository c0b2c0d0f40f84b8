package envoy_test

import (
	"os"
	"strings"
	"testing"

	authzv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/ext_authz/v3"
	mutationv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/header_mutation/v3"
	"github.com/goccy/go-yaml"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// A bootstrap is what of a configuration closes; the rest was once held against
// Envoy's own definitions as a whole, which are too many to depend on here.
type bootstrap struct {
	Static struct {
		Listeners []struct {
			Chains []struct {
				Filters []struct {
					Manager manager `yaml:"typed_config"`
				} `yaml:"filters"`
			} `yaml:"filter_chains"`
		} `yaml:"listeners"`
	} `yaml:"static_resources"`
}

type manager struct {
	Normalize bool   `yaml:"normalize_path"`
	Merge     bool   `yaml:"merge_slashes"`
	Escaped   string `yaml:"path_with_escaped_slashes_action"`
	Options   struct {
		Longest     string `yaml:"max_stream_duration"`
		Underscores string `yaml:"headers_with_underscores_action"`
	} `yaml:"common_http_protocol_options"`
	Filters []struct {
		Name   string        `yaml:"name"`
		Config yaml.MapSlice `yaml:"typed_config"`
	} `yaml:"http_filters"`
}

// Both filters that close are held against Envoy's own definitions: every key is
// one of its keys, every value of its kind and within its bounds. That Envoy obeys
// them is not shown here: Envoy is in no package of Debian.
func TestConfigurationsClose(t *testing.T) {
	for _, name := range []string{"envoy.yaml", "envoy-http.yaml"} {
		t.Run(name, func(t *testing.T) {
			m := managerOf(t, name)
			if !m.Normalize || !m.Merge || m.Escaped != "REJECT_REQUEST" || m.Options.Underscores != "REJECT_REQUEST" {
				t.Errorf("an address or a header may be read in two ways: %+v", m)
			}
			if m.Options.Longest != "60s" {
				t.Errorf("a stream may last %q, want the 60s that the page says", m.Options.Longest)
			}
			var names []string
			for _, f := range m.Filters {
				names = append(names, strings.TrimPrefix(f.Name, "envoy.filters.http."))
			}
			if got := strings.Join(names, " "); got != "header_mutation ext_authz router" {
				t.Fatalf("the filters are %s", got)
			}
			var authz authzv3.ExtAuthz
			as(t, m.Filters[1].Config, &authz)
			if authz.FailureModeAllow || authz.StatusOnError.GetCode() != 503 || !authz.EncodeRawHeaders || authz.FilterEnabled != nil {
				t.Errorf("ext_authz may let pass: %v", &authz)
			}
			var mutation mutationv3.HeaderMutation
			as(t, m.Filters[0].Config, &mutation)
			removed := map[string]bool{}
			for _, one := range mutation.GetMutations().GetRequestMutations() {
				removed[one.GetRemove()] = true
			}
			for _, header := range []string{"x-ecluse-user", "x-ecluse-point", "x-http-method-override", "x-original-url"} {
				if !removed[header] {
					t.Errorf("a client's %s is not removed", header)
				}
			}
		})
	}
}

func managerOf(t *testing.T, name string) manager {
	t.Helper()
	text, err := os.ReadFile("../../../integrations/envoy/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var b bootstrap
	if err := yaml.Unmarshal(text, &b); err != nil {
		t.Fatal(err)
	}
	return b.Static.Listeners[0].Chains[0].Filters[0].Manager
}

// as reads a filter's part as the message that its @type names.
func as(t *testing.T, part yaml.MapSlice, to interface {
	proto.Message
	ValidateAll() error
}) {
	t.Helper()
	if want := "type.googleapis.com/" + string(to.ProtoReflect().Descriptor().FullName()); part[0].Key != "@type" || part[0].Value != want {
		t.Fatalf("%v is %v, want %s", part[0].Key, part[0].Value, want)
	}
	text, err := yaml.Marshal(part[1:])
	if err != nil {
		t.Fatal(err)
	}
	json, err := yaml.YAMLToJSON(text)
	if err != nil {
		t.Fatal(err)
	}
	if err := protojson.Unmarshal(json, to); err != nil {
		t.Fatal(err)
	}
	if err := to.ValidateAll(); err != nil {
		t.Fatal(err)
	}
}

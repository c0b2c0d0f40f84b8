package config

import (
	"reflect"
	"regexp"
	"strings"
	"testing"
)

var (
	further = regexp.MustCompile(`(?m)^( *)#(\S|  )`) // a key that most leave out
	example = regexp.MustCompile(`(?m)^ *#   - \{(path|host).*\n`)
)

// everything is a sample with all further keys taken in.
func everything(sample string) string {
	return further.ReplaceAllString(example.ReplaceAllString(sample, ""), "$1$2")
}

// keys lists every key of a configuration, but for those of the fields left out.
func keys(t reflect.Type, leave string) (list []string) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice:
		return keys(t.Elem(), leave)
	case reflect.Struct:
	default:
		return nil
	}
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if strings.Contains(leave, " "+name+" ") && name != "" {
			continue
		}
		if name != "" {
			list = append(list, name)
		}
		list = append(list, keys(f.Type, leave)...)
	}
	return list
}

func TestSamplesExplainEveryKey(t *testing.T) {
	for name, c := range map[string]struct {
		of     reflect.Type
		sample string
		leave  string
		parse  func([]byte) error
	}{
		"serve": {reflect.TypeFor[Config](), Sample, "", func(b []byte) error { _, err := Parse(b); return err }},
		"proxy": {reflect.TypeFor[Proxy](), ProxySample, " haproxy envoy sign signals host methods school open refusal action ",
			func(b []byte) error { _, err := ParseProxy(b); return err }},
	} {
		text := everything(c.sample)
		if err := c.parse([]byte(text)); err != nil {
			t.Errorf("%s: the sample with every key is refused: %v\n%s", name, err, text)
		}
		for _, key := range keys(c.of, c.leave) {
			if !regexp.MustCompile(`\b` + key + `:`).MatchString(c.sample) {
				t.Errorf("%s: the sample does not explain %s", name, key)
			}
		}
	}
}

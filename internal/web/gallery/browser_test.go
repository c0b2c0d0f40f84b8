package gallery_test

import (
	"flag"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ecluse-ecole/ecluse/internal/web/browsertest"
	"github.com/ecluse-ecole/ecluse/internal/web/gallery"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

var pictures = flag.String("pictures", "", "write a picture of every sample into this folder")

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(browsertest.Run(m))
}

// A window is one size of screen that every page is checked on.
type window struct {
	name          string
	width, height int64
}

var windows = []window{{"phone", 360, 740}, {"desk", 1280, 800}}

// serve starts the gallery under its strict policy.
func serve(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(gallery.Handler())
	t.Cleanup(server.Close)
	return server.URL
}

// wide is true when the page itself scrolls sideways.
const wide = `document.documentElement.scrollWidth > document.documentElement.clientWidth`

// In English, where only words differ, a phone is enough.
func TestEveryPageIsAccessible(t *testing.T) {
	address, tab := serve(t), browsertest.New(t)
	for l, screens := range map[page.Lang][]window{page.French: windows, page.English: windows[:1]} {
		for _, s := range gallery.Samples(l) {
			tab.Open(address + "/" + string(l) + "/" + s.Name)
			for _, w := range screens {
				tab.Size(w.width, w.height)
				report(t, fmt.Sprintf("%s %s on a %s", l, s.Name, w.name), tab.Axe())
			}
		}
	}
}

// 320 CSS pixels are also what is left of 1280 at 400 %.
func TestNoPageScrollsSideways(t *testing.T) {
	address, tab := serve(t), browsertest.New(t)
	for _, s := range gallery.Samples(page.French) {
		tab.Open(address + "/fr/" + s.Name)
		for _, width := range []int64{320, 620, 900, 1280} {
			tab.Size(width, 700)
			if browsertest.Eval[bool](tab, wide) {
				t.Errorf("%s scrolls sideways at %d pixels", s.Name, width)
			}
		}
	}
}

// Text keeps 4.5:1 in the dark as well, and that of notices and help 7:1 in both.
func TestContrast(t *testing.T) {
	address, tab := serve(t), browsertest.New(t)
	tab.Size(360, 740)
	for _, scheme := range []string{"light", "dark"} {
		tab.Scheme(scheme)
		for _, s := range gallery.Samples(page.French) {
			rule := "color-contrast"
			if strings.HasPrefix(s.Name, "notice") || strings.HasPrefix(s.Name, "help") || strings.HasPrefix(s.Name, "public-") && s.Name != "public-list" {
				rule = "color-contrast-enhanced"
			} else if scheme == "light" {
				continue // TestEveryPageIsAccessible has seen it
			}
			tab.Open(address + "/fr/" + s.Name)
			report(t, s.Name+" in the "+scheme, tab.Axe(rule))
		}
	}
}

func report(t *testing.T, name string, found []browsertest.Violation) {
	t.Helper()
	for _, v := range found {
		t.Errorf("%s: %s", name, v)
	}
}

func TestPictures(t *testing.T) {
	if *pictures == "" {
		t.Skip("pictures are taken on request: go test ./internal/web/gallery -run Pictures -pictures FOLDER")
	}
	address, tab := serve(t), browsertest.New(t)
	for _, scheme := range []string{"light", "dark"} {
		tab.Scheme(scheme)
		for _, w := range windows {
			tab.Size(w.width, w.height)
			for _, s := range gallery.Samples(page.French) {
				tab.Open(address + "/fr/" + s.Name)
				file := filepath.Join(*pictures, s.Name+"-"+w.name+"-"+scheme+".png")
				if err := os.WriteFile(file, tab.Picture(true), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

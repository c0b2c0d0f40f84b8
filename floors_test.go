package ecluse_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/ecluse-ecole/ecluse"

// floors is the house, from the ground up (docs/design.md): a package imports
// lower floors only.
var floors = map[string]int{
	"hours": 1, "examples": 1, "internal/fault": 1, "internal/school": 1, "internal/config": 1, "internal/clock": 1, "internal/sheet": 1,
	"internal/calendar": 2, "internal/order": 2, "internal/message": 2, "internal/account": 2, "internal/journal": 2, "internal/procedure": 2,
	"internal/gate": 3, "internal/roster": 3, "internal/statement": 3, "internal/enforce": 4,
	"internal/store": 5, "internal/demo": 5, "internal/route": 5, "internal/metric": 5, "internal/identity": 5, "internal/point": 5, "internal/feed": 5, "internal/token": 5, "internal/notify": 5,
	"internal/push": 5, "internal/leak": 5, "internal/slip": 5, "internal/place": 5, "internal/stolen": 2, "internal/evidence": 2,
	".":            6,
	"internal/web": 7, "internal/wire": 7,
	"cmd/ecluse": 8,
}

// inside names the rooms that belong to a package of a floor and serve it alone;
// they may import what it may, and it may import them.
var inside = map[string]string{
	"internal/web/page": "internal/web", "internal/web/static": "internal/web",
	"internal/web/gallery": "internal/web", "internal/web/browsertest": "internal/web",
	"internal/identity/identitytest": "internal/identity",
	"internal/store/storetest":       "internal/store", "internal/notify/notifytest": "internal/notify",
	"internal/order/ordertest": "internal/order", "internal/place/placetest": "internal/place", "internal/push/pushtest": "internal/push",
	"internal/wire/wiretest": "internal/wire", "internal/wire/forward": "internal/wire", "internal/wire/envoy": "internal/wire",
	"internal/wire/proxy": "internal/wire", "internal/wire/postfix": "internal/wire", "internal/wire/dovecot": "internal/wire",
	"internal/wire/haproxy": "internal/wire", "internal/wire/ejabberd": "internal/wire", "internal/wire/synapse": "internal/wire",
	"internal/wire/signin": "internal/wire", "internal/wire/probe": "internal/wire", "internal/api": "internal/wire",
	"internal/wire/prosody": "internal/wire", "internal/wire/answers": "internal/wire", "internal/wire/xmpptest": "internal/wire",
}

// pure are the floors that do no I/O; config reads its one file.
const pure = 4

// doors are the packages through which a program reaches the world.
var doors = []string{"os", "net", "net/http", "database/sql", "os/exec", "syscall"}

func TestFloors(t *testing.T) {
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "bench" || d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && name != ".") {
			return filepath.SkipDir
		}
		if strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") {
			checkFile(t, filepath.ToSlash(name))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func checkFile(t *testing.T, name string) {
	t.Helper()
	room := path.Dir(name)
	floor, known := floorOf(room)
	if !known {
		t.Errorf("%s stands on no floor: name the package in floors_test.go and docs/design.md", name)
		return
	}
	file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
	if err != nil {
		t.Error(err)
		return
	}
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Error(err)
			continue
		}
		checkImport(t, name, room, floor, imported)
	}
}

func checkImport(t *testing.T, name, room string, floor int, imported string) {
	t.Helper()
	for _, door := range doors {
		if imported == door && floor <= pure && room != "internal/config" {
			t.Errorf("%s imports %s: floors 1 to %d do no I/O", name, imported, pure)
		}
	}
	rest, ours := strings.CutPrefix(imported, module)
	if !ours {
		return
	}
	target := strings.TrimPrefix(rest, "/")
	if target == "" {
		target = "."
	}
	below, known := floorOf(target)
	if !known {
		t.Errorf("%s imports %s, which stands on no floor", name, imported)
	} else if below >= floor && home(target) != home(room) {
		t.Errorf("%s (floor %d) imports %s (floor %d): only lower floors may be imported", name, floor, target, below)
	}
}

func floorOf(room string) (int, bool) {
	floor, known := floors[home(room)]
	return floor, known
}

func home(room string) string {
	if outer, found := inside[room]; found {
		return outer
	}
	return room
}

func TestFloorsNotice(t *testing.T) {
	if _, known := floorOf("internal/nowhere"); known {
		t.Error("an unknown package has a floor")
	}
	below, _ := floorOf("internal/store")
	if floor, _ := floorOf("internal/gate"); below < floor {
		t.Error("the store stands below the gate")
	}
}

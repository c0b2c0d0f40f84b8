// Package static holds the style sheet, the modules and the icon that every page
// asks for. They are embedded, so that the program is one file, and served under
// a prefix made from their content: a browser may keep them for a year, and a new
// version is another address.
package static

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"strings"
)

//go:embed *.css *.js *.svg
var files embed.FS

// Root is where Handler must be mounted.
const Root = "/static/"

// Banner is the one script that pages of other sites load, at its address without
// a version.
const Banner = "banner.js"

var version = digest()

// Prefix is the address before a file's name, with the version of all files:
// "/static/3fa2b1c09d5e/". It is what page.Frame.Assets wants.
var Prefix = Root + version + "/"

// digest is a short hash over the names and contents of all files. It panics
// when the embedded files cannot be read, which would be a fault of the build.
func digest() string {
	h := sha256.New()
	err := fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := files.ReadFile(path)
		h.Write([]byte(path))
		h.Write(content)
		return err
	})
	if err != nil {
		panic("reading the embedded files: " + err.Error())
	}
	return hex.EncodeToString(h.Sum(nil))[:12]
}

// Handler serves the files under Root, with or without their version. Only the
// versioned address may be kept for long.
func Handler() http.Handler {
	server := http.FileServerFS(files)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(r.URL.Path, Root)
		cache := "no-cache"
		if rest, ok := strings.CutPrefix(name, version+"/"); ok {
			name, cache = rest, "public, max-age=31536000, immutable"
		}
		if name == "" || strings.Contains(name, "/") {
			http.NotFound(w, r)
			return
		}
		if name == Banner {
			cache = "public, max-age=300"
			w.Header().Set("ETag", `"`+version+`"`)
			w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
		}
		w.Header().Set("Cache-Control", cache)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		r2 := r.Clone(r.Context())
		r2.URL.Path = "/" + name
		server.ServeHTTP(w, r2)
	})
}

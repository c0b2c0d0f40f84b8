package feed

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

const (
	hintPath  = "hint"
	heartbeat = 25 * time.Second
	watchGap  = 200 * time.Millisecond
	maxStream = time.Hour // then the follower comes back, and streams spread over servers
)

// A Server serves a repository's folder, and tells who listens that a new
// version is there. Everything in it is public, and followers trust nothing that
// it says without a signature.
type Server struct {
	dir     string
	streams chan struct{}               // one place a stream
	cosign  func(cosigned []byte) error // nil: no witness is known here

	mu      sync.Mutex
	version int64         // of the newest snapshot seen
	changed chan struct{} // closed when that changes
}

// Handler serves the folder until the context ends, with at most so many streams
// of hints at a time (0: 5,000); who comes after that is sent away and polls. It
// answers GET on the feed's files with entity tags and ranges, and on /hint with
// server-sent events.
func Handler(ctx context.Context, dir string, streams int) *Server {
	s := &Server{dir: dir, streams: make(chan struct{}, orElse(streams, 5000)), changed: make(chan struct{})}
	s.version = s.read()
	go s.watch(ctx)
	return s
}

// ServeHTTP answers a follower.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(path.Clean("/"+r.URL.Path), "/")
	switch {
	case r.Method == http.MethodPost && name == checkpointFile && s.cosign != nil:
		s.take(w, r)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "Only GET and HEAD are answered here.", http.StatusMethodNotAllowed)
	case name == hintPath:
		s.hint(w, r)
	default:
		s.file(w, r, name)
	}
}

// Witnessed has the server take cosignatures of these witnesses: who has cosigned
// the newest checkpoint posts it to log/checkpoint. Nobody need prove who they
// are, because a signature does. It is called before the server serves.
func (s *Server) Witnessed(r *Repository, witnesses []string) error {
	for _, w := range witnesses {
		if _, err := parseWitness(w); err != nil {
			return err
		}
	}
	if len(witnesses) > 0 {
		s.cosign = func(cosigned []byte) error { return r.AddCosignature(cosigned, witnesses...) }
	}
	return nil
}

// take adds a cosignature.
func (s *Server) take(w http.ResponseWriter, r *http.Request) {
	data, err := readUpTo(r.Body, maxCheckpoint)
	if err == nil {
		err = s.cosign(data)
	}
	if err != nil {
		http.Error(w, "The cosignature was not taken: "+err.Error(), http.StatusConflict)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// file serves one file. Names with a version or a hash in them never change.
func (s *Server) file(w http.ResponseWriter, r *http.Request, name string) {
	if !published(name) {
		http.Error(w, "No such file.", http.StatusNotFound)
		return
	}
	f, err := os.Open(filepath.Join(s.dir, filepath.FromSlash(name)))
	if err != nil {
		http.Error(w, "No such file.", http.StatusNotFound)
		return
	}
	defer f.Close() // only read
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		http.Error(w, "No such file.", http.StatusNotFound)
		return
	}
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("ETag", fmt.Sprintf(`"%x-%x"`, info.ModTime().UnixNano(), info.Size()))
	h.Set("Content-Type", "application/octet-stream")
	if steady(name) {
		h.Set("Cache-Control", "public, max-age=604800, immutable")
	} else {
		h.Set("Cache-Control", "no-cache")
	}
	if name == timestampFile && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		zipped(w, r, f)
		return
	}
	http.ServeContent(w, r, "", time.Time{}, f)
}

// zipped serves the one file that followers fetch again and again, in fewer bytes.
// Its tag is another one: so are its bytes.
func zipped(w http.ResponseWriter, r *http.Request, f io.Reader) {
	var body bytes.Buffer
	pack := gzip.NewWriter(&body)
	if _, err := io.Copy(pack, f); err != nil || pack.Close() != nil {
		http.Error(w, "The file cannot be read.", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Encoding", "gzip")
	h.Set("Vary", "Accept-Encoding")
	h.Set("ETag", strings.TrimSuffix(h.Get("ETag"), `"`)+`-g"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body.Bytes()))
}

// published reports whether a name is one of the feed's: nothing else of the
// folder is served.
func published(name string) bool {
	dir, base := path.Split(name)
	switch {
	case strings.HasPrefix(base, ".") || !filepath.IsLocal(filepath.FromSlash(name)):
		return false
	case dir == "targets/", name == entriesFile, name == checkpointFile:
		return true
	case dir == "pack/":
		return strings.HasSuffix(base, ".gz")
	}
	return dir == "" && strings.HasSuffix(base, ".json")
}

func steady(name string) bool {
	return name != timestampFile && name != entriesFile && name != checkpointFile
}

// read is the version of the snapshot that the folder's timestamp names.
func (s *Server) read() int64 {
	data, err := os.ReadFile(filepath.Join(s.dir, timestampFile))
	if err != nil {
		return 0
	}
	if stamp := peek(data); stamp != nil {
		return stamp.snapshot.Version
	}
	return 0
}

// watch looks at the folder, whoever writes to it. A checkpoint that has been
// cosigned is told like a new version: some followers have waited for it.
func (s *Server) watch(ctx context.Context) {
	tick := time.NewTicker(watchGap)
	defer tick.Stop()
	stamp, checkpoint := s.written(timestampFile), s.written(checkpointFile)
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if at := s.written(timestampFile); !at.Equal(stamp) {
			stamp = at
			s.Tell(s.read())
		}
		if at := s.written(checkpointFile); !at.Equal(checkpoint) {
			checkpoint = at
			s.tell(s.read(), true)
		}
	}
}

// written is when a file was; zero if it is not there.
func (s *Server) written(name string) time.Time {
	info, err := os.Stat(filepath.Join(s.dir, filepath.FromSlash(name)))
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}

// Tell hints at a version at once; the handler finds it by itself soon after.
func (s *Server) Tell(version int64) { s.tell(version, false) }

func (s *Server) tell(version int64, again bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if version != s.version || again {
		s.version = version
		close(s.changed)
		s.changed = make(chan struct{})
	}
}

func (s *Server) newest() (int64, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.version, s.changed
}

// hint streams the newest version, now and at every change.
func (s *Server) hint(w http.ResponseWriter, r *http.Request) {
	select {
	case s.streams <- struct{}{}:
		defer func() { <-s.streams }()
	default:
		w.Header().Set("Retry-After", "60")
		http.Error(w, "Too many streams are open here: poll instead.", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no") // nginx would hold hints back
	ctx, cancel := context.WithTimeout(r.Context(), maxStream)
	defer cancel()
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	version, changed := s.newest()
	text := event(version)
	for {
		if send(w, text) != nil {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-beat.C:
			text = ":\n\n"
		case <-changed:
			version, changed = s.newest()
			text = event(version)
		}
	}
}

func event(version int64) string {
	data, err := json.Marshal(hint{version})
	if err != nil {
		return ":\n\n"
	}
	return fmt.Sprintf("event: hint\ndata: %s\n\n", data)
}

// send writes at once, and gives up on who does not read.
func send(w http.ResponseWriter, text string) error {
	c := http.NewResponseController(w)
	if err := c.SetWriteDeadline(time.Now().Add(heartbeat)); err != nil {
		return err
	}
	if _, err := w.Write([]byte(text)); err != nil {
		return err
	}
	return c.Flush()
}

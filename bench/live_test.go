package bench

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// How many connections live, and how many of them belong to a role that closes.
const (
	liveConnections = 10_000
	liveClosing     = 1_000
)

// BenchmarkCut holds 10,000 connections through `ecluse proxy`, half event streams
// and half web sockets, each of another person and each saying something every
// five seconds. 1,000 belong to pupils, for whom messaging closes at an instant;
// it fails unless all of them end within one second of it, and nobody else.
//
// It is one run, whatever -benchtime says.
func BenchmarkCut(b *testing.B) {
	if b.N > 1 {
		b.Skip("one run is the measurement")
	}
	app := play(b, "backend")
	lock := play(b, "ecluse", strconv.Itoa(liveClosing), strconv.Itoa(liveConnections-liveClosing))
	var fronts []string
	var pids []int
	for range processesFor(b) {
		front := play(b, "proxy", lock.words[0], lock.words[1], app.words[0])
		fronts, pids = append(fronts, front.words[0]), append(pids, front.Process.Pid)
	}
	h := &herd{b: b}
	began := time.Now()
	h.gather(fronts)
	b.Logf("%d connections stand after %v, through %d proxies, which hold %d kB for each", liveConnections,
		time.Since(began).Round(time.Millisecond), len(fronts), memory(pids)/liveConnections)

	fmt.Fprintln(lock.in, "close 5")
	nanoseconds, err := strconv.ParseInt(lock.line(b)[0], 10, 64)
	if err != nil {
		b.Fatal(err)
	}
	h.judge(time.Unix(0, nanoseconds))
}

// processesFor is how many proxies are needed for the files that a process may
// open: two for each connection.
func processesFor(b *testing.B) int {
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err != nil {
		b.Fatal(err)
	}
	if files.Cur < files.Max {
		files.Cur = files.Max
		_ = syscall.Setrlimit(syscall.RLIMIT_NOFILE, &files) // what is not enough is found below
	}
	const beside = 500
	room := int(files.Cur) - beside
	if room < liveConnections {
		b.Skipf("only %d files may be open here: this needs %d", files.Cur, liveConnections+beside)
	}
	return (2*liveConnections + room - 1) / room
}

var resident = regexp.MustCompile(`VmRSS:\s+(\d+) kB`)

// memory is how many kilobytes processes hold; nothing where /proc is not.
func memory(pids []int) (sum int) {
	for _, pid := range pids {
		status, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status") // nothing, see above
		if m := resident.FindSubmatch(status); m != nil {
			n, _ := strconv.Atoi(string(m[1]))
			sum += n
		}
	}
	return sum
}

// A herd is all clients.
type herd struct {
	b     *testing.B
	mu    sync.Mutex
	ends  [liveConnections]ending
	heard [liveConnections]atomic.Int64 // when each last heard something
}

// An ending is when and how a connection ended.
type ending struct {
	at  time.Time
	how string // event stream ended, told 1008, or what else
}

// gather opens every connection, a few at a time.
func (h *herd) gather(fronts []string) {
	var opening sync.WaitGroup
	next := make(chan int)
	failed := make(chan error, 1)
	for range 64 {
		opening.Go(func() {
			for i := range next {
				if err := h.open(i, fronts[i%len(fronts)]); err != nil {
					select {
					case failed <- fmt.Errorf("connection %d: %w", i, err):
					default:
					}
				}
			}
		})
	}
	for i := range liveConnections {
		next <- i
	}
	close(next)
	opening.Wait()
	select {
	case err := <-failed:
		h.b.Fatal(err)
	default:
	}
}

// open makes one connection; the first ones are the pupils'.
func (h *herd) open(i int, front string) error {
	login := "pupil" + strconv.Itoa(i)
	if i >= liveClosing {
		login = "teacher" + strconv.Itoa(i-liveClosing)
	}
	c, err := net.Dial("tcp", front)
	if err != nil {
		return err
	}
	h.b.Cleanup(func() { c.Close() })
	socket := i/2%2 == 0
	if socket {
		fmt.Fprintf(c, "GET /m/socket HTTP/1.1\r\nHost: x\r\nX-Ecluse-User: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n", login)
	} else {
		fmt.Fprintf(c, "GET /m/stream HTTP/1.1\r\nHost: x\r\nX-Ecluse-User: %s\r\nAccept: text/event-stream\r\n\r\n", login)
	}
	in := bufio.NewReaderSize(c, 512)
	res, err := http.ReadResponse(in, nil)
	if err != nil {
		return err
	}
	if socket && res.StatusCode != http.StatusSwitchingProtocols || !socket && res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s", res.Status)
	}
	go func() {
		how := ""
		if socket {
			how = h.hearSocket(i, in)
		} else {
			how = h.hearStream(i, res.Body)
		}
		at := time.Now()
		h.mu.Lock()
		defer h.mu.Unlock()
		h.ends[i] = ending{at, how}
	}()
	return nil
}

func (h *herd) hearStream(i int, body io.Reader) string {
	room := make([]byte, 64)
	for {
		_, err := body.Read(room)
		if err == io.EOF {
			return "event stream ended"
		}
		if err != nil {
			return err.Error()
		}
		h.heard[i].Store(time.Now().UnixNano())
	}
}

func (h *herd) hearSocket(i int, in *bufio.Reader) string {
	for {
		head, err := in.Peek(2)
		if err != nil {
			return err.Error()
		}
		frame, err := in.Peek(2 + int(head[1]))
		if err != nil {
			return err.Error()
		}
		if frame[0] == 0x88 {
			return "told " + strconv.Itoa(int(frame[2])<<8|int(frame[3]))
		}
		in.Discard(len(frame))
		h.heard[i].Store(time.Now().UnixNano())
	}
}

// judge waits for the instant and for what comes of it.
func (h *herd) judge(instant time.Time) {
	time.Sleep(time.Until(instant.Add(7 * time.Second))) // everybody else has heard something since
	h.mu.Lock()
	defer h.mu.Unlock()
	var after []time.Duration
	ways := map[string]int{}
	missing, early, lost, deaf := 0, 0, 0, 0
	for i, e := range h.ends {
		switch {
		case i >= liveClosing:
			if !e.at.IsZero() {
				lost++
			} else if h.heard[i].Load() < instant.UnixNano() {
				deaf++
			}
		case e.at.IsZero():
			missing++
		default:
			ways[e.how]++
			after = append(after, e.at.Sub(instant))
			if e.at.Before(instant) {
				early++
			}
		}
	}
	slices.Sort(after)
	if missing > 0 || early > 0 || lost > 0 || deaf > 0 || len(after) != liveClosing {
		h.b.Fatalf("%d pupils were not cut, %d too early; %d others were cut, %d hear nothing", missing, early, lost, deaf)
	}
	p50, p99, last := after[len(after)/2], after[len(after)*99/100], after[len(after)-1]
	h.b.Logf("all %d pupils cut: p50 %v, p99 %v, last %v after the instant; %v; all %d others live", len(after), p50, p99, last, ways, liveConnections-liveClosing)
	h.b.ReportMetric(float64(p50)/1e6, "p50-ms")
	h.b.ReportMetric(float64(p99)/1e6, "p99-ms")
	h.b.ReportMetric(float64(last)/1e6, "last-ms")
	h.b.ReportMetric(0, "ns/op")
	if last > time.Second {
		h.b.Errorf("the last was cut %v after the instant: more than a second", last)
	}
}

// Package browsertest lets tests look at pages in a real browser: one headless
// Chromium a test binary, one tab a test. It also carries axe-core, which checks
// a page for access (WCAG); see NOTICE for its licence.
package browsertest

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

//go:embed axe.min.js
var axe string

// patience bounds each wait of a test, so that a page that never comes fails it.
const patience = 20 * time.Second

var browser struct {
	once   sync.Once
	ctx    context.Context
	cancel context.CancelFunc
	folder string
	err    error
}

// Run runs the tests of a package and ends the browser that New started. A
// TestMain calls it: os.Exit(browsertest.Run(m)).
func Run(m *testing.M) int {
	code := m.Run()
	if browser.cancel != nil {
		browser.cancel()
		_ = os.RemoveAll(browser.folder) // a leftover in the temporary folder harms nobody
	}
	return code
}

// A Tab is one page of the browser. Its methods end the test when they fail.
type Tab struct {
	t   *testing.T
	ctx context.Context
}

// New opens a tab. Without Chromium the test is skipped, or fails when CI is
// "true".
func New(t *testing.T) *Tab {
	t.Helper()
	browser.once.Do(start)
	switch {
	case browser.err != nil && os.Getenv("CI") == "true":
		t.Fatalf("starting Chromium: %v; install it (apt-get install chromium)", browser.err)
	case browser.err != nil:
		t.Skipf("browser tests need Chromium (apt-get install chromium): %v", browser.err)
	}
	ctx, cancel := chromedp.NewContext(browser.ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil { // the tab must outlive the patience of one step
		t.Fatalf("opening a tab: %v", err)
	}
	return &Tab{t: t, ctx: ctx}
}

// start runs the one browser with an empty profile.
func start() {
	path, err := find("chromium", "chromium-browser", "google-chrome", "chrome")
	if err != nil {
		browser.err = err
		return
	}
	if browser.folder, browser.err = os.MkdirTemp("", "ecluse-browser-"); browser.err != nil {
		return
	}
	allocator, _ := chromedp.NewExecAllocator(context.Background(),
		chromedp.ExecPath(path), chromedp.UserDataDir(browser.folder),
		chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("hide-scrollbars", true))
	browser.ctx, browser.cancel = chromedp.NewContext(allocator)
	browser.err = chromedp.Do(browser.ctx)
}

// find is the first of the programs that is installed.
func find(names ...string) (string, error) {
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("none of " + strings.Join(names, ", ") + " is installed")
}

// A Step is a browser action without a value.
type Step = chromedp.Action[chromedp.Void]

// Do runs browser actions, all within the patience.
func (b *Tab) Do(steps ...Step) {
	b.t.Helper()
	run(b, chromedp.Steps(steps...))
}

// run runs one action within the patience and returns its value.
func run[T any](b *Tab, action chromedp.Action[T]) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, action)
	if err != nil {
		b.t.Fatalf("in the browser: %v", err)
	}
	return value
}

// Open goes to an address and waits until it is loaded.
func (b *Tab) Open(address string) {
	b.t.Helper()
	b.Do(chromedp.Navigate(address))
}

// Size sets the window in CSS pixels. Narrow ones are phones.
func (b *Tab) Size(width, height int64) {
	b.t.Helper()
	var options []chromedp.EmulateViewportOption
	if width < 600 {
		options = append(options, chromedp.EmulateMobile)
	}
	b.Do(chromedp.EmulateViewport(width, height, options...))
}

// Scheme sets what the reader prefers: "light" or "dark".
func (b *Tab) Scheme(name string) {
	b.t.Helper()
	b.Do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}}})
		return err
	}))
}

// Scripts turns the page's own JavaScript on or off, from the next page on.
func (b *Tab) Scripts(on bool) {
	b.t.Helper()
	b.Do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
		return err
	}))
}

// Eval evaluates an expression in the page, awaiting a promise.
func Eval[T any](b *Tab, expression string) T {
	b.t.Helper()
	return run(b, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// Until waits until an expression is true. The page may be replaced meanwhile:
// an answer that is lost with a page is asked for again.
func (b *Tab) Until(expression string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	ask := chromedp.Evaluate[bool]("!!(" + expression + ")")
	for tick := time.NewTicker(20 * time.Millisecond); ; {
		if yes, err := chromedp.Run(ctx, ask); err == nil && yes {
			tick.Stop()
			return
		}
		select {
		case <-ctx.Done():
			b.t.Fatalf("in the browser: waited in vain for %s", expression)
		case <-tick.C:
		}
	}
}

// Text is the visible text of the first element that matches a selector.
func (b *Tab) Text(selector string) string {
	b.t.Helper()
	return strings.TrimSpace(Eval[string](b, fmt.Sprintf("document.querySelector(%q)?.innerText ?? ''", selector)))
}

// Key types keys, such as kb.Tab, where the focus is.
func (b *Tab) Key(keys string) {
	b.t.Helper()
	b.Do(chromedp.KeyEvent(keys))
}

// Picture is the window as PNG, or the whole page when whole is true.
func (b *Tab) Picture(whole bool) []byte {
	b.t.Helper()
	if whole {
		return run(b, chromedp.FullScreenshot(100))
	}
	return run(b, chromedp.CaptureScreenshot())
}

// A Violation is one rule of access that a page breaks.
type Violation struct {
	ID     string `json:"id"`
	Impact string `json:"impact"` // minor, moderate, serious, critical
	Help   string `json:"help"`
	Nodes  []struct {
		HTML string `json:"html"`
		Why  string `json:"failureSummary"`
	} `json:"nodes"`
}

// String is the violation in a few lines, for a test's report.
func (v Violation) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s): %s", v.ID, v.Impact, v.Help)
	for _, n := range v.Nodes[:min(3, len(v.Nodes))] {
		fmt.Fprintf(&b, "\n    %s\n      %s", n.HTML, strings.ReplaceAll(n.Why, "\n", "\n      "))
	}
	return b.String()
}

// Axe checks the page that is shown against WCAG 2.1 A and AA and axe's best
// practices, or against the given rules alone. It is evaluated from outside, so
// that the page's own policy (Content-Security-Policy) stays on.
func (b *Tab) Axe(rules ...string) []Violation {
	b.t.Helper()
	options := `{resultTypes: ["violations"]}`
	if len(rules) > 0 {
		options = fmt.Sprintf(`{resultTypes: ["violations"], runOnly: %q.split(" ")}`, strings.Join(rules, " "))
	}
	if !Eval[bool](b, "typeof window.axe === 'object'") {
		run(b, chromedp.Evaluate[chromedp.Void](axe))
	}
	raw := Eval[string](b, `axe.run(document, `+options+`).then(r => JSON.stringify(r.violations))`)
	var found []Violation
	if err := json.Unmarshal([]byte(raw), &found); err != nil {
		b.t.Fatalf("reading what axe found: %v", err)
	}
	return found
}

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/config"
	"github.com/ecluse-ecole/ecluse/internal/feed"
)

type feedWitnessCmd struct {
	URL  string `arg:"" help:"The feed's address."`
	Root string `required:"" help:"The trusted root, got by another way than the feed." placeholder:"FILE"`
	Log  string `required:"" help:"The log's verifier key." placeholder:"KEY"`
	Name string `required:"" help:"The witness's name, such as court.example."`
	Key  string `required:"" help:"The file of the witness's Ed25519 key, made with \"ecluse feed key\"." placeholder:"FILE"`
	Dir  string `required:"" help:"A folder of the witness's own: it remembers what was cosigned, and must not be lost." placeholder:"FOLDER"`

	Out   string        `help:"Write what is cosigned to a file, for \"ecluse feed cosign\" at the host, instead of posting it to the feed's address." placeholder:"FILE"`
	Every time.Duration `help:"Go on, and look so often; without it, look once." placeholder:"15s"`
}

// Run cosigns once, or until it is told to stop. A log that contradicts what was
// cosigned ends it.
func (c feedWitnessCmd) Run(io *streams) error {
	key, err := readKey(c.Key)
	if err != nil {
		return err
	}
	public, err := feed.WitnessKey(c.Name, key.Public())
	if err != nil {
		return usageError{err.Error()}
	}
	options, err := followerOptions(config.Follow{URL: c.URL, Root: c.Root, Log: c.Log, Dir: c.Dir})
	if err != nil {
		return err
	}
	witness, err := feed.NewWitness(options, c.Name, key)
	if err != nil {
		return err
	}
	fmt.Fprintf(io.out, "Followers and the host know this witness by its key:\n  %s\n", public)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return c.cosign(ctx, io, witness)
}

// cosign goes on until the context ends, and says what went wrong on the way.
func (c feedWitnessCmd) cosign(ctx context.Context, io *streams, witness *feed.Witness) error {
	var handed []byte
	for {
		cosigned, err := witness.Cosign(ctx)
		if feed.CauseOf(err) == feed.SplitView {
			return accuse(io, err)
		}
		if text, _, _ := bytes.Cut(cosigned, []byte("\n\n")); err == nil && !bytes.Equal(text, handed) {
			if err = c.hand(ctx, cosigned); err == nil {
				handed = text
				fmt.Fprintf(io.out, "Cosigned the log over %s orders.\n", sizeOf(text))
			}
		}
		if c.Every == 0 || ctx.Err() != nil {
			return ignoreStop(ctx, err)
		}
		if err != nil {
			fmt.Fprintf(io.err, "ecluse: %v; trying again in %s\n", err, c.Every)
		}
		select {
		case <-ctx.Done():
		case <-time.After(c.Every):
		}
	}
}

// ignoreStop: being told to stop is no failure.
func ignoreStop(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// sizeOf is the second line of a checkpoint.
func sizeOf(text []byte) string {
	if lines := strings.Split(string(text), "\n"); len(lines) > 1 {
		return lines[1]
	}
	return "?"
}

// accuse shows the proof that a log told two stories.
func accuse(io *streams, err error) error {
	var proof *feed.Divergence
	if errors.As(err, &proof) {
		fmt.Fprintf(io.out, "The log's key signed both of these. Keep them, and show them to whoever keeps the log and to those who follow it.\n\n%s\n%s", proof.Ours, proof.Theirs)
	}
	return err
}

// hand gives what was cosigned to the host.
func (c feedWitnessCmd) hand(ctx context.Context, cosigned []byte) error {
	if c.Out != "" {
		if err := os.WriteFile(c.Out, cosigned, 0o644); err != nil {
			return fmt.Errorf("writing the cosignature: %w", err)
		}
		return nil
	}
	if !strings.HasPrefix(c.URL, "http") {
		return usageError{"a feed in a folder takes no cosignatures by itself: give --out FILE, and add that with \"ecluse feed cosign\" at the host"}
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimRight(c.URL, "/")+"/log/checkpoint", bytes.NewReader(cosigned))
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("handing the cosignature to the host: %w", err)
	}
	defer resp.Body.Close() // read to its limit below
	said, err := io.ReadAll(io.LimitReader(resp.Body, 1000))
	if resp.StatusCode != http.StatusNoContent {
		return fmt.Errorf("the host did not take the cosignature (%s): does it know this witness's key, under feed.witnesses? %s", resp.Status, bytes.TrimSpace(said))
	}
	return err
}

type feedCosignCmd struct {
	Dir     string   `arg:"" help:"The feed's folder."`
	File    string   `arg:"" help:"What \"ecluse feed witness --out\" wrote."`
	Witness []string `required:"" help:"The key of a witness whose signature is taken; may be given several times." placeholder:"KEY"`
}

// Run adds the cosignature. It needs no key.
func (c feedCosignCmd) Run(io *streams) error {
	data, err := os.ReadFile(c.File)
	if err != nil {
		return fmt.Errorf("reading a cosignature: %w: \"ecluse feed witness\" writes one", err)
	}
	r, err := feed.Open(c.Dir, feed.Host{})
	if err != nil {
		return noFeed(c.Dir)
	}
	if err := r.AddCosignature(data, c.Witness...); err != nil {
		return err
	}
	_, err = fmt.Fprintln(io.out, "The cosignature is in the feed.")
	return err
}

type feedCompareCmd struct {
	One   string `arg:"" help:"An address, a folder (of a feed, a mirror or a follower), or the file of a checkpoint."`
	Other string `arg:"" help:"Another one."`
	Log   string `required:"" help:"The log's verifier key." placeholder:"KEY"`
}

// Run compares; two stories are shown with both checkpoints, and make it fail.
func (c feedCompareCmd) Run(io *streams) error {
	agreed, err := feed.CompareLogs(context.Background(), feed.Trust{Log: c.Log}, feed.Options{}, c.One, c.Other)
	if feed.CauseOf(err) == feed.SplitView {
		return accuse(io, err)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(io.out, "Both tell the same story, over %d orders.\n", agreed)
	return err
}

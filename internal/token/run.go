//go:build unix

package token

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// tool is OpenSC's program, and pinVariable what it reads the PIN from.
const (
	tool        = "pkcs11-tool"
	pinVariable = "ECLUSE_TOKEN_PIN"
)

// run asks the token, and gives what pkcs11-tool wrote.
func (k *Key) run(input []byte, environment []string, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), k.patience)
	defer cancel()
	c := exec.CommandContext(ctx, tool, append([]string{"--module", k.at.Module, "--token-label", k.at.Token}, args...)...)
	c.Env = append(os.Environ(), environment...)
	c.Stdin = bytes.NewReader(input)
	var out, said bytes.Buffer
	c.Stdout, c.Stderr = &out, &said
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a module may start helpers of its own
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }
	c.WaitDelay = time.Second
	err := c.Run()
	switch {
	case err == nil:
		return out.Bytes(), nil
	case errors.Is(err, exec.ErrNotFound):
		return nil, fmt.Errorf("%s is not installed: install OpenSC (on Debian the package opensc)", tool)
	case ctx.Err() != nil:
		return nil, fmt.Errorf("the token %s did not answer for %s: is it waiting for a button, or stuck? Unplug it, plug it in, and try again", k.at.Token, k.patience)
	}
	return nil, k.explain(said.Bytes(), err)
}

// askPIN asks on the terminal, whatever the standard streams are used for.
func askPIN(token string) (pin string, err error) {
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return "", fmt.Errorf("there is no terminal to ask for the PIN of %s: name an environment variable that holds it under pin", token)
	}
	defer tty.Close()
	if _, err := fmt.Fprintf(tty, "PIN of the token %s: ", token); err != nil {
		return "", err
	}
	if err := stty(tty, "-echo"); err != nil {
		return "", fmt.Errorf("hiding the PIN on the terminal: %w", err)
	}
	defer func() { err = errors.Join(err, stty(tty, "echo")) }()
	line, err := bufio.NewReader(tty).ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("reading the PIN: %w", err)
	}
	_, err = fmt.Fprintln(tty)
	return strings.TrimRight(line, "\r\n"), err
}

func stty(tty *os.File, mode string) error {
	c := exec.Command("stty", mode)
	c.Stdin = tty
	return c.Run()
}

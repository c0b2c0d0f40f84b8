package main

import (
	"fmt"
	"strings"

	"github.com/ecluse-ecole/ecluse/internal/evidence"
)

// evidenceCmd is about the files that are kept of frozen accounts.
type evidenceCmd struct {
	Verify evidenceVerifyCmd `cmd:"" help:"Say whether a file of evidence is as it was made, and print its seal."`
}

// evidenceVerifyCmd needs no database: whoever holds the file and the seal can ask.
type evidenceVerifyCmd struct {
	File string `arg:"" help:"The ZIP file that the school was given."`
	Seal string `help:"The seal that stands in the journal or on the account's page." placeholder:"HEX"`
}

// Run verifies and tells; what is not as it was made is a refusal.
func (c evidenceVerifyCmd) Run(io *streams) error {
	file, err := openInput("file of evidence", c.File)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("the evidence cannot be read: %w", err)
	}
	report, err := evidence.Verify(file, info.Size())
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	for _, p := range report.Problems {
		fmt.Fprintln(io.out, p)
	}
	fmt.Fprintf(io.out, "seal: %s\n", report.Seal)
	sealed := strings.ToLower(strings.TrimSpace(c.Seal))
	switch {
	case !report.OK():
		return fmt.Errorf("%s is not as it was made", c.File)
	case sealed != "" && sealed != report.Seal:
		return fmt.Errorf("%s is whole, but it is not the file of this seal", c.File)
	case sealed == "":
		fmt.Fprintf(io.out, "Files as the seal says: %d. That the seal is the one of the day, the journal tells: give it with --seal.\n", report.Files)
	default:
		fmt.Fprintf(io.out, "The file is the one that was made: %d files as the seal says.\n", report.Files)
	}
	return nil
}

package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// version is the release this tree leads to; see CHANGELOG.md.
const version = "0.1.0-dev"

type versionCmd struct{}

// Run prints the version, the commit if the build knows it, and the toolchain.
func (versionCmd) Run(io *streams) error {
	revision := ""
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				revision = " " + s.Value
			}
		}
	}
	_, err := fmt.Fprintf(io.out, "ecluse %s%s (%s)\n", version, revision, runtime.Version())
	return err
}

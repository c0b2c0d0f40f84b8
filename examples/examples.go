// Package examples holds orders that stand as they are: the two letters of
// March 2024, and others to begin from. See README.md in its folder.
package examples

import "embed"

// Letters are the two letters as order files: the first binds the écoles, the
// second the collèges and the lycée.
//
//go:embed premier-degre.yaml second-degre.yaml
var Letters embed.FS

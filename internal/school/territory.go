package school

import (
	"fmt"
	"strings"
)

// A Territory is a node of the tree, written as the path to it from the root:
// FR / académie / département / circonscription / school. Secondary schools
// stand directly below their département. Examples: "FR", "FR/13",
// "FR/13/079", "FR/13/079/C01", "FR/13/079/C01/0790001X".
type Territory string

// ParseTerritory reads a path. Segments are upper-case letters and digits.
func ParseTerritory(s string) (Territory, error) {
	segments := strings.Split(s, "/")
	if segments[0] != "FR" {
		return "", fmt.Errorf("%q is not a territory: a path begins with FR, such as FR/13/079", s)
	}
	if len(segments) > 5 {
		return "", fmt.Errorf("%q is not a territory: a path has at most 5 parts", s)
	}
	for _, seg := range segments {
		if seg == "" || strings.Trim(seg, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != "" {
			return "", fmt.Errorf("%q is not a territory: part %q is not made of capital letters and digits", s, seg)
		}
	}
	return Territory(s), nil
}

// Contains reports whether other is t or stands below it.
func (t Territory) Contains(other Territory) bool {
	return other == t || strings.HasPrefix(string(other), string(t)+"/")
}

// Parent is the node above, and "" above the root.
func (t Territory) Parent() Territory {
	i := strings.LastIndexByte(string(t), '/')
	if i < 0 {
		return ""
	}
	return t[:i]
}

// Level is the number of parts: 1 for FR, 3 for a département.
func (t Territory) Level() int { return strings.Count(string(t), "/") + 1 }

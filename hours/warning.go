package hours

// Warning is a doubt about a value that was understood: it may not say what its
// author meant.
type Warning struct {
	Offset int // byte offset in the value
	Text   string
}

// Warnings gives the doubts about the value, in the order in which they were
// found.
func (h *Hours) Warnings() []Warning { return append([]Warning(nil), h.warnings...) }

func warningsOf(rules []rule) []Warning { return nil }

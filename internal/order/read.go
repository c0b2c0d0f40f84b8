package order

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/ecluse-ecole/ecluse/hours"
)

// Bounds on a file. The library's time grows faster than the number of tokens,
// and it recurses as deep as the brackets go; no order comes near these.
const (
	maxBytes  = 256 << 10
	maxTokens = 20_000
	maxDepth  = 16
	maxErrors = 25
)

// A reader turns a file into nodes and collects what is wrong with it.
type reader struct {
	file     string
	errs     Errors
	warnings []Warning
}

// A place is a line and a column, both from 1.
type place struct{ line, column int }

var start = place{1, 1}

func (r *reader) fail(at place, format string, args ...any) {
	r.reject(at, tell(format, args...))
}

// reject is fail for an error that was told elsewhere.
func (r *reader) reject(at place, err error) {
	if len(r.errs) < maxErrors {
		r.errs = append(r.errs, &Error{r.file, at.line, at.column, Say(err, hours.English), Say(err, hours.French)})
	}
}

func (r *reader) warn(at place, format string, args ...any) {
	s := tell(format, args...)
	r.warnings = append(r.warnings, Warning{r.file, at.line, at.column, s.english, s.french})
}

// result is every error in the order of the file, or nil.
func (r *reader) result() error {
	if len(r.errs) == 0 {
		return nil
	}
	slices.SortStableFunc(r.errs, func(a, b *Error) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return r.errs
}

// document is the one mapping that the file must be, or nil with an error.
func (r *reader) document(data []byte) ast.Node {
	text := strings.TrimPrefix(string(data), "\ufeff")
	if !r.readable(text) {
		return nil
	}
	tokens := lexer.Tokenize(text)
	if !r.plain(tokens) {
		return nil
	}
	file, err := parse(tokens)
	if err != nil {
		r.syntax(err)
		return nil
	}
	var bodies []ast.Node
	for _, doc := range file.Docs {
		if doc.Body != nil && doc.Body.Type() != ast.NullType {
			bodies = append(bodies, doc.Body)
		}
	}
	switch {
	case len(bodies) == 0:
		r.fail(start, "the file holds no order: begin with a line such as order: FR/13/079/2024-0001")
		return nil
	case len(bodies) > 1:
		r.fail(placeOf(bodies[1]), "the file holds %d documents: write one order a file", len(bodies))
		return nil
	}
	return bodies[0]
}

// readable refuses what is too large or not plain UTF-8 text.
func (r *reader) readable(text string) bool {
	if len(text) > maxBytes {
		r.fail(start, "the file has %d bytes: an order has at most %d", len(text), maxBytes)
		return false
	}
	at := start
	for i, c := range text {
		if c == utf8.RuneError && !strings.HasPrefix(text[i:], "\ufffd") {
			r.fail(at, "the file is not UTF-8 text here: save it as UTF-8")
			return false
		}
		if hidden(c) && c != '\r' {
			r.fail(at, "the hidden character U+%04X stands here: delete it", c)
			return false
		}
		at.column++
		if c == '\n' {
			at = place{at.line + 1, 1}
		}
	}
	return true
}

// hidden reports whether c shows nothing or changes how what follows is shown,
// so that a reader could take the text for another one.
func hidden(c rune) bool {
	if c == '\n' || c == '\t' {
		return false
	}
	return unicode.IsControl(c) || c >= 0x202a && c <= 0x202e || c >= 0x2066 && c <= 0x2069 || c == 0x2028 || c == 0x2029 || c == 0xfeff
}

// plain refuses the parts of YAML that an order has no use for, before the
// parser builds anything from them.
func (r *reader) plain(tokens token.Tokens) bool {
	if len(tokens) > maxTokens {
		r.fail(start, "the file has %d parts: an order has at most %d", len(tokens), maxTokens)
		return false
	}
	depth, line, entries := 0, 0, 0
	for _, t := range tokens {
		if advice, found := refused[t.Type]; found {
			r.reject(placeAt(t), advice)
			return false
		}
		switch t.Type {
		case token.SequenceStartType, token.MappingStartType:
			depth++
		case token.SequenceEndType, token.MappingEndType:
			depth--
		case token.SequenceEntryType:
			if t.Position.Line != line {
				line, entries = t.Position.Line, 0
			}
			entries++
		}
		if depth+entries > maxDepth {
			r.fail(placeAt(t), "lists and mappings stand more than %d deep here: an order needs four", maxDepth)
			return false
		}
	}
	return true
}

// refused is why each of these tokens may not stand in an order.
var refused = map[token.Type]sentence{
	token.AnchorType:     tell("anchors (&) are not allowed in an order: write the value out"),
	token.AliasType:      tell("aliases (*) are not allowed in an order: write the value out, or put it in quotes if it begins with a star"),
	token.MergeKeyType:   tell("merge keys (<<) are not allowed in an order: write the values out"),
	token.TagType:        tell("tags (!) are not allowed in an order: write the value alone, or put it in quotes if it begins with an exclamation mark"),
	token.DirectiveType:  tell("directives (%%) are not allowed in an order: delete the line"),
	token.MappingKeyType: tell("question-mark keys (?) are not allowed in an order: write key: value"),
}

// parse calls the library, and refuses what makes it panic: a file that cannot
// be read must never stop the server that reads it.
func parse(tokens token.Tokens) (file *ast.File, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the structure cannot be made out (%v)", p)
		}
	}()
	return parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
}

func (r *reader) syntax(err error) {
	var s *yaml.SyntaxError
	if !errors.As(err, &s) || s.Token == nil {
		r.fail(start, "this is not YAML: %v", err)
		return
	}
	r.fail(placeAt(s.Token), "this is not YAML: %s; check the quotes, brackets and indentation here", s.Message)
}

// text is the words of a scalar, trimmed, and whether it is one. Numbers and
// words that YAML would take for something else are taken as they are written.
func (r *reader) text(n ast.Node, key string) (string, bool) {
	s, ok := raw(n)
	if !ok {
		r.fail(placeOf(n), "%s is %s: write one text", keyword(key), kind(n))
		return "", false
	}
	s = strings.TrimSpace(s)
	if i := strings.IndexFunc(s, hidden); i >= 0 {
		c, _ := utf8.DecodeRuneInString(s[i:])
		r.fail(placeOf(n), "%s holds the hidden character U+%04X: delete it", keyword(key), c)
		return "", false
	}
	return s, true
}

// raw is a scalar as it was written.
func raw(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return n.GetToken().Value, true
	}
	return "", false
}

// list is the items of a sequence.
func (r *reader) list(n ast.Node, key string) []ast.Node {
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		r.fail(placeOf(n), "%s is %s: write a list, such as [a, b]", keyword(key), kind(n))
		return nil
	}
	return seq.Values
}

// flag is true or false.
func (r *reader) flag(n ast.Node, key string) bool {
	b, ok := n.(*ast.BoolNode)
	if !ok {
		r.fail(placeOf(n), "%s is %s: write true or false", keyword(key), kind(n))
		return false
	}
	return b.Value
}

// number is a whole number written in digits, between least and most.
func (r *reader) number(n ast.Node, key string, least, most int) int {
	s, _ := raw(n)
	v, err := strconv.Atoi(s)
	if _, whole := n.(*ast.IntegerNode); !whole || err != nil || v < least || v > most {
		r.fail(placeOf(n), "%s is %s: write a whole number between %d and %d", keyword(key), kind(n), least, most)
	}
	return v
}

// kind says what a node is, for a message.
func kind(n ast.Node) speaker {
	switch n := n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return term("a mapping")
	case *ast.SequenceNode:
		return term("a list")
	case *ast.NullNode:
		return term("empty")
	default:
		return tell("%q", shorten(n.GetToken().Value))
	}
}

// shorten keeps a message on one line.
func shorten(s string) string {
	const most = 40
	s = strings.ToValidUTF8(s, "")
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most]) + "…"
}

// placeOf is where a node begins; a block mapping begins with its first key.
func placeOf(n ast.Node) place {
	switch n := n.(type) {
	case *ast.MappingNode:
		if !n.IsFlowStyle && len(n.Values) > 0 {
			return placeOf(n.Values[0].Key)
		}
	case *ast.MappingValueNode:
		return placeOf(n.Key)
	}
	return placeAt(n.GetToken())
}

func placeAt(t *token.Token) place {
	return place{max(1, t.Position.Line), max(1, t.Position.Column)}
}

package identity

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// An element is a piece of a small XML document: its name, its attributes, the
// text in it and the elements in it.
type element struct {
	name     xml.Name
	attrs    []xml.Attr
	text     string
	children []*element
}

// What such a document may hold at most.
const (
	longestXML  = 64 << 10
	deepestXML  = 12
	mostXML     = 500 // elements
	longestText = 4096
)

// readXML reads a document more strictly than encoding/xml: no document type, no
// entities of its own, no comments and no instructions, because readers differ
// in what they make of them; one root, and nothing after it.
func readXML(data []byte) (*element, error) {
	if len(data) > longestXML {
		return nil, errors.New("the document is too long")
	}
	d := xml.NewDecoder(bytes.NewReader(data))
	d.Entity = map[string]string{}
	var tree tree
	for {
		token, err := d.Token()
		if err == io.EOF && tree.root != nil && len(tree.open) == 0 {
			return tree.root, nil
		}
		if err != nil {
			return nil, fmt.Errorf("reading XML: %w", err)
		}
		if err := tree.take(token); err != nil {
			return nil, err
		}
	}
}

// A tree is a document while it is read.
type tree struct {
	root  *element
	open  []*element // those that have not ended, the innermost last
	count int
}

func (t *tree) take(token xml.Token) error {
	switch token := token.(type) {
	case xml.StartElement:
		return t.begin(token)
	case xml.EndElement:
		t.open = t.open[:len(t.open)-1]
		return nil
	case xml.CharData:
		return t.add(string(token))
	case xml.ProcInst:
		if token.Target == "xml" && t.root == nil {
			return nil
		}
	}
	return errors.New("the document holds a comment, an instruction or a document type")
}

func (t *tree) begin(token xml.StartElement) error {
	t.count++
	e := &element{name: token.Name, attrs: append([]xml.Attr(nil), token.Attr...)}
	switch {
	case t.count > mostXML || len(t.open) >= deepestXML:
		return errors.New("the document is too large")
	case len(t.open) > 0:
		parent := t.open[len(t.open)-1]
		parent.children = append(parent.children, e)
	case t.root != nil:
		return errors.New("the document has two roots")
	default:
		t.root = e
	}
	t.open = append(t.open, e)
	return nil
}

// add adds text to the innermost element; outside of all there may only be space.
func (t *tree) add(text string) error {
	if len(t.open) == 0 {
		if strings.TrimSpace(text) != "" {
			return errors.New("the document holds text outside of everything")
		}
		return nil
	}
	e := t.open[len(t.open)-1]
	if e.text += text; len(e.text) > longestText {
		return errors.New("the document holds too long a text")
	}
	return nil
}

// only is the one child of a name; none and two are errors.
func (e *element) only(space, local string) (*element, error) {
	var found *element
	for _, c := range e.children {
		if c.name.Space != space || c.name.Local != local {
			continue
		}
		if found != nil {
			return nil, fmt.Errorf("the document holds %s twice", local)
		}
		found = c
	}
	if found == nil {
		return nil, fmt.Errorf("the document holds no %s", local)
	}
	return found, nil
}

// value is the text of an element that holds nothing else.
func (e *element) value() (string, error) {
	text := strings.TrimSpace(e.text)
	if len(e.children) > 0 || text == "" {
		return "", fmt.Errorf("%s is no text", e.name.Local)
	}
	return text, nil
}

func (e *element) attr(name string) string {
	for _, a := range e.attrs {
		if a.Name.Local == name && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}

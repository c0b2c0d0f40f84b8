package page

import (
	"strconv"
	"strings"

	"github.com/a-h/templ"
)

// An input is one labelled control with its hint and its error tied to it.
type input struct {
	ID       string // also its name, where Name is empty
	Name     string
	Label    string
	Hint     string
	Kind     string // the type of an input element; "" is text
	Auto     string // autocomplete
	Rows     int    // more than 0 makes a textarea
	Max      int    // characters; 0: no limit
	Required bool
	Field
}

// attributes are those that text inputs and textareas share.
func (i input) attributes() templ.OrderedAttributes {
	a := templ.OrderedAttributes{{Key: "id", Value: i.ID}, {Key: "name", Value: i.name()}}
	if d := i.described(); d != "" {
		a = append(a, templ.KV[string, any]("aria-describedby", d))
	}
	if i.Error != "" {
		a = append(a, templ.KV[string, any]("aria-invalid", "true"))
	}
	if i.Auto != "" {
		a = append(a, templ.KV[string, any]("autocomplete", i.Auto))
	}
	if i.Max > 0 {
		a = append(a, templ.KV[string, any]("maxlength", strconv.Itoa(i.Max)))
	}
	if i.Required {
		a = append(a, templ.KV[string, any]("required", true))
	}
	return a
}

// name is what the control is posted as.
func (i input) name() string {
	if i.Name == "" {
		return i.ID
	}
	return i.Name
}

// kind is the type of the input element.
func (i input) kind() string {
	if i.Kind == "" {
		return "text"
	}
	return i.Kind
}

// described lists the elements that explain the control.
func (i input) described() string {
	var ids []string
	if i.Hint != "" {
		ids = append(ids, i.ID+"-hint")
	}
	if i.Error != "" {
		ids = append(ids, i.ID+"-error")
	}
	return strings.Join(ids, " ")
}

// describedBy is the id of a group's error, or nothing.
func describedBy(id, problem string) templ.OrderedAttributes {
	if problem == "" {
		return nil
	}
	return templ.OrderedAttributes{{Key: "aria-describedby", Value: id + "-error"}}
}

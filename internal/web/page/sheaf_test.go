package page

import "testing"

func TestALongListFoldsByClass(t *testing.T) {
	class := func(r VouchRow) string { return r.Class }
	few := sheaves([]VouchRow{{Name: "a", Class: "6e"}, {Name: "b"}, {Name: "c", Class: "6e"}}, class)
	if len(few) != 2 || !few[0].Open || len(few[0].Rows) != 2 || few[1].Class != "" {
		t.Errorf("three rows are %v", few)
	}
	var many []VouchRow
	for range mostUnfolded {
		many = append(many, VouchRow{Class: "6e"})
	}
	if one := sheaves(append(many, many...), class); len(one) != 1 || !one[0].Open {
		t.Errorf("one class is %v", one)
	}
	if two := sheaves(append(many, VouchRow{Class: "5e"}), class); len(two) != 2 || two[0].Open || two[1].Open {
		t.Errorf("many rows are %v", two)
	}
}

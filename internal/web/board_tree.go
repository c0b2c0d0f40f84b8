package web

import (
	"slices"
	"strings"

	"github.com/ecluse-ecole/ecluse"
	"github.com/ecluse-ecole/ecluse/internal/school"
	"github.com/ecluse-ecole/ecluse/internal/web/page"
)

// treeDepth is how far down a tree shows: a ministry's would not fit on a page.
// Each branch leads to its own.
const treeDepth = 2

// boardTree is how the schools of a board stand, territory by territory, from the
// one that the address bar asks for, else the office's own.
func (c *call) boardTree(b ecluse.Board) page.Branch {
	counts := map[school.Territory]*[page.AnswerStateCount]int{}
	root := c.who.Office.Territory
	for _, r := range b.Rows {
		for t := r.School.Parent; root.Contains(t); t = t.Parent() {
			if counts[t] == nil {
				counts[t] = &[page.AnswerStateCount]int{}
			}
			counts[t][r.State]++
		}
	}
	below := map[school.Territory][]school.Territory{}
	for t := range counts {
		below[t.Parent()] = append(below[t.Parent()], t)
	}
	if asked := school.Territory(c.r.FormValue("in")); counts[asked] != nil {
		root = asked
	}
	return c.boardBranch(branches{counts, below}, root, treeDepth)
}

// branches are the territories of a board: how their schools stand, and which lie
// directly below.
type branches struct {
	counts map[school.Territory]*[page.AnswerStateCount]int
	below  map[school.Territory][]school.Territory
}

func (c *call) boardBranch(all branches, t school.Territory, depth int) page.Branch {
	b := page.Branch{Name: c.app.TerritoryName(t), URL: c.boardURL(page.BoardPart) + "?in=" + queryEscape(string(t))}
	if n := all.counts[t]; n != nil {
		b.Counts = *n
	}
	if depth == 0 {
		return b
	}
	slices.SortFunc(all.below[t], func(x, y school.Territory) int {
		return strings.Compare(c.app.TerritoryName(x), c.app.TerritoryName(y))
	})
	for _, child := range all.below[t] {
		b.Below = append(b.Below, c.boardBranch(all, child, depth-1))
	}
	return b
}

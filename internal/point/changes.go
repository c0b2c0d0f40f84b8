package point

import "time"

// fire tells of a change. What is asked from now on is not answered by what was
// asked before.
func (c *Client) fire(at time.Time) {
	c.asking.part()
	c.changes.Ring(at)
}

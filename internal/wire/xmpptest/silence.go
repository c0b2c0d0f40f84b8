package xmpptest

import (
	"testing"

	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
)

// Silence is borne for seconds, so each kind of it is a scene of its own.

// killed is an Écluse that is gone, and back.
func killed(s *scene) { s.silent(s.point.Kill, s.point.Revive) }

// hung is an Écluse that takes questions and answers none.
func hung(s *scene) { s.silent(s.point.Hang, s.point.Unhang) }

func (s *scene) silent(begin, end func()) {
	s.Helper()
	staff, teacher := s.in(wiretest.Staff, "desk"), s.in(wiretest.Teacher, "desk")
	staff.write(wiretest.Teacher, "bonjour")
	teacher.Message("bonjour")
	begin()
	staff.Cut()
	teacher.Cut()
	s.outside(wiretest.Staff)
	end()
	s.back(wiretest.Staff).Alive()
}

// withdrawn is a point whose token is worth nothing any more.
func (s *scene) withdrawn() {
	s.Run("the token is withdrawn", func(t *testing.T) {
		staff := s.back(wiretest.Staff)
		points, err := s.App.Points(s.Context(), "FR")
		if err != nil || len(points) != 1 {
			t.Fatal(points, err)
		}
		s.reported(t)
		if err := s.App.RemovePoint(s.Context(), points[0].Name); err != nil {
			t.Fatal(err)
		}
		staff.Cut()
		s.outside(wiretest.Staff)
	})
}

// reported wants that the point shows what it holds and that its self-test was
// refused.
func (s *scene) reported(t *testing.T) {
	wiretest.Eventually(t, "the point reports", func() bool {
		points, err := s.App.Points(s.Context(), "FR")
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range points[0].Instances {
			if r.Software != "" && r.Refused {
				return true
			}
		}
		return false
	})
}

// back signs somebody in and makes them available, as soon as that is possible.
func (s *scene) back(login string) (c *Client) {
	s.Helper()
	wiretest.Eventually(s.T, login+" is back", func() bool {
		var err error
		c, err = Dial(s.T, s.address, login, "desk")
		return err == nil
	})
	c.Write("<presence/>")
	c.Sync()
	return c
}

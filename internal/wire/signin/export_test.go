package signin

import "time"

// Hurry has tests wait less before what failed is sent again.
func (s *SignIn) Hurry() { s.pause = 5 * time.Millisecond }

package enforce_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/enforce"
)

func TestABellTellsOfTheFirstChangeNotTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b enforce.Bell
		b.Ring(time.Now()) // nobody listens
		ctx, stop := context.WithCancel(t.Context())
		one, other := b.Listen(ctx), b.Listen(t.Context())
		first := time.Now()
		b.Ring(first)
		b.Ring(first.Add(time.Second))
		for _, ch := range []<-chan enforce.Change{one, other} {
			if c := <-ch; !c.At.Equal(first) {
				t.Errorf("told of %v, want the first, %v", c.At, first)
			}
		}
		stop()
		synctest.Wait()
		b.Ring(first)
		if len(one) != 0 || len(other) != 1 {
			t.Errorf("%d changes for who left, %d for who listens", len(one), len(other))
		}
	})
}

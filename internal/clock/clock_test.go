package clock

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

var evening = time.Date(2024, 3, 29, 18, 55, 0, 0, time.UTC)

func TestNeverBack(t *testing.T) {
	c := Manual(evening)
	c.Now()
	c.Set(evening.Add(-time.Hour))
	if got := c.Now(); !got.Equal(evening) {
		t.Errorf("set back an hour, the clock tells %v, want it to stand at %v", got, evening)
	}
	if got := c.Doubt(); got != time.Hour {
		t.Errorf("Doubt = %v, want an hour", got)
	}
	c.Set(evening.Add(time.Minute))
	if got := c.Now(); !got.Equal(evening.Add(time.Minute)) || c.Doubt() != 0 {
		t.Errorf("put right, the clock tells %v with doubt %v", got, c.Doubt())
	}
}

func TestScaled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := Scaled(evening, 60)
		time.Sleep(2 * time.Second)
		if got := c.Now().Sub(evening); got != 2*time.Minute {
			t.Errorf("two seconds at speed 60 are %v", got)
		}
		if got := c.Real(time.Hour); got != time.Minute {
			t.Errorf("an hour takes %v", got)
		}
	})
}

func TestWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := Manual(evening)
		done := make(chan error)
		go func() { done <- c.Wait(t.Context(), evening.Add(5*time.Minute), nil) }()
		synctest.Wait()
		c.Set(evening.Add(4 * time.Minute))
		synctest.Wait()
		select {
		case <-done:
			t.Fatal("woke a minute early")
		default:
		}
		c.Set(evening.Add(5 * time.Minute))
		if err := <-done; err != nil {
			t.Error(err)
		}

		ctx, cancel := context.WithCancel(t.Context())
		go func() { done <- c.Wait(ctx, evening.Add(time.Hour), nil) }()
		cancel()
		if err := <-done; err != context.Canceled {
			t.Errorf("a wait given up ends with %v", err)
		}

		wake := make(chan struct{})
		go func() { done <- c.Wait(t.Context(), evening.Add(time.Hour), wake) }()
		synctest.Wait()
		close(wake)
		if err := <-done; err != nil {
			t.Errorf("a wait that was woken ends with %v", err)
		}

		fast := Scaled(evening, 60)
		began := time.Now()
		if err := fast.Wait(t.Context(), evening.Add(time.Hour), nil); err != nil || time.Since(began) != time.Minute {
			t.Errorf("waiting an hour at speed 60 took %v, %v", time.Since(began), err)
		}
	})
}

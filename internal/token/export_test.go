package token

import "time"

// SetPatience makes a test of a hung token short.
func SetPatience(k *Key, d time.Duration) { k.patience = d }

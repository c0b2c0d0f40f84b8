package page

import "github.com/ecluse-ecole/ecluse/internal/account"

// Device says in words what a browser calls itself: "Firefox sur Android".
func Device(l Lang, agent string) string { return account.DeviceWords(agent, l == English) }

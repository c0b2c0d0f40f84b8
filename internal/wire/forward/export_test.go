package forward

import (
	"net/http"

	"github.com/ecluse-ecole/ecluse/internal/route"
)

// Asked is what a question at a path is for.
func Asked(table *route.Table, path string, r *http.Request) (route.Target, bool) {
	s, err := settingOf(path)
	if err != nil {
		return route.Target{}, false
	}
	asked, ok := s.asked(r)
	return s.over(&Handler{table: table, all: table}, asked), ok
}

package store

import "strconv"

// numbers is a JSON list for json_each: one argument for any count of rows.
func numbers[T ~int64 | ~uint8](list []T) string {
	b := make([]byte, 0, 2+len(list)*20)
	b = append(b, '[')
	for i, n := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, int64(n), 10)
	}
	return string(append(b, ']'))
}

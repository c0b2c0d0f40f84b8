package page

// mostUnfolded is how many rows a list by class shows at once; a longer one folds
// every class, so that a phone shows the classes before their people.
const mostUnfolded = 15

// A sheaf is the people of one class in a list.
type sheaf[T any] struct {
	Class string // "" is those of none
	Open  bool
	Rows  []T
}

// sheaves gathers rows by class, in the order in which the classes first come.
func sheaves[T any](rows []T, class func(T) string) (list []sheaf[T]) {
	at := map[string]int{}
	for _, r := range rows {
		i, known := at[class(r)]
		if !known {
			i = len(list)
			at[class(r)] = i
			list = append(list, sheaf[T]{Class: class(r), Open: len(rows) <= mostUnfolded})
		}
		list[i].Rows = append(list[i].Rows, r)
	}
	if len(list) == 1 {
		list[0].Open = true
	}
	return list
}

// title names a sheaf.
func (s sheaf[T]) title(f Frame) string {
	if s.Class == "" {
		return f.Say("Sans classe", "Of no class")
	}
	return s.Class
}

// count says how many people are in it.
func (s sheaf[T]) count(f Frame) string {
	return f.Count(len(s.Rows), "personne", "personnes", "person", "people")
}

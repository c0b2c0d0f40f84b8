package hours_test

import (
	"fmt"
	"log"
	"time"

	"github.com/ecluse-ecole/ecluse/hours"
)

func Example() {
	h, err := hours.Parse("Mo-Fr 07:00-19:00; PH off")
	if err != nil {
		log.Fatal(err)
	}
	paris, err := hours.LoadZone("Europe/Paris")
	if err != nil {
		log.Fatal(err)
	}
	easterMonday := hours.NewDate(2024, time.April, 1)
	known := hours.NewDays(hours.NewDate(2024, 1, 1), hours.NewDate(2024, 12, 31), easterMonday)
	from, to := paris.Instant(hours.NewDate(2024, 1, 1), 0), paris.Instant(hours.NewDate(2025, 1, 1), 0)
	s := h.Compile(paris, hours.Calendar{Public: known}, from, to)

	friday := paris.Instant(hours.NewDate(2024, time.March, 29), 20*3600)
	state, next := s.At(friday)
	fmt.Println(state, "until", time.Unix(next, 0).In(paris.Location()))
	fmt.Println(h.Words(hours.English))
	// Output:
	// closed until 2024-04-02 07:00:00 +0200 CEST
	// Monday to Friday from 07:00 to 19:00, except public holidays
}

func ExampleParse_refused() {
	_, err := hours.Parse("Mo-Fr 08:00-sunset")
	fmt.Println(err)
	// Output:
	// opening hours refused at byte 12: a closing time such as 19:00 is expected, and not "sunset": times of the sun and free text are not in the profile
}

func ExampleHours_Warnings() {
	h, err := hours.Parse("PH off; Mo-Fr 07:00-19:00")
	if err != nil {
		log.Fatal(err)
	}
	for _, w := range h.Warnings() {
		fmt.Println(w.Offset, w.Text)
	}
	// Output:
	// 0 "PH off" stands before "Mo-Fr 07:00-19:00", which opens on holidays again: write it last
}

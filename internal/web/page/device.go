package page

import "strings"

// browsers and systems are looked for in this order: many browsers also claim to
// be the ones after them.
var (
	browsers = [][2]string{{"Edg", "Edge"}, {"OPR/", "Opera"}, {"Firefox", "Firefox"}, {"SamsungBrowser", "Samsung Internet"}, {"Chrom", "Chrome"}, {"Safari", "Safari"}}
	systems  = [][2]string{{"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Windows", "Windows"}, {"Mac OS", "Mac"}, {"CrOS", "Chromebook"}, {"Linux", "Linux"}}
)

// Device says in words what a browser calls itself: "Firefox sur Android".
func Device(l Lang, agent string) string {
	browser, system := named(agent, browsers), named(agent, systems)
	switch {
	case browser != "" && system != "":
		return browser + l.Say(" sur ", " on ") + system
	case browser+system != "":
		return browser + system
	default:
		return l.Say("appareil inconnu", "unknown device")
	}
}

func named(agent string, among [][2]string) string {
	for _, b := range among {
		if strings.Contains(agent, b[0]) {
			return b[1]
		}
	}
	return ""
}

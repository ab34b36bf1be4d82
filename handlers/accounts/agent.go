package accounts

import (
	"slices"
	"strings"
)

// Device says in a few words what the session's browser calls itself: "Firefox on Linux".
func (s Session) Device() string {
	first := func(names ...string) string {
		i := slices.IndexFunc(names, func(name string) bool {
			return strings.Contains(s.UserAgent, name)
		})
		if i < 0 {
			return ""
		}
		return strings.Trim(names[i], "/ ")
	}
	// The order matters: nearly all of them also claim to be those that come after.
	browser := first("Edg/", "OPR/", "Firefox/", "Chrome/", "Safari/")
	browser = strings.NewReplacer("Edg", "Edge", "OPR", "Opera").Replace(browser)
	system := first("Android", "iPhone", "iPad", "Windows", "Mac OS X", "CrOS", "Linux")
	name, _, _ := strings.Cut(s.UserAgent, " ")
	switch text := []rune(name); {
	case browser != "" && system != "":
		return browser + " on " + system
	case name == "":
		return "unknown"
	case len(text) > maxDevice:
		return string(text[:maxDevice]) + "…"
	}
	return name
}

// maxDevice is how many characters of a name that we do not know are shown.
const maxDevice = 40

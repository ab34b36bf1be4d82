package rows

import (
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// djangoRows are the numbers of the rows that describe Django's behaviour, section by section.
var djangoRows = [][2]int{
	{1, 19}, {20, 29}, {30, 33}, {40, 57}, {60, 67}, {70, 86}, {90, 102}, {110, 146}, {150, 166}, {170, 193}, {200, 214},
	{220, 233}, {240, 258}, {270, 273}, {280, 295}, {300, 304}, {310, 322}, {330, 336},
}

// Every row is covered by a test that names it, or stands in a package's documentation as a
// deliberate difference with its reason.
func TestEveryRowOfDjangoIsCoveredOrADifference(t *testing.T) {
	named := map[int]bool{}
	mention := regexp.MustCompile(`B-(\d{3})(?: to B-(\d{3}))?`)
	err := fs.WalkDir(os.DirFS("../.."), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasPrefix(path, "handlers/rows/") {
			return err
		}
		if !strings.HasSuffix(path, "_test.go") && !strings.Contains(path, "/sessionstest/") && !strings.HasSuffix(path, "/doc.go") {
			return nil
		}
		text, err := os.ReadFile("../../" + path)
		if err != nil {
			return err
		}
		for _, m := range mention.FindAllStringSubmatch(string(text), -1) {
			from, _ := strconv.Atoi(m[1])
			to, err := strconv.Atoi(m[2])
			if err != nil {
				to = from
			}
			for n := from; n <= to; n++ {
				named[n] = true
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var missing []string
	for _, section := range djangoRows {
		for n := section[0]; n <= section[1]; n++ {
			if !named[n] {
				missing = append(missing, fmt.Sprintf("B-%03d", n))
			}
		}
	}
	if len(missing) > 0 {
		t.Errorf("neither a test nor a documented difference names %s", strings.Join(missing, ", "))
	}
}

package views_test

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// rules are what every page has to keep. Each returns its faults in words.
var rules = []struct {
	name  string
	check func(*html.Node) []string
}{
	{"the language and the title are given", func(doc *html.Node) (faults []string) {
		if attr(first(doc, "html"), "lang") != "en" {
			faults = append(faults, "no lang")
		}
		if title := text(first(doc, "title")); !strings.HasSuffix(title, " · Session Lab") || len(title) < 20 {
			faults = append(faults, "title "+title)
		}
		return faults
	}},
	{"headings are in order, from one h1", func(doc *html.Node) (faults []string) {
		level, tops := 0, 0
		for n := range doc.Descendants() {
			if n.Type != html.ElementNode || len(n.Data) != 2 || n.Data[0] != 'h' || n.Data[1] < '1' || n.Data[1] > '6' {
				continue
			}
			now := int(n.Data[1] - '0')
			if now == 1 {
				tops++
			}
			if now > level+1 {
				faults = append(faults, fmt.Sprintf("%s follows h%d: %q", n.Data, level, text(n)))
			}
			level = now
		}
		if tops != 1 {
			faults = append(faults, fmt.Sprintf("%d h1", tops))
		}
		return faults
	}},
	{"ids are unique and what refers to them finds them", func(doc *html.Node) (faults []string) {
		ids := map[string]bool{}
		for n := range doc.Descendants() {
			if id := attr(n, "id"); id != "" {
				if ids[id] {
					faults = append(faults, "twice: #"+id)
				}
				ids[id] = true
			}
		}
		for n := range doc.Descendants() {
			for _, name := range []string{"for", "aria-describedby", "aria-labelledby", "aria-controls", "popovertarget", "data-copy"} {
				for _, id := range strings.Fields(attr(n, name)) {
					if !ids[id] {
						faults = append(faults, fmt.Sprintf("<%s %s=%q> refers to nothing", n.Data, name, id))
					}
				}
			}
			if href := attr(n, "href"); len(href) > 1 && href[0] == '#' && !ids[href[1:]] {
				faults = append(faults, "link to nothing: "+href)
			}
		}
		return faults
	}},
	{"every control has a label", func(doc *html.Node) (faults []string) {
		labelled := map[string]bool{}
		for n := range doc.Descendants() {
			if n.Data == "label" && attr(n, "for") != "" && text(n) != "" {
				labelled[attr(n, "for")] = true
			}
		}
		for n := range doc.Descendants() {
			if !slices.Contains([]string{"input", "select", "textarea", "progress"}, n.Data) || attr(n, "type") == "hidden" || has(n, "hidden") {
				continue
			}
			if !labelled[attr(n, "id")] && parent(n, "label") == nil && attr(n, "aria-label") == "" {
				faults = append(faults, fmt.Sprintf("<%s name=%q id=%q>", n.Data, attr(n, "name"), attr(n, "id")))
			}
		}
		return faults
	}},
	{"every link, button, picture and table has a name", func(doc *html.Node) (faults []string) {
		for n := range doc.Descendants() {
			switch n.Data {
			case "a", "button", "summary":
				if n.Type == html.ElementNode && text(n) == "" && attr(n, "aria-label") == "" {
					faults = append(faults, "<"+n.Data+"> without a name")
				}
			case "svg":
				if attr(n, "aria-hidden") != "true" && attr(n, "role") != "img" {
					faults = append(faults, "<svg> that is neither hidden nor an image")
				}
			case "table":
				if c := first(n, "caption"); c == nil || text(c) == "" {
					if parent(n, "details") == nil {
						faults = append(faults, "<table> without a caption")
					}
				}
			case "th":
				if attr(n, "scope") == "" {
					faults = append(faults, "<th> without scope: "+text(n))
				}
			}
		}
		return faults
	}},
	{"the content policy holds: nothing inline (R-80)", func(doc *html.Node) (faults []string) {
		for n := range doc.Descendants() {
			if n.Type != html.ElementNode {
				continue
			}
			if n.Data == "style" || n.Data == "script" && (attr(n, "src") == "" || n.FirstChild != nil) {
				faults = append(faults, "inline <"+n.Data+">")
			}
			for _, a := range n.Attr {
				if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
					faults = append(faults, fmt.Sprintf("<%s %s>", n.Data, a.Key))
				}
			}
		}
		return faults
	}},
	{"links and forms stay on the site, but for the further reading", func(doc *html.Node) (faults []string) {
		for n := range doc.Descendants() {
			for _, name := range []string{"href", "src", "action", "formaction", "xlink:href"} {
				v := attr(n, name)
				ok := v == "" || isLibrary(n) || v[0] == '#' || v[0] == '/' && !strings.HasPrefix(v, "//") || strings.HasPrefix(v, "about:invalid")
				if !ok {
					faults = append(faults, fmt.Sprintf("<%s %s=%q>", n.Data, name, v))
				}
			}
			if n.Data == "form" && (attr(n, "method") != "post" || attr(n, "action") == "") {
				faults = append(faults, "a form that does not post to a path of its own")
			}
			if n.Data == "form" && n.Parent != nil && parent(n.Parent, "form") != nil {
				faults = append(faults, "a form within a form")
			}
		}
		return faults
	}},
	{"what visitors sent is text (R-76)", func(doc *html.Node) (faults []string) {
		for n := range doc.Descendants() {
			if n.Type == html.ElementNode && slices.Contains([]string{"img", "object", "embed", "base", "meta:refresh"}, n.Data) {
				faults = append(faults, "<"+n.Data+">")
			}
			own := strings.HasPrefix(attr(n, "src"), "/") && attr(n, "title") != ""
			if n.Data == "iframe" && !own && !isScriptFrame(n) {
				faults = append(faults, "<iframe>")
			}
		}
		return faults
	}},
}

// isLibrary reports whether n is a link of a chapter's further reading, which tells the
// other site nothing.
func isLibrary(n *html.Node) bool {
	list := parent(n, "ul")
	return attr(list, "class") == "library" && strings.HasPrefix(attr(n, "href"), "https://") && attr(n, "rel") == "noreferrer"
}

// attr is the value of an attribute, "" if there is none.
func attr(n *html.Node, name string) string {
	if n != nil {
		for _, a := range n.Attr {
			if a.Key == name {
				return a.Val
			}
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	return n != nil && slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
}

func find(n *html.Node, ok func(*html.Node) bool) *html.Node {
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && ok(d) {
			return d
		}
	}
	return nil
}

func first(n *html.Node, tag string) *html.Node {
	return find(n, func(d *html.Node) bool { return d.Data == tag })
}

func byID(n *html.Node, id string) *html.Node {
	return find(n, func(d *html.Node) bool { return attr(d, "id") == id })
}

// parent is the nearest element of that name around n, n itself included.
func parent(n *html.Node, tag string) *html.Node {
	for ; n != nil; n = n.Parent {
		if n.Type == html.ElementNode && n.Data == tag {
			return n
		}
	}
	return nil
}

// text is what an element says, with single spaces.
func text(n *html.Node) string {
	if n == nil {
		return ""
	}
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// isScriptFrame is the one frame that shows no page of the site: empty, until its owner runs a script in it.
func isScriptFrame(n *html.Node) bool {
	return n.Data == "iframe" && attr(n, "name") == "xss" && attr(n, "src") == "" && attr(n, "srcdoc") == "" &&
		attr(n, "sandbox") == "allow-scripts allow-same-origin"
}

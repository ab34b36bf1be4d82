package accept

import (
	"net/http"
	"testing"
)

func TestTheClientGetsTheFaceThatItPrefers(t *testing.T) {
	for accept, want := range map[string]bool{
		"":                                false,
		"*/*":                             false,
		"application/json":                true,
		"APPLICATION/JSON":                true,
		"Application/Json; charset=utf-8": true,
		"application/json;q=0.9, text/html;q=0.1":                         true,
		"application/json;q=0.1, text/html":                               false,
		"application/json;q=0, */*":                                       false,
		"text/html;q=0, */*":                                              true,
		"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8": false,
		"application/json, text/plain, */*":                               true,
		"application/*":                                                   true,
		"image/png":                                                       false,
		"application/json;q=2":                                            false,
		";;;":                                                             false,
		"text/html;q=0.5,application/json;q=0.5":                          false,
		"application/json, text/html":                                     true,
	} {
		r := &http.Request{Header: http.Header{}}
		if accept != "" {
			r.Header.Set("Accept", accept)
		}
		if got := JSON(r); got != want {
			t.Errorf("Accept: %s gives JSON %v, want %v", accept, got, want)
		}
	}
}

func TestSeveralLinesCountAsOne(t *testing.T) {
	r := &http.Request{Header: http.Header{"Accept": {"text/html;q=0.2", "application/json"}}}
	if !JSON(r) {
		t.Error("the second line is not read")
	}
}

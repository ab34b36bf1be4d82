package handlers

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"
)

// Who hangs up before the session is loaded has been let down by nobody.
func TestAClientThatHangsUpIsNoErrorOfTheLog(t *testing.T) {
	onEngines(t, serverEngines, func(t *testing.T, app *testApp) {
		v := app.scripted()
		v.wantStatus(v.post("/theme/", "theme", "dark"), 303)
		gone, hangUp := context.WithCancel(t.Context())
		hangUp()
		for _, path := range []string{"/theme/", "/counter/", "/cart/", "/account/", "/recent/"} {
			r := httptest.NewRequestWithContext(gone, "GET", path, nil)
			r.Header.Set("Cookie", "sessionid="+v.cookie())
			app.app.Handler().ServeHTTP(httptest.NewRecorder(), r)
		}
		if log := app.logs.String(); strings.Contains(log, "level=ERROR") || !strings.Contains(log, "context canceled") {
			t.Errorf("want no error, and a line that says what happened:\n%s", log)
		}
		v.want("/theme/", `{"theme_preference":"dark"}`)
	})
}

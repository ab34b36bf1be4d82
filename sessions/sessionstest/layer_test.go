package sessionstest

import (
	"testing"

	"sessionlab/sessions"
)

func TestLayerOverTheMap(t *testing.T) {
	Layer(t, func(*testing.T) sessions.Config { return sessions.Config{Engine: newMap("")} })
}

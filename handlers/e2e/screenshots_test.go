package e2e

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// TestScreenshots takes a picture of every page, wide and narrow, light and dark, into the
// directory in SCREENSHOTS.
func TestScreenshots(t *testing.T) {
	dir := os.Getenv("SCREENSHOTS")
	if dir == "" {
		t.Skip("set SCREENSHOTS to a directory to have pictures taken")
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Parallel()
	for _, theme := range []string{"light", "dark"} {
		t.Run(theme, func(t *testing.T) {
			t.Parallel()
			v := serve(t).visitor(t, withMouse)
			v.wear(theme)
			for _, s := range tour() {
				if s.before != nil {
					s.before(v)
				}
				for _, w := range []window{wide, narrow} {
					call(v, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
						Width: w.width, Height: w.height, DeviceScaleFactor: 1, ScrollbarType: emulation.SetDeviceMetricsOverrideScrollbarTypeOverlay,
					})
					s.open(v)
					v.photograph(filepath.Join(dir, s.name+"-"+w.name+"-"+theme+".png"))
				}
			}
		})
	}
}

// photograph saves a picture of the whole page.
func (v *visitor) photograph(path string) {
	v.t.Helper()
	ctx, cancel := v.step()
	defer cancel()
	// The whole page from its start, whatever part of it has the focus.
	v.do("scroll up", chromedp.Evaluate[chromedp.Void](`document.activeElement.blur(); scrollTo({top: 0, behavior: "instant"})`))
	picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.WriteFile(path, picture, 0o644)
	}
	if err != nil {
		v.fatal("photograph: %v", err)
	}
}

package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// args: base out width height dark(0/1) full(0/1) path...  ("click:SELECTOR" clicks)
func main() {
	base, out := os.Args[1], os.Args[2]
	w, _ := strconv.Atoi(os.Args[3])
	h, _ := strconv.Atoi(os.Args[4])
	dark, full := os.Args[5] == "1", os.Args[6] == "1"
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath("/usr/bin/chromium"), chromedp.NoSandbox, chromedp.DisableGPU)
	ctx, c := chromedp.NewExecAllocator(context.Background(), opts...)
	defer c()
	ctx, c2 := chromedp.NewContext(ctx)
	defer c2()
	ctx, c3 := context.WithTimeout(ctx, 60*time.Second)
	defer c3()
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	var acts []chromedp.Action
	acts = append(acts, emulation.SetDeviceMetricsOverride(int64(w), int64(h), 1, false), emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}))
	for _, p := range os.Args[7:] {
		if len(p) > 6 && p[:6] == "click:" {
			acts = append(acts, chromedp.Click(p[6:], chromedp.ByQuery), chromedp.Sleep(700*time.Millisecond))
		} else {
			acts = append(acts, chromedp.Navigate(base+p), chromedp.Sleep(300*time.Millisecond))
		}
	}
	var buf []byte
	if full {
		acts = append(acts, chromedp.FullScreenshot(&buf, 100))
	} else {
		acts = append(acts, chromedp.CaptureScreenshot(&buf))
	}
	if err := chromedp.Run(ctx, acts...); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	_ = os.WriteFile(out, buf, 0o644)
}

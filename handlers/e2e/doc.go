// Package e2e holds tests alone: they use the running app in Chromium as people do, with a
// mouse, without scripts, and with nothing but a keyboard, and look at every page in every
// width and theme. All tests share one browser; each visitor has a profile of their own in it.
//
// Chromium and axe-core are set up by .ci/setup. Where one of them is missing its tests are
// skipped, and fail when CI=true.
package e2e

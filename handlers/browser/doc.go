// Package browser holds tests alone: they use the running app as people do, in Chromium,
// with a mouse, without scripts, and with nothing but a keyboard, and they look at every page
// in every width and theme.
//
// Chromium and axe-core are set up by .ci/setup. Where one of them is missing its tests are
// skipped, and fail when CI=true.
package browser

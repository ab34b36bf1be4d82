# Each target is one line to call. `make run` and `make test` set up what they need.
.PHONY: run class build test check soak generate lint bench compare fuzz mutants vuln e2e screenshots setup clean
.DEFAULT_GOAL := run

GO      ?= go
FUZZ    ?= 10s
TOOLS   := $(GO) tool -modfile=.ci/tools.mod
TESTS   := $(TOOLS) gotestsum
PACKAGES = ./...

# Serve the app on http://127.0.0.1:8000/. Flags go into ARGS: make run ARGS="--session-engine file"
run:
	$(GO) run . $(ARGS)

# A workshop for everybody in the room; --resume goes on with the last one.
class:
	$(GO) run . class $(ARGS)

build:
	$(GO) build -trimpath -ldflags="-s -w" -o sessionlab .

# All checks and tests, against real servers and a real browser, each package as it is done.
test: setup lint
	@echo "test: every package; the first ones take a minute to link"
	$(TESTS) --format pkgname-and-test-fails -- -shuffle=on -timeout 20m $(PACKAGES)
	$(GO) -C sessions/examples/otel test ./...

# What takes longer: every test with the race detector, which compiles everything anew. Without
# proctest, which runs the program as a process of its own, and without e2e, whose pages the
# handlers' own tests ask for as well: both wait for others most of the time, and make test has
# them. Then two minutes of failovers under load.
check: setup
	GORACE=atexit_sleep_ms=0 $(TESTS) --format pkgname-and-test-fails -- -race -shuffle=on -timeout 20m \
		$$($(GO) list ./... | grep -v -e /handlers/proctest -e /handlers/e2e)
	STORM=2m $(TESTS) --format testname -- -timeout 10m -run TestAStorm ./handlers/proctest

# Three rounds of the layer's tests, with long random histories.
soak: setup
	SESSIONSTEST_HISTORIES=3s $(TESTS) --format pkgname-and-test-fails -- -count=3 -shuffle=on -timeout 20m ./sessions/...

# The Go code that templ makes of *.templ.
generate:
	$(GO) tool templ generate -path views
	$(GO) tool templ generate -path sessions/benchmark

# Formatting, vet, staticcheck, and generated code that is up to date.
lint:
	@.ci/lint

# System packages that the tests use: Chromium, PostgreSQL, Redis, Django, axe-core.
setup:
	@.ci/setup

# Every fuzz target for FUZZ each: make fuzz FUZZ=10m
fuzz:
	@.ci/fuzz $(FUZZ)

# Takes the guards away, one at a time, in a copy of the tree, and sees that a test notices: make mutants ARGS=Redis
mutants: setup
	@$(GO) run ./.ci/mutants "$(ARGS)"

# Known holes in the libraries. It asks a server on the network, so it is no part of test.
vuln:
	$(TOOLS) govulncheck ./...

# Requests a second on every engine, beside the same page without a session and plain scs;
# under ten minutes, or two with ARGS=-quick.
bench:
	$(GO) run ./sessions/benchmark $(ARGS)

# The benchmarks of each step, against a former commit: make compare OLD=HEAD~1 BENCH=Step/Set
compare:
	@.ci/compare "$(OLD)" "$(or $(BENCH),.)"

# The tests in the browser alone.
e2e: setup
	$(TESTS) --format testname -- -timeout 9m ./handlers/e2e

# Pictures of every page, wide and narrow, light and dark, into .cache/screenshots.
screenshots: setup
	SCREENSHOTS=$(CURDIR)/.cache/screenshots $(GO) test -count=1 -timeout 9m -run TestScreenshots ./handlers/e2e

clean:
	rm -rf sessionlab .cache session-files sessionlab.db sessionlab.db-shm sessionlab.db-wal

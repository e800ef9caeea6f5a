# Thin on purpose: what a target does is in scripts/, and can be run without make.

# The simulation: SEEDS worlds from START on, each with OPS operations. A failing seed runs alone with SEEDS=1 START=<seed>.
SEEDS ?= 1000
START ?= 0
OPS ?= 300
# The long run: CASES of each law, then WORLDS beyond those of the tests.
CASES ?= 1000000
WORLDS ?= 50000
# Passed on: make e2e ARGS="tests/offline.spec.ts --headed"
ARGS ?=

.PHONY: help setup build cli run test lint fmt test-unit test-browser e2e screens bench bench-browser simulate soak mutants \
	sabotage clean
.NOTPARALLEL:

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install what building and testing need (the other targets do it too)
	@scripts/setup.sh test

build: ## Build the front end into dist/, and the server
	@scripts/setup.sh build
	@scripts/build.sh

cli: ## Build tern, the client for the terminal, and say where it is
	@scripts/setup.sh build
	@. scripts/env.sh && cargo build --release --package tern-cli && echo "$$CARGO_TARGET_DIR/release/tern"

run: build ## Serve Tern on http://localhost:3000 (PORT=… for another port); Ctrl-C stops it
	@exec scripts/run.sh

test: setup ## Run every check and every test, and add them up
	@exec scripts/test.sh

lint: setup ## Check the formatting, and run clippy for the machine and for the browser
	@scripts/lint.sh

fmt: setup ## Format the Rust code
	@. scripts/env.sh && cargo fmt --all

test-unit: ## Run the tests that need no browser
	@scripts/setup.sh build
	@scripts/test-unit.sh $(ARGS)

test-browser: setup ## Run the tests of what only a browser has, in Chromium
	@scripts/test-browser.sh $(ARGS)

e2e: setup ## Run the user's journeys in Chromium against a real server
	@scripts/build.sh
	@scripts/e2e.sh $(ARGS)

screens: setup ## Take the pictures of docs/screens anew
	@scripts/build.sh
	@scripts/screens.sh

bench: ## Measure code and system on release builds, into bench/RESULTS.md: SECONDS_OF_LOAD=60 USERS=50
	@scripts/setup.sh build
	@scripts/bench.sh

bench-browser: setup ## Measure the app in Chromium with 10,000 tasks: STORED=10000 EACH=200
	@scripts/build.sh
	@scripts/bench-browser.sh

simulate: ## Run simulated worlds: SEEDS=1000 START=0 OPS=300
	@scripts/setup.sh build
	@scripts/simulate.sh $(SEEDS) $(START) $(OPS)

soak: ## Run the laws of merging, what the API says of itself, and simulated worlds for long: CASES=1000000 WORLDS=50000
	@scripts/setup.sh build
	@scripts/soak.sh $(CASES) $(WORLDS)

mutants: ## Break rules and offline client in one place after the other: does a test notice? ARGS="--file crates/engine/src/pull.rs"
	@scripts/setup.sh build
	@scripts/mutants.sh $(ARGS)

sabotage: ## Break each defence and demand that its test fails: ARGS="04 ledger"
	@scripts/setup.sh build
	@scripts/sabotage.sh $(ARGS)

clean: ## Remove what was built here; caches outside of the clone and data/ stay
	rm -rf dist e2e/test-results e2e/playwright-report

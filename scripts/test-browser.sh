#!/usr/bin/env bash
# The tests of what only a browser has, such as IndexedDB, compiled to WebAssembly, in headless Chromium. Arguments go to
# cargo test.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/env.sh
source scripts/env.sh

export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER=wasm-bindgen-test-runner
export WASM_BINDGEN_TEST_WEBDRIVER_JSON="$PWD/scripts/webdriver.json"
export WASM_BINDGEN_TEST_TIMEOUT="${WASM_BINDGEN_TEST_TIMEOUT:-120}" # seconds, for all tests of a file
CHROMEDRIVER="${CHROMEDRIVER:-$(command -v chromedriver)}"
export CHROMEDRIVER

exec cargo test --no-fail-fast --target wasm32-unknown-unknown --package tern-engine --package tern-frontend "$@"

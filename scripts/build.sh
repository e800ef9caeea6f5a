#!/usr/bin/env bash
# Builds the front end into dist/ with Trunk, unless nothing it is made of has changed, and the server with cargo, which
# knows by itself.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/env.sh
source scripts/env.sh

# Its time is that of the last build's start, so that what was edited during the build counts as newer.
readonly STAMP=dist/.built

# A directory's own time changes when a file in it is deleted or renamed. The toolchain's when another Rust is chosen.
readonly SOURCES=(.cargo app frontend crates/shared crates/engine style public Cargo.toml Cargo.lock Trunk.toml
  scripts/post_build.mjs "$TERN_CACHE/toolchain")

frontend_is_fresh() {
  [ -f "$STAMP" ] && [ -f Cargo.lock ] && [ -z "$(find "${SOURCES[@]}" -newer "$STAMP" -print -quit)" ]
}

build_frontend() {
  frontend_is_fresh && return
  echo '==> Building the front end'
  local start
  start=$(mktemp)
  # Trunk reads NO_COLOR as a boolean and stops at the customary NO_COLOR=1.
  env -u NO_COLOR trunk build --release
  touch -r "$start" "$STAMP"
  rm "$start"
}

build_server() {
  cargo build --release --package tern-server
}

build_frontend
build_server

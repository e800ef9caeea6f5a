#!/usr/bin/env bash
# Brings a machine from "git, a C compiler, make and some cargo" to what Tern needs. Every step is skipped when what it
# provides is there already, so this may run (and does) before every build.
#
#   scripts/setup.sh build   what `make run` needs: Rust for the browser, Trunk, wasm-bindgen, wasm-opt, PostgreSQL
#   scripts/setup.sh test    that, plus what the tests need: clippy, rustfmt, Chromium, Playwright
#
# Tools land in $TERN_CACHE (see env.sh); only Debian's packages, and a standard library for Debian's Rust, are
# installed system-wide, with sudo unless started as root.
#
# TERN_TOOLCHAIN=installed|debian overrules the choice of the Rust toolchain.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/env.sh
source scripts/env.sh

readonly TRUNK=0.21.14     # 0.22 needs a newer Rust than Debian's
readonly BINARYEN=132.0.0  # Debian's wasm-opt does not know all that rustc emits
readonly NODE=22.23.3      # where there is none of at least 20, which Playwright needs: Debian 12 has 18
readonly WASM=wasm32-unknown-unknown
readonly TOOLS="$TERN_CACHE/tools"
readonly LOG="$TERN_CACHE/setup.log"

say() { printf '==> %s\n' "$*"; }

told=''
fail() {
  told=yes
  printf 'setup: %s\n' "$*" >&2
  exit 1
}

# Whatever else ends it does not do so in silence.
trap '[ $? = 0 ] || [ -n "$told" ] || echo "setup: Stopped unexpectedly: see the end of $LOG" >&2' EXIT

# attempt <what is done> <what to do when it fails> <command...>: quiet unless it fails.
attempt() {
  local what=$1 advice=$2
  shift 2
  say "$what"
  printf '\n==> %s\n' "$what" >>"$LOG"
  "$@" >>"$LOG" 2>&1 && return
  tail -n 20 "$LOG" >&2
  fail "$advice (all output: $LOG)"
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    printf 'needs root, and there is no sudo: %s\n' "$*" >&2
    return 1
  fi
}

# --- Debian's packages ------------------------------------------------------------------------------------------------

packaged() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

apt_install() { # only what is missing, and no look at the network when nothing is
  local package missing=()
  for package in "$@"; do packaged "$package" || missing+=("$package"); done
  [ ${#missing[@]} = 0 ] && return
  command -v apt-get >/dev/null ||
    fail "This is not Debian: install the equivalents of these packages by hand, then run it again: ${missing[*]}"
  attempt "Installing Debian packages: ${missing[*]}" \
    "Run 'apt-get update && apt-get install ${missing[*]}' as root, then run this again" \
    apt_get_install "${missing[@]}"
}

apt_get_install() {
  # A list of packages from last week names versions that the mirror has deleted since. An unrelated source that does
  # not answer is no reason to stop: the installation will tell.
  as_root apt-get update || true
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
}

# --- Rust -------------------------------------------------------------------------------------------------------------

required_rust() { sed -n 's/^rust-version *= *"\(.*\)"/\1/p' Cargo.toml; }

new_enough() { # <rustc>
  local version
  version=$("$1" --version 2>/dev/null | cut -d ' ' -f 2) || return 1
  printf '%s\n' "$(required_rust)" "$version" | sort -C -V
}

# With --test, because the tests' harness is part of std too. Also notices what an upgrade of rustc has left behind.
compiles_wasm() { # <rustc>
  local out="$TERN_CACHE/probe.$$" status=0
  echo 'pub fn probe() -> Vec<u8> { Vec::new() }' |
    "$1" --test --target $WASM --emit metadata -o "$out" - 2>/dev/null || status=$?
  rm -f "$out"
  return $status
}

usable() { [ -x "$1/rustc" ] && [ -x "$1/cargo" ] && new_enough "$1/rustc" && compiles_wasm "$1/rustc"; }

setup_rust() {
  usable "$TERN_CACHE/toolchain" && return
  rm -rf "$TERN_CACHE/toolchain" # or it would be "the installed one" below
  local bin=''
  if [ "${TERN_TOOLCHAIN:-installed}" = installed ]; then bin=$(installed_rust); fi
  if [ -z "$bin" ]; then
    [ "${TERN_TOOLCHAIN:-debian}" = debian ] ||
      fail "Run 'rustup update stable && rustup target add $WASM', then run this again"
    debian_rust
    bin=/usr/bin
  fi
  mkdir -p "$TERN_CACHE/toolchain"
  ln -sf "$bin"/{cargo,rustc,rustdoc,rustfmt,cargo-fmt,cargo-clippy,clippy-driver} "$TERN_CACHE/toolchain/"
  say "Using $("$bin/rustc" --version) of $bin"
}

# Prints the bin directory of the Rust in PATH if it can, or can be made to, compile for the browser.
installed_rust() {
  local bin
  bin=$(rustc --print sysroot 2>/dev/null)/bin || return 0
  new_enough "$bin/rustc" || return 0
  if ! compiles_wasm "$bin/rustc" && command -v rustup >/dev/null; then
    # Where a firewall swallows the request, two minutes are lost once, not for good.
    RUSTUP_MAX_RETRIES=1 timeout 120 rustup target add $WASM >>"$LOG" 2>&1 || true
  fi
  if usable "$bin"; then echo "$bin"; fi
}

debian_rust() {
  say "The installed Rust cannot compile for $WASM: using Debian's"
  apt_install rustc-web cargo-web rust-web-src lld-22
  new_enough /usr/bin/rustc ||
    fail "Debian's rustc-web is older than $(required_rust): enable the bookworm-security source, or install Rust with rustup, then run this again"
  compiles_wasm /usr/bin/rustc ||
    attempt "Compiling Rust's standard library for $WASM (once, about 30 seconds)" \
      "Check that cargo can download crates, then run this again" build_std
}

# Debian packages the source of std, but no std for WebAssembly: compile an empty crate with it, and keep what that
# compiled on the way. With bitcode, or link-time optimisation of the front end fails.
build_std() {
  local dir="$TERN_CACHE/std" lib="/usr/lib/rustlib/$WASM/lib"
  rm -rf "$dir"
  mkdir -p "$dir/src"
  : >"$dir/src/lib.rs"
  printf '%s\n' '[package]' 'name = "empty"' 'edition = "2024"' '[workspace]' '[profile.release]' 'lto = "fat"' >"$dir/Cargo.toml"
  (
    cd "$dir"
    PATH="/usr/bin:$PATH" RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Cembed-bitcode=yes cargo build --release --target $WASM \
      -Zbuild-std=std,panic_abort,panic_unwind,test --target-dir target
    rm "target/$WASM/release/deps/libempty"-*.rlib
  )
  as_root rm -rf "$lib"
  as_root install -D -m 644 -t "$lib" "$dir/target/$WASM/release/deps"/*.rlib
  rm -rf "$dir"
}

setup_rust_checks() { # clippy and rustfmt
  local missing=()
  rustfmt --version >/dev/null 2>&1 || missing+=(rustfmt)
  cargo clippy --version >/dev/null 2>&1 || missing+=(clippy)
  [ ${#missing[@]} = 0 ] && return
  if [ "$(readlink "$TERN_CACHE/toolchain/rustc")" = /usr/bin/rustc ]; then
    apt_install rustfmt-web rust-web-clippy
  else
    attempt "Adding to Rust: ${missing[*]}" "Run 'rustup component add ${missing[*]}', then run this again" \
      rustup component add "${missing[@]}"
  fi
}

# --- Tools of the build -----------------------------------------------------------------------------------------------

# Cargo's own release settings would take twice as long, for tools that run for seconds.
cargo_install() {
  CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
    cargo install --force --root "$TOOLS" --target-dir "$TERN_CACHE/target-tools" "$@"
}

# The version must be that of the crate, to the digit: the two speak an unstable format.
wasm_bindgen_version() {
  local version=''
  if [ -f Cargo.lock ]; then version=$(grep -A 1 '^name = "wasm-bindgen"$' Cargo.lock | sed -n 's/^version = "\(.*\)"/\1/p'); fi
  [ -n "$version" ] || version=$(sed -n 's/^wasm-bindgen = "=\(.*\)"/\1/p' Cargo.toml)
  echo "$version"
}

reports() { [ "$("$1" --version 2>/dev/null)" = "$*" ]; } # <tool> <version>

setup_wasm_bindgen() {
  local version
  version=$(wasm_bindgen_version)
  reports wasm-bindgen "$version" && reports wasm-bindgen-test-runner "$version" && return
  # Not --locked: its lock file names a crate that mirrors do not always have yet. Without the default features, which
  # only download browsers' drivers.
  attempt "Compiling wasm-bindgen $version (once, about 2 minutes)" \
    "Check that cargo can download crates and that a C compiler is installed, then run this again" \
    cargo_install "wasm-bindgen-cli@$version" --no-default-features
}

setup_trunk() {
  reports trunk $TRUNK && return
  # Without the default features, which only download tools: they all come from here.
  attempt "Compiling Trunk $TRUNK (once, about 4 minutes)" \
    "Check that cargo can download crates and that a C compiler is installed, then run this again" \
    cargo_install --locked "trunk@$TRUNK" --no-default-features
}

npm_version_of() { # <package>: the installed version, without the cost of starting it
  sed -n 's/^  "version": "\(.*\)",*$/\1/p' "$TOOLS/node_modules/$1/package.json" 2>/dev/null
}

npm_install() { npm install --prefix "$TOOLS" --no-audit --no-fund "$@"; }

setup_wasm_opt() {
  [ "$(npm_version_of binaryen)" = $BINARYEN ] && return
  attempt "Installing wasm-opt (Binaryen $BINARYEN)" "Check that npm can download packages, then run this again" \
    npm_install "binaryen@$BINARYEN"
}

setup_node() {
  command -v npm >/dev/null || apt_install npm # which brings Debian's Node.js
  printf '%s\n' v20 "$(node --version)" | sort -C -V && return
  # The package `node` chooses the machine's build in an install script, which npm no longer runs unasked.
  attempt "Installing Node.js $NODE" "Install Node.js 20 or newer, then run this again" \
    npm_install "node-linux-$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')@$NODE"
}

# --- PostgreSQL -------------------------------------------------------------------------------------------------------

setup_postgres() {
  command -v initdb >/dev/null && return
  compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null && return
  # The server runs a private cluster of its own: Debian need not create and start one.
  apt_install postgresql-common
  attempt 'Telling Debian to create no database cluster' "Install Debian's package 'postgresql' as root, then run this again" \
    as_root install -D -m 644 /dev/stdin /etc/postgresql-common/createcluster.d/tern.conf <<<'create_main_cluster = false'
  apt_install postgresql
}

# --- Browser tests ----------------------------------------------------------------------------------------------------

setup_browser() {
  command -v chromium >/dev/null || apt_install chromium fonts-liberation
  command -v chromedriver >/dev/null || apt_install chromium-driver
}

setup_e2e() {
  [ -f e2e/package-lock.json ] || return 0
  # npm keeps a lock of what it has installed; a touch of ours tells that it is that of this file.
  cmp -s e2e/package-lock.json e2e/node_modules/.tern-lock && return
  attempt "Installing Playwright" "Check that npm can download packages, then run this again" \
    env PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --prefix e2e --no-audit --no-fund
  cp e2e/package-lock.json e2e/node_modules/.tern-lock
}

# ----------------------------------------------------------------------------------------------------------------------

main() {
  case "${1:-}" in build | test) ;; *) fail "Say 'scripts/setup.sh build' or 'scripts/setup.sh test'" ;; esac
  mkdir -p "$TERN_CACHE"
  exec 9>"$TERN_CACHE/setup.lock" # two clones may start at once
  flock 9
  : >"$LOG"

  setup_rust
  # shellcheck source=scripts/env.sh
  source scripts/env.sh # the linker depends on the toolchain
  setup_node
  setup_wasm_opt
  setup_wasm_bindgen
  setup_trunk
  rm -rf "$TERN_CACHE/target-tools"
  setup_postgres
  command -v curl >/dev/null || apt_install curl # what docs/api.md shows is run by the tests, as it stands
  if [ "$1" = test ]; then
    setup_rust_checks
    setup_browser
    setup_e2e
  fi
}

main "$@"

# shellcheck shell=sh
# Sourced by every script: where the caches are, and which tools come first. Changes nothing but the environment, and
# may be sourced twice. Whatever the caller has already set wins.

export TERN_CACHE="${TERN_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tern}"

# One target directory for every clone of this machine, outside of them: a fresh clone starts with warm dependencies.
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$TERN_CACHE/target}"

# setup.sh fills two directories. `toolchain` holds links to the Rust it has decided on. Links, because putting all of
# /usr/bin first would also hide other tools, and because rustup's `rustc` and `cargo` obey the toolchain files inside
# some dependencies. `tools` holds what is not in the Rust distribution.
tern_first="$TERN_CACHE/toolchain:$TERN_CACHE/tools/bin:$TERN_CACHE/tools/node_modules/.bin"
case ":$PATH:" in
  *":$tern_first:"*) ;;
  *) export PATH="$tern_first:$PATH" ;;
esac
unset tern_first

# rustup's toolchains bring a linker for WebAssembly; Debian's uses LLVM's.
if [ "$(readlink "$TERN_CACHE/toolchain/rustc")" = /usr/bin/rustc ]; then
  export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER="${CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER:-wasm-ld-22}"
fi

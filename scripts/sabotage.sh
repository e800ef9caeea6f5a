#!/usr/bin/env bash
# Breaks each defence in turn, and demands that the test that holds it fails.
#
#   scripts/sabotage.sh [word…]    those patches of server/tests/sabotage whose name contains a word; all without one
#   scripts/sabotage.sh table      the table of docs/defences.md
#
# A patch says what it breaks and which test ("package target test", target being lib or the name of an integration
# test). It is applied to a copy of the working tree; it must apply, it must compile, and the test must then fail. The
# last line is "N passed, N failed".
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/env.sh
source scripts/env.sh

patches=server/tests/sabotage

# field <patch> <name>: a line of a patch's head.
field() { sed -n "/^---/q;s/^$2: //p" "$1"; }

table() {
  echo '| patch | what it breaks | the test that fails |'
  echo '|---|---|---|'
  for patch in "$patches"/*.patch; do
    read -r package _ name <<<"$(field "$patch" Test)"
    echo "| $(basename "$patch" .patch) | $(field "$patch" Breaks) | \`${package#tern-}\`: \`${name##*::}\` |"
  done
}

if [ "${1:-}" = table ]; then
  table
  exit
fi

# A target directory of its own: nobody is to run a server that was broken here.
tree=$CARGO_TARGET_DIR/sabotage/tree
export CARGO_TARGET_DIR=$CARGO_TARGET_DIR/sabotage/target
rm -rf "$tree"
mkdir -p "$tree"
git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do
  if [ -e "$file" ]; then printf '%s\0' "$file"; fi
done | xargs -0 cp --parents -t "$tree"
log=$(mktemp)
trap 'rm -rf "$log" "$tree"' EXIT
trap 'exit 130' INT TERM

# in_tree <command...>: in the copy. Its output goes to the log.
in_tree() { (cd "$tree" && GIT_CEILING_DIRECTORIES=$(dirname "$tree") "$@") >"$log" 2>&1; }

passed=0
failed=0
# verdict <patch> <what came of it>: anything but "caught" is a failure.
verdict() {
  printf '%-40s %s\n' "$(basename "$1" .patch)" "$2"
  if [ "$2" = caught ]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    tail -n 15 "$log"
  fi
}

# try <patch>: prints the verdict on a patch that is applied.
try() {
  local package target name arguments status=0
  read -r package target name <<<"$(field "$1" Test)"
  case "$target" in
    lib | bins) arguments=("--$target") ;; # the tests within the code
    *) arguments=(--test "$target") ;;
  esac
  if ! in_tree cargo test --quiet --package "$package" "${arguments[@]}" --no-run; then
    verdict "$1" 'does not compile'
    return
  fi
  in_tree timeout 300 cargo test --package "$package" "${arguments[@]}" -- --exact "$name" || status=$?
  if grep -q '^test result: FAILED' "$log"; then
    verdict "$1" caught
  elif [ "$status" = 124 ]; then
    verdict "$1" caught # it waits for ever: a test that never passes
  elif grep -q '^running 0 tests' "$log"; then
    verdict "$1" "there is no test $name"
  else
    verdict "$1" "NOT CAUGHT by $name"
  fi
}

if ! diff <(table) <(grep '^|' docs/defences.md); then
  echo "docs/defences.md is not what the patches say: see 'scripts/sabotage.sh table'" >&2
  failed=1
fi
for patch in "$patches"/*.patch; do
  wanted=$([ $# = 0 ] && echo yes || true)
  for word in "$@"; do
    if [[ $patch == *"$word"* ]]; then wanted=yes; fi
  done
  if [ -z "$wanted" ]; then continue; fi
  absolute=$PWD/$patch
  if in_tree git apply -C1 "$absolute"; then
    try "$patch"
    in_tree git apply -C1 --reverse "$absolute"
  else
    verdict "$patch" 'does not apply'
  fi
done

printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" = 0 ]

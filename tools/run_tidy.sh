#!/usr/bin/env bash
# Runs clang-tidy: tools/run_tidy.sh [file.cc ...]
# Without files: on the sources that differ from origin/main or main, on main on those of the last
# commit; --all: on every source.
# Needs `cmake --preset clang` for the compile commands.
set -euo pipefail
cd "$(dirname "$0")/.."
build=build/clang
[ -f "$build/compile_commands.json" ] || cmake --preset clang >/dev/null

folders=(base model config http positions pipeline discovery shippers tailer receivers debugger daemon)
if [ "${1:-}" = "--all" ]; then
  mapfile -t files < <(git ls-files -- "${folders[@]/%/\/*.cc}")
elif [ $# -gt 0 ]; then
  files=("$@")
else
  base=$(git merge-base HEAD origin/main 2>/dev/null || git merge-base HEAD main)
  # On main itself: what the last commit changed.
  [ "$base" != "$(git rev-parse HEAD)" ] || base=$(git rev-parse HEAD~1)
  mapfile -t files < <(git diff --name-only --diff-filter=d "$base" -- "${folders[@]/%/\/*.cc}")
fi
if [ ${#files[@]} -eq 0 ]; then
  echo "no source has changed"
  exit 0
fi
printf '%s\n' "${files[@]}" | xargs -P "$(nproc)" -n 1 clang-tidy --quiet -p "$build"

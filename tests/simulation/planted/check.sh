#!/usr/bin/env bash
# Shows that the simulation finds bugs: plants each *.patch of this folder into a scratch copy, and
# expects lost or doubled lines (or an order broken) there, and none from the same seed without it.
# Usage: tests/simulation/planted/check.sh [PATCH...]     Takes about a minute per patch.
set -euo pipefail
root=$(cd "$(dirname "$0")/../../.." && pwd)
patches=("$@")
[ ${#patches[@]} -gt 0 ] || patches=("$root"/tests/simulation/planted/*.patch)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

seeds=120
actions=200

git -C "$root" ls-files -z | (cd "$root" && xargs -0 cp --parents -t "$scratch")
echo "== configure and build the simulation without planted bugs"
launcher=()
if command -v ccache >/dev/null; then launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache); fi
cmake -S "$scratch" -B "$scratch/build" -G Ninja -DCMAKE_BUILD_TYPE=Release \
  -DCMAKE_CXX_FLAGS_RELEASE=-O1 "${launcher[@]}" >/dev/null
cmake --build "$scratch/build" --target simulation | tail -1
cp "$scratch/build/tests/simulation/simulation" "$scratch/sound"

failed=0
for patch in "${patches[@]}"; do
  name=$(basename "$patch" .patch)
  patch --quiet -p1 -d "$scratch" <"$patch"
  cmake --build "$scratch/build" --target simulation >"$scratch/build.log" || {
    cat "$scratch/build.log"
    echo "FAILED $name: does not compile"
    exit 1
  }
  "$scratch/build/tests/simulation/simulation" --seeds $seeds --actions $actions \
    >"$scratch/out" 2>&1 || true
  seed=$(sed -n 's/^seed \([0-9]*\): .*/\1/p' "$scratch/out" | head -1)
  what=$(grep -m1 -E 'is lost|is there [0-9]+ times|is behind' "$scratch/out" || true)
  if [ -z "$seed" ] || [ -z "$what" ]; then
    echo "FAILED $name: not found in $seeds seeds of $actions actions"
    tail -3 "$scratch/out"
    failed=1
  elif ! "$scratch/sound" --seeds 1 --first "$seed" --actions $actions >/dev/null; then
    echo "FAILED $name: seed $seed fails without it, too"
    failed=1
  else
    echo "found  $name: seed $seed,$what"
  fi
  patch --quiet -R -p1 -d "$scratch" <"$patch"
done
exit $failed

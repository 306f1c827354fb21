#!/usr/bin/env bash
# Everything that no single build shows; run it before a release, after ./test. Takes half an hour.
set -euo pipefail
cd "$(dirname "$0")/.."

step() {
  echo "=== [$((SECONDS / 60)) min] $*"
}

step "headers that do not compile alone"
tools/check_house.py --headers

step "second compiler, thread-safety analysis"
cmake --preset clang >/dev/null
cmake --build --preset clang --target tailrace simulation
step "clang-tidy on what changed"
tools/run_tidy.sh

step "data races: base, positions, daemon, simulation"
cmake --preset tsan >/dev/null
cmake --build --preset tsan --target base_tests positions_tests daemon_tests simulation
ctest --preset tsan --no-tests=error -R '^(base|positions|daemon|simulation)$'

step "planted bugs"
tests/simulation/planted/check.sh
step "done"

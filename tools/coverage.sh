#!/usr/bin/env bash
# The share of lines that the tests run, by folder: tools/coverage.sh
# Fails below 90 % over everything outside daemon/ and tests/. Slow tests run, too.
set -euo pipefail
cd "$(dirname "$0")/.."
cmake --preset coverage >/dev/null
cmake --build --preset coverage
find build/coverage -name '*.gcda' -delete
# What a daemon has counted it could not write otherwise.
TAILRACE_TEST_PROTECTION=-protection.mode=off \
  ctest --preset coverage --no-tests=error -E '^(house|house_check|must_not_compile)$'

folders=(base model config http positions pipeline discovery shippers tailer receivers debugger)
for folder in "${folders[@]}" daemon; do
  lines=$(gcovr --root . --object-directory build/coverage --filter "$folder/" --json-summary - \
    build/coverage | python3 -c 'import json, sys
sum = json.load(sys.stdin); print("%6.2f %% of %6d lines" % (sum["line_percent"], sum["line_total"]))')
  printf '%-10s %s\n' "$folder" "$lines"
done
echo "outside daemon:"
gcovr --root . --object-directory build/coverage "${folders[@]/#/--filter=}" \
  --print-summary --fail-under-line 90 build/coverage | tail -12

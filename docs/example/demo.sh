#!/usr/bin/env bash
# Shows tailrace at work: a small Loki that prints what arrives, tailrace on promtail.yaml beside this
# file, and a writer of sample logs. demo.sh PATH-OF-TAILRACE; Ctrl-C ends all of them.
set -euo pipefail
set -m  # Ctrl-C reaches this script alone; it ends the others in order.
binary=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
export TAILRACE_DEMO=${TAILRACE_DEMO:-$(mktemp -d "${TMPDIR:-/tmp}/tailrace-demo.XXXXXX")}
export TAILRACE_DEMO_PORT=${TAILRACE_DEMO_PORT:-9080}
export TAILRACE_DEMO_LOKI_PORT=${TAILRACE_DEMO_LOKI_PORT:-3100}
mkdir -p "$TAILRACE_DEMO/logs"

pids=()
finish() {
  trap - INT TERM EXIT
  for ((i = ${#pids[@]} - 1; i >= 0; --i)); do
    kill -TERM "${pids[i]}" 2>/dev/null || true
    wait "${pids[i]}" 2>/dev/null || true
  done
  echo
  echo "== stopped; files of this run: $TAILRACE_DEMO"
}
trap 'finish; exit 0' INT TERM
trap finish EXIT

write_samples() {
  local n=0 level
  while true; do
    n=$((n + 1))
    level=info
    [ $((n % 7)) -eq 0 ] && level=error
    printf '{"ts":"%s","level":"%s","msg":"order %d placed","http":{"status":200}}\n' \
      "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$level" "$n" >>"$TAILRACE_DEMO/logs/shop.log"
    if [ $((n % 5)) -eq 0 ]; then
      printf '%s ERROR invoice %d failed\njava.lang.IllegalStateException: no rate\n\tat Billing.charge(Billing.java:%d)\n' \
        "$(date '+%Y-%m-%d %H:%M:%S')" "$n" "$n" >>"$TAILRACE_DEMO/logs/billing.log"
    fi
    sleep 1
  done
}

echo "== what arrives at Loki (a small one that is part of tailrace):"
"$binary" receive --listen "127.0.0.1:$TAILRACE_DEMO_LOKI_PORT" &
pids+=($!)
write_samples &
pids+=($!)
"$binary" -config.file="$here/promtail.yaml" -config.expand-env=true &
pids+=($!)
echo "== metrics: http://127.0.0.1:$TAILRACE_DEMO_PORT/metrics   targets: http://127.0.0.1:$TAILRACE_DEMO_PORT/targets   (Ctrl-C ends)"
wait "${pids[-1]}"

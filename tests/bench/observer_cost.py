#!/usr/bin/env python3
"""What the branches for observers and taps cost while nobody looks: instructions per line under callgrind.

    observer_cost.py WITH WITHOUT [--lines 20000]

WITH is a tailrace as it is, WITHOUT one built from a copy with tests/bench/without_observers.patch, both
of the preset release. Each ships a file of so many and of three times as many lines to a small
stand-in; the difference of the two counts, divided by the lines between, is free of start and end.
Two scenarios: ship (no stages) and nginx (regex, timestamp, labels, metrics). Exit status 1 when
observers cost more than 1 %."""
import argparse
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../end_to_end"))
from rig import StandIn, free_port, wait_for  # noqa: E402

STAGES = {"ship": "", "nginx": r"""  pipeline_stages:
  - regex: {expression: '^(?P<remote>\S+) - (?P<user>\S+) \[(?P<time>[^\]]+)\] "(?P<method>\S+) (?P<path>\S+) \S+" (?P<status>\d+) (?P<size>\d+) "[^"]*" "[^"]*" (?P<rt>[\d.]+)$'}
  - timestamp: {source: time, format: "02/Jan/2006:15:04:05 -0700"}
  - labels: {method: , status: }
  - metrics:
      http_requests_total: {type: Counter, source: status, config: {action: inc}}
      http_request_seconds: {type: Histogram, source: rt, config: {buckets: [0.1, 0.5, 1, 2]}}
"""}


def line(number):
    return (f'10.0.{number % 256}.{number * 7 % 256} - - [22/Nov/2026:10:{number // 60 % 60:02}:{number % 60:02} +0000] '
            f'"{("GET", "POST")[number % 5 == 0]} /api/items/{number * 7919 % 100000} HTTP/1.1" '
            f'{(200, 200, 200, 404, 500)[number % 5]} {number * 31 % 9000} "-" "Mozilla/5.0 (X11; Linux)" 0.{number % 1000:03}\n')


def instructions(binary, stages, lines):
    with tempfile.TemporaryDirectory() as folder:
        loki = StandIn()
        log, config = os.path.join(folder, "a.log"), os.path.join(folder, "c.yaml")
        with open(log, "w", encoding="ascii") as file:
            file.writelines(line(number) for number in range(lines))
        with open(config, "w", encoding="utf-8") as file:
            file.write(f"server: {{http_listen_address: 127.0.0.1, http_listen_port: {free_port()}}}\n"
                       f"clients: [{{url: {loki.url()}}}]\n"
                       f"positions: {{filename: {folder}/p.yaml}}\ntailrace: {{workers: 1}}\n"
                       "scrape_configs:\n- job_name: a\n"
                       f"  static_configs: [{{labels: {{job: a, __path__: {log}}}}}]\n{stages}")
        process = subprocess.Popen(
            ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/out", "-q", binary,
             f"-config.file={config}"], stderr=subprocess.DEVNULL)
        wait_for(lambda: len(loki.lines()) == lines, "all lines", 300)
        process.terminate()
        process.wait(60)
        loki.stop()
        with open(f"{folder}/out", encoding="utf-8") as file:
            return int(re.search(r"^(?:summary|totals): (\d+)", file.read(), re.M)[1])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("with_observers")
    parser.add_argument("without_observers")
    parser.add_argument("--lines", type=int, default=20000)
    arguments = parser.parse_args()
    failed = False
    for name, stages in STAGES.items():
        per_line = []
        for binary in (arguments.with_observers, arguments.without_observers):
            few = instructions(binary, stages, arguments.lines)
            many = instructions(binary, stages, 3 * arguments.lines)
            per_line.append((many - few) / (2 * arguments.lines))
        share = 100 * (per_line[0] / per_line[1] - 1)
        failed = failed or share > 1
        print(f"{name}: {per_line[0]:.1f} instructions per line, {per_line[1]:.1f} without, "
              f"{share:+.2f} %", flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()

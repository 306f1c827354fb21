#!/usr/bin/env python3
"""Measures how soon lines arrive; prints figures and judges nothing: latency.py PATH-OF-TAILRACE

From the creation of a file to the arrival of its line, over 200 new files, and from the start of the
program to the first line pushed, over 20 starts; both with batchwait 10ms against a stand-in."""
import os
import sys
import time

from rig import Rig, StandIn, percentile, wait_for

FILES = 200
STARTS = 20


def client(loki):
    return f'{{url: "{loki.url()}", batchwait: 10ms}}'


def new_files(binary):
    loki, rig = StandIn(), Rig(binary)
    try:
        rig.config([client(loki)])
        rig.append("first\n", "first.log")
        rig.start()
        wait_for(lambda: loki.lines(), "the first line")
        time.sleep(1)
        created = {}
        for number in range(FILES):
            line = f"line of file {number}"
            created[line] = time.monotonic()
            rig.append(line + "\n", f"new{number}.log")
            time.sleep(0.02)
        wait_for(lambda: len(loki.lines()) > FILES, "every file")
        delays = [arrived - created[line] for line, arrived in loki.arrivals() if line in created]
        return [delay * 1000 for delay in delays]
    finally:
        rig.close()
        loki.stop()


def first_lines(binary):
    delays = []
    for _ in range(STARTS):
        loki, rig = StandIn(), Rig(binary)
        try:
            rig.config([client(loki)])
            rig.append("".join(f"line {number}\n" for number in range(10)))
            begin = time.monotonic()
            rig.start()
            wait_for(lambda: len(loki.lines()) >= 10, "ten lines")
            delays.append((loki.arrivals()[0][1] - begin) * 1000)
        finally:
            rig.close()
            loki.stop()
    return delays


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__.splitlines()[0])
    binary = os.path.abspath(sys.argv[1])
    delays = new_files(binary)
    print(f"{FILES} new files, batchwait 10ms, creation to arrival: median "
          f"{percentile(delays, 0.5):.1f} ms, p99 {percentile(delays, 0.99):.1f} ms, "
          f"most {max(delays):.1f} ms")
    delays = first_lines(binary)
    print(f"start to first line pushed, batchwait 10ms, a file of 10 lines, {STARTS} starts: median "
          f"{percentile(delays, 0.5):.1f} ms, least {min(delays):.1f} ms, most {max(delays):.1f} ms")


if __name__ == "__main__":
    main()

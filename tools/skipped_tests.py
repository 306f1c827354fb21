#!/usr/bin/env python3
"""Prints how many tests were skipped and why: tools/skipped_tests.py REPORT_FOLDER

The folder holds what GTEST_OUTPUT=xml:FOLDER/ makes the test programs write and, as ctest.junit, what
`ctest --output-junit` does: whole programs that skipped themselves.
"""

import collections
import pathlib
import sys
import xml.etree.ElementTree


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    reports = sorted(pathlib.Path(sys.argv[1]).glob("*.xml"))
    if not reports:
        print(f"no report in {sys.argv[1]}", file=sys.stderr)
        return 1
    total = 0
    reasons: dict[str, int] = collections.Counter()
    for report in reports:
        for case in xml.etree.ElementTree.parse(report).getroot().iter("testcase"):
            total += 1
            skipped = case.find("skipped")
            if skipped is None:
                continue
            lines = [line for line in (skipped.get("message") or "").splitlines() if line.strip()]
            # The first line is the place in the source.
            reasons[" ".join(lines[1:]) or (lines[0] if lines else "no reason given")] += 1
    programs = pathlib.Path(sys.argv[1]) / "ctest.junit"
    if programs.exists():
        for case in xml.etree.ElementTree.parse(programs).getroot().iter("testcase"):
            if case.find("skipped") is None:
                continue
            said = [line for line in (case.findtext("system-out") or "").splitlines()
                    if line.startswith("skipped: ")]
            reasons[f"{case.get('name')}: " + (said[-1][9:] if said else "no reason given")] += 1
    print(f"{total} tests in {len(reports)} programs, {sum(reasons.values())} skipped")
    for reason, count in reasons.items():
        print(f"  {count} skipped: {reason}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

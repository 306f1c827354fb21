#!/usr/bin/env python3
# Checks tests/traps.txt: its rows are complete and every test that it names exists.
"""Usage: traps_check.py [FILE]

Prints one line per fault and exits with 1 when there is any."""
import pathlib
import re
import sys

TESTS = pathlib.Path(__file__).resolve().parent
ROWS = {"13": 33, "14": 18}
GTEST = re.compile(r"^TEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)", re.MULTILINE)
PYTHON = re.compile(r"^\s*def (test_\w+)", re.MULTILINE)


def existing_tests():
    names = set()
    for path in TESTS.rglob("*_test.cc"):
        names.update(".".join(pair) for pair in GTEST.findall(path.read_text(encoding="utf-8")))
    for path in TESTS.rglob("*_test.py"):
        found = PYTHON.findall(path.read_text(encoding="utf-8"))
        names.update(f"{path.name}:{name}" for name in found)
    return names


def check(text, known, is_file):
    """The faults of a table, each with its line."""
    faults = []
    rows = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        parts = [part.strip() for part in line.split("|", 2)]
        if len(parts) != 3:
            faults.append(f"{number}: not row | tests | what tailrace does")
            continue
        row, tests, conduct = parts
        rows.append(row)
        if tests.startswith("later: "):
            continue
        if not conduct:
            faults.append(f"{number}: row {row} does not say what tailrace does")
        for test in tests.split(", "):
            if not (is_file(test) if test.startswith("cases/") else test in known):
                faults.append(f"{number}: row {row}: there is no test {test}")
    expected = [f"{part}.{i}" for part, count in ROWS.items() for i in range(1, count + 1)]
    for row in sorted(set(expected) ^ set(rows)):
        faults.append(f"row {row} is {'missing' if row in expected else 'not known'}")
    for row in sorted({row for row in rows if rows.count(row) > 1}):
        faults.append(f"row {row} stands twice")
    return faults


def main():
    path = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else TESTS / "traps.txt"
    faults = check(path.read_text(encoding="utf-8"), existing_tests(),
                   lambda name: (TESTS / name).is_file())
    for fault in faults:
        print(f"{path.name}:{fault}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

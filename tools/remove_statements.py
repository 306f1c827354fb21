#!/usr/bin/env python3
"""Takes statements out of the product, one at a time, and sees whether the tests notice.

remove_statements.py [--seed N] [--count N]

Draws `count` (20) statements of one line from the sources outside daemon/ (not assertions), takes each
out of a scratch copy of the tree in turn, builds, and runs the tests that are not slow. One without
which nothing compiles is drawn again: the question is what the tests notice. Prints each statement
with what noticed it; exit status 1 when fewer than four of five were.
"""
import argparse
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDERS = ["base", "model", "config", "http", "positions", "pipeline", "discovery", "shippers",
           "tailer", "receivers", "debugger"]
# A whole statement on one line, indented as in a function body: a call, an assignment, or what a
# condition guards on the same line. Declarations with a value and returns mostly do not compile away.
STATEMENT = re.compile(r"^  +(?:[A-Za-z_][\w:.>()*\[\]-]*(?:\(.*\)|\s*[-+|&]?=(?!=).*)|[-+]{2}\S+|"
                       r"if \(.*\) [^{]*);$")
NOT = re.compile(r"^\s*(?:return|using|static|const|constexpr|class|struct|friend|auto|TAILRACE_CHECK|std::\w+ \w+;)\b")


def statements():
    found = []
    for folder in FOLDERS:
        for file in sorted((ROOT / folder).rglob("*.cc")):
            lines = file.read_text().splitlines()
            for number, line in enumerate(lines):
                before = lines[number - 1].rstrip() if number else ""
                whole = before == "" or before[-1] in ";{}:" or before.lstrip().startswith("//")
                if whole and STATEMENT.match(line) and not NOT.match(line):
                    found.append((file.relative_to(ROOT), number))
    return found


def run(command, tree, **options):
    return subprocess.run(command, cwd=tree, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace", **options)


def noticed(tree, build):
    """What failed, or None. 'compile' when it does not even build."""
    if run(["cmake", "--build", build], tree).returncode != 0:
        return "compile"
    try:
        tests = run(["ctest", "--test-dir", build, "-LE", "slow", "-j", "2", "--timeout", "120",
                     "--stop-on-failure", "-E", "^(house|house_check|must_not_compile)$"],
                    tree, timeout=1200)
    except subprocess.TimeoutExpired:
        return "hangs"
    if tests.returncode == 0:
        return None
    failing = re.findall(r"^\s+\d+ - (\S+)", tests.stdout, re.MULTILINE)
    return ", ".join(failing) or "ctest"


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=20)
    options = parser.parse_args()
    draw = statements()
    random.Random(options.seed).shuffle(draw)
    print(f"{len(draw)} statements, seed {options.seed}")
    with tempfile.TemporaryDirectory() as scratch:
        tree = pathlib.Path(scratch) / "tree"
        files = run(["git", "ls-files"], ROOT).stdout.splitlines()
        for name in files:
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tree / name)
        build = tree / "build"
        configured = run(["cmake", "-S", ".", "-B", build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Debug",
                          "-DCMAKE_CXX_COMPILER_LAUNCHER=ccache", "-DCMAKE_CXX_FLAGS=-O1"], tree)
        if configured.returncode != 0:
            sys.exit(configured.stdout)
        if (what := noticed(tree, build)) is not None:
            sys.exit(f"the tests fail without any change: {what}")
        asked = found = 0
        for file, number in draw:
            if asked == options.count:
                break
            path = tree / file
            sound = path.read_text()
            lines = sound.splitlines(keepends=True)
            text = lines[number].strip()
            lines[number] = ";\n"
            path.write_text("".join(lines))
            what = noticed(tree, build)
            path.write_text(sound)
            if what == "compile":
                continue
            asked += 1
            found += what is not None
            print(f"{'noticed' if what else 'NOT NOTICED':12} {file}:{number + 1}: {text}   {what or ''}",
                  flush=True)
    print(f"{found} of {asked} noticed")
    sys.exit(found * 5 < asked * 4)


main()

#!/usr/bin/env python3
"""Runs the fuzzers, and measures how much of its parser each one reaches.

run_fuzzers.py [--seconds N] [--jobs N] [--keep DIRECTORY] [--no-coverage] [FUZZER ...]

Every fuzzer starts from tests/fuzz/corpus/<name> and runs N seconds (60). What it found on the way is
then replayed by the build of the preset coverage, and the lines reached of the sources that
tests/fuzz/parsers.txt names are counted. Exit status 1 when a fuzzer found something, was not run, or
reaches less than 80 % of its parser's lines. --keep: where the grown corpus and findings stay.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
LINES_MIN = 80.0


def parsers():
    table = {}
    for line in (ROOT / "tests/fuzz/parsers.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            name, _, sources = line.partition(":")
            table[name.strip()] = sources.split()
    return table


def build(preset, targets):
    subprocess.run(["cmake", "--preset", preset], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["cmake", "--build", "--preset", preset, "--target", *targets], cwd=ROOT, check=True)


def fuzz(name, seconds, work):
    grown, found = work / name / "corpus", work / name / "found"
    grown.mkdir(parents=True)
    found.mkdir()
    command = [ROOT / f"build/fuzz/tests/fuzz/{name}_fuzz", f"-max_total_time={seconds}",
               "-timeout=20", "-rss_limit_mb=4096", "-print_final_stats=1",
               f"-artifact_prefix={found}/", grown, ROOT / "tests/fuzz/corpus" / name]
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                         errors="replace", timeout=seconds + 300)
    (work / name / "log").write_text(run.stdout)
    executions = re.search(r"stat::number_of_executed_units: *(\d+)", run.stdout)
    return run.returncode, int(executions.group(1)) if executions else 0


def reached(name, sources, work):
    """Percent of the lines of `sources` that the replay of the corpus runs."""
    build_directory = ROOT / "build/coverage"
    for counts in build_directory.rglob("*.gcda"):
        counts.unlink()
    subprocess.run([build_directory / "tests/fuzz/fuzz_replay", name, work / name / "corpus",
                    ROOT / "tests/fuzz/corpus" / name],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    filters = []
    for source in sources:
        files = list(ROOT.glob(source))
        if not files:
            sys.exit(f"tests/fuzz/parsers.txt: {name}: there is no {source}")
        filters += [f"--filter={re.escape(str(file))}$" for file in files]
    report = subprocess.run(["gcovr", "--root", ROOT, "--object-directory", build_directory,
                             "--json-summary", "-", *filters, build_directory],
                            check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    return json.loads(report.stdout)["line_percent"]


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("fuzzers", nargs="*")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--keep", type=pathlib.Path)
    parser.add_argument("--no-coverage", action="store_true")
    options = parser.parse_args()
    table = parsers()
    existing = {file.name[:-len("_fuzz.cc")] for file in (ROOT / "tests/fuzz").glob("*_fuzz.cc")}
    if existing != set(table):
        sys.exit(f"tests/fuzz/parsers.txt differs from the fuzzers: {sorted(existing ^ set(table))}")
    names = options.fuzzers or sorted(table)
    targets = [f"{name}_fuzz" for name in names]
    build("fuzz", targets)
    if not options.no_coverage:
        build("coverage", ["fuzz_replay"])
    failed = False
    with tempfile.TemporaryDirectory() as scratch:
        work = options.keep or pathlib.Path(scratch)
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            runs = {name: pool.submit(fuzz, name, options.seconds, work) for name in names}
        print(f"{'fuzzer':20} {'runs':>12} {'findings':>9} {'lines %':>8}")
        for name in names:
            status, executions = runs[name].result()
            findings = len(list((work / name / "found").iterdir()))
            lines = None if options.no_coverage else reached(name, table[name], work)
            bad = status != 0 or findings or executions == 0 or (lines is not None and lines < LINES_MIN)
            failed |= bool(bad)
            shown = "-" if lines is None else f"{lines:.1f}"
            print(f"{name:20} {executions:12} {findings:9} {shown:>8}{'   FAILED' if bad else ''}",
                  flush=True)
            if status != 0:
                log = (work / name / "log").read_text().splitlines()
                print("\n".join("    " + line for line in log[-30:]))
    sys.exit(failed)


main()

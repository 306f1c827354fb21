#!/usr/bin/env python3
"""What docs/debugging.md shows: debugging_test.py PATH-OF-TAILRACE [--write]

Runs every command of the document in a folder of its own and compares what is printed with the document,
but for times and durations. --write puts what is printed into the document."""
import difflib
import os
import re
import shlex
import subprocess
import sys
import time

from rig import Rig, StandIn, fetch, wait_for

DOCUMENT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/debugging.md")

STAGES = r"""  pipeline_stages:
  - regex: {expression: '^(?P<time>\S+) (?P<level>\w+) (?P<message>.*)$'}
  - labels: {level: }
  - drop: {source: level, value: debug, drop_counter_reason: chatter}
  - timestamp: {source: time, format: RFC3339}
  - output: {source: message}
  - metrics:
      messages_total: {type: Counter, source: level, config: {action: inc}}
"""
FILES = {
    "promtail.yaml": """clients:
- url: http://localhost:3100/loki/api/v1/push
scrape_configs:
- job_name: app
  static_configs:
  - labels: {job: app, __path__: /var/log/app/*.log}
""" + STAGES,
    "app.log": """2026-01-02T03:04:05Z info started
2026-01-02T03:04:06Z debug looked around
2026-01-02T03:04:07Z error disk is full
""",
    "lines.test.yaml": """config: promtail.yaml
tests:
- name: the level becomes a label
  job: app
  labels: {job: app}
  lines: ['2026-01-02T03:04:07Z error disk is full']
  expect:
    entries:
    - line: disk is full
      labels: {job: app, level: error}
      timestamp: 2026-01-02T03:04:07Z
""",
}
FILES["new.yaml"] = (FILES["promtail.yaml"].replace("labels: {level: }", "labels: {severity: level}")
                     .replace("  - drop: {source: level, value: debug, drop_counter_reason: chatter}\n", ""))

# What differs from run to run, and what stands for it in the comparison. Times of 2026-01-02 are those
# of the lines: what a timestamp stage makes is to be compared.
VARYING = [(r"(?!2026-01-02)20\d\d-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?( ?(Z|\+0000)( UTC)?)?", "TIME"),
           (r" +\d+\.\d us", " SPENT"),
           (r"\b\d+(\.\d+)? ?(ms|s|us|seconds?)\b", "DURATION"), (r"(127\.0\.0\.1|localhost):\d+", "HOST"),
           (r"\b\d+ days ago", "AGE"), (r"\b(source|inode|id|identity) \d+\b", r"\1 N")]


def comparable(text):
    for pattern, stand_in in VARYING:
        text = re.sub(pattern, stand_in, text)
    return text


class Recorder:
    def __init__(self, binary):
        self.rig = Rig(binary)
        self.loki = StandIn()
        self.folder = os.path.join(self.rig.folder, "desk")
        os.mkdir(self.folder)
        for name, text in FILES.items():
            with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
                file.write(text)
        self.rig.config([f"{{url: {self.loki.url()}, batchwait: 100ms}}"], STAGES)

    def close(self):
        self.rig.close()
        self.loki.stop()

    def shorten(self, text):
        return text.replace(self.rig.path, "running.yaml").replace(self.rig.logs, "/var/log/app")

    def say(self, command, status=0):
        """A command as one types it, and what it prints."""
        typed, _, stdin = command.partition(" < ")
        words = shlex.split(typed)
        words[0] = self.rig.binary
        words = [word.replace("running.yaml", self.rig.path).replace("/var/log/app", self.rig.logs)
                 for word in words]
        done = subprocess.run(words, cwd=self.folder, capture_output=True, timeout=60,
                              stdin=open(os.path.join(self.folder, stdin)) if stdin
                              else subprocess.DEVNULL)
        if done.returncode != status:
            raise AssertionError(f"{command}: exit status {done.returncode}\n"
                                 f"{done.stdout.decode()}{done.stderr.decode()}")
        # As on a terminal: what is said first comes first, which here is the standard output.
        text = done.stdout.decode() + done.stderr.decode()
        return f"$ {command}\n" + self.shorten(text)

    def tap(self):
        command = "tailrace tap -config.file=running.yaml -limit=2 '{job=\"app\"}'"
        tap = subprocess.Popen([self.rig.binary, "tap", f"-config.file={self.rig.path}", "-limit=2",
                                '{job="app"}'], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        wait_for(lambda: self.rig.metric("tailrace_taps") == 1, "the tap")
        self.rig.append("2026-01-02T03:04:08Z debug looked around\n"
                        "2026-01-02T03:04:09Z warn disk is nearly full\n")
        return f"$ {command}\n" + self.shorten(tap.communicate(timeout=30)[0].decode())

    def blocks(self):
        blocks = {f"file: {name}": text for name, text in FILES.items()}
        blocks["run: try"] = self.say(
            "tailrace try -config.file=promtail.yaml -line='2026-01-02T03:04:05Z info started' "
            "-line='2026-01-02T03:04:06Z debug looked around'")
        blocks["run: inspect"] = self.say(
            "tailrace -config.file=promtail.yaml -server.disable -dry-run -inspect -stdin < app.log")
        blocks["run: test"] = self.say("tailrace test -coverage")
        blocks["run: diff"] = self.say("tailrace diff promtail.yaml new.yaml -lines=app.log", status=1)
        for line in FILES["app.log"].splitlines(True):
            self.rig.append(line)
        process = self.rig.start()
        wait_for(lambda: len(self.loki.lines()) == 2, "the lines")
        time.sleep(0.5)
        blocks["run: why"] = (
            self.say("tailrace why -config.file=running.yaml -file=/var/log/app/a.log -line=full") +
            self.say("tailrace why -config.file=running.yaml -file=/var/log/app/a.log -line=around",
                     status=1))
        blocks["run: tap"] = self.tap()
        self.rig.stop(process)
        return blocks


def main():
    recorder = Recorder(os.path.abspath(sys.argv[1]))
    try:
        blocks = recorder.blocks()
    finally:
        recorder.close()
    with open(DOCUMENT, encoding="utf-8") as file:
        document = file.read()
    pattern = re.compile(r"<!-- ((?:file|run): [^>]*?) -->\n```(\w*)\n(.*?)```\n", re.S)
    shown = {match[1]: match[3] for match in pattern.finditer(document)}
    if set(shown) != set(blocks):
        sys.exit(f"the document has {sorted(shown)}, the script {sorted(blocks)}")
    if "--write" in sys.argv:
        def written(match):
            return f"<!-- {match[1]} -->\n```{match[2]}\n{blocks[match[1]]}```\n"
        with open(DOCUMENT, "w", encoding="utf-8") as file:
            file.write(pattern.sub(written, document))
        return
    faults = 0
    for name, text in blocks.items():
        was, now = comparable(shown[name]).splitlines(), comparable(text).splitlines()
        if was != now:
            faults += 1
            print(f"{name} is printed otherwise than docs/debugging.md shows it; run with --write")
            print("\n".join(difflib.unified_diff(was, now, "document", "program", lineterm="")))
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()

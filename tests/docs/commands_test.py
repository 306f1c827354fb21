#!/usr/bin/env python3
"""Commands that the documents show are run: commands_test.py PATH-OF-TAILRACE

A fence of the language sh holds commands; each must succeed, on a machine as world.py makes it. One of
the language console holds sessions: `$ command`, then what it prints, where `...` stands for anything.
```sh needs=docker is not run; pages.py lists what may be needed. A fence without a language is text
and shows no command. Of commands in prose the flags and files are checked."""
import os
import re
import shlex
import subprocess
import sys
import threading
import unittest

import world
from pages import NEEDS, ROOT, documents, fences, inline_code, prose
from world import World, fetch, listens, serves, wait_for

BINARY = os.path.abspath(sys.argv.pop(1))
# Run, with their output, by another test.
OTHERWISE = {"docs/debugging.md": "tests/end_to_end/debugging_test.py"}
COMMAND_LANGUAGES = {"sh", "console"}
# Statuses that are an answer and no failure.
ANSWERS = {"diff": {0, 1}, "why": {0, 1}, "-help": {0, 2}}
# Files that a page tells the reader to make.
EXAMPLE_PATHS = {"tests/fuzz/corpus/x/", "tests/cases/stages/shout.yaml", "tests/fuzz/x_fuzz.cc",
                 "tests/folder/x_test.cc"}
# Programs that change machines, or build for minutes, and the mark of a fence that has one of them.
MARKED = {"docker": "docker", "sudo": "packages", "apt": "packages", "apt-get": "packages",
          "dpkg": "packages", "rpm": "packages", "dnf": "packages", "cpack": "build",
          "systemctl": "systemd", "systemd-run": "systemd", "kubectl": "kubernetes",
          "helm": "kubernetes", "cmake": "build", "ctest": "build", "ninja": "build", "./run": "build",
          "./test": "build", "logcli": "loki", "promtool": "prometheus", "promtail": "installation"}
PROGRAMS = {"tailrace", "curl", "git", *MARKED}
PROGRAM = re.compile(r"(?:\S*/)?tailrace(?: |$)")


def without_comment(command):
    return re.sub(r"\s+#\s.*$", "", command)


def is_whole(command):
    if command.endswith("\\"):
        return False
    here = re.search(r"<<-?'?(\w+)'?", command)
    if here:
        return re.search(rf"\n{here.group(1)}$", command) is not None
    try:
        shlex.split(without_comment(command))
    except ValueError:
        return False
    return True


def commands(text):
    """The commands of a fence, each with all of its lines."""
    found, open_one = [], ""
    for line in text.rstrip("\n").split("\n"):
        open_one = f"{open_one}\n{line}" if open_one else line
        if not open_one.strip() or open_one.lstrip().startswith("#"):
            open_one = ""
        elif is_whole(open_one):
            found.append(without_comment(open_one))
            open_one = ""
    if open_one:
        raise AssertionError(f"not a whole command: {open_one}")
    return found


def sessions(text):
    """(command, what it prints) of a console fence."""
    found = []
    for line in text.rstrip("\n").split("\n"):
        if line.startswith("$ "):
            found.append([line[2:], ""])
        elif not found:
            raise AssertionError("a console fence begins with `$ command`")
        else:
            found[-1][1] += line + "\n"
    return found


def mark_of(fence):
    """What mark the programs of a fence ask for; None: nothing hinders that it is run."""
    words = re.findall(r"(?:^|[;&|(]\s*|\$ )([\w./-]+)", fence.text, re.M)
    if re.search(r"\btailrace migrate\b", fence.text):
        return "installation"
    return next((MARKED[word] for word in words if word in MARKED), None)


def verb(command):
    words = command.split()
    return words[1] if len(words) > 1 and PROGRAM.match(command) else ""


def goes_on(command):
    """Whether the command is a daemon, which would not end by itself."""
    what = verb(command)
    if what == "receive":
        return True
    if what == "tap":
        return "-limit" not in command and "-for" not in command
    ends = ["-check-syntax", "-version", "-help", "-stdin", "|"]
    return what.startswith("-") and not any(word in command for word in ends)


def normal(text):
    """Times, durations and identities are of the moment."""
    text = re.sub(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?( \+0000 UTC|Z|\+0000)?", "TIME", text)
    text = re.sub(r"\b\d+(\.\d+)? (ns|us|ms|s|days)\b", "SPAN", text)
    text = re.sub(r"\b\d{13,}\b", "NUMBER", text)
    return [line.rstrip() for line in text.rstrip("\n").split("\n")]


def fits(shown, printed):
    """Whether the lines are those shown; `...` is anything, alone any lines."""
    parts = [r"(?:[^\n]*\n)*" if line.strip() == "..." else
             re.escape(line).replace(re.escape("..."), r"[^\n]*") + "\n" for line in normal(shown)]
    return re.fullmatch("".join(parts), "\n".join(normal(printed)) + "\n") is not None


def has_read():
    """Whether the program on port 9080 has read its files to their ends."""
    text = fetch(9080, "/metrics")[1]
    return "promtail_read_bytes_total" in text and not re.search(r"^tailrace_lag_bytes\S* [^0]", text,
                                                                 re.M)


class Page:
    """What one page starts and leaves behind."""

    def __init__(self, machine):
        self.machine = machine
        self.before = ""  # Assignments and cd of earlier commands.

    def begin(self, text):
        self.before = ""
        if not re.match(r"(\$ )?(\S*/)?tailrace receive", text):
            self.machine.start_loki()

    def daemon(self, command):
        """Starts what goes on; one that has its port ends first."""
        is_receiver = verb(command) == "receive"
        for process in list(self.machine.processes):
            if (verb(process.command) == "receive") == is_receiver:
                self.machine.stop(process)
        if is_receiver:
            return self.machine.start(command, lambda: listens(3100))
        is_dry = "-dry-run" in command  # Prints, and may have its pages anywhere.
        return self.machine.start(command, lambda: self.machine.text() if is_dry
                                  else serves(9080))

    def needs_daemon(self, command):
        """why and tap ask a program that runs."""
        config = re.search(r"-config\.file[= ](\S+)", command)
        if verb(command) not in ("why", "tap") or not config:
            return
        program = command.split()[0]
        if not any(verb(process.command).startswith("-") for process in self.machine.processes):
            self.daemon(f"{program} -config.file={config.group(1)}")
            wait_for(has_read, "what is there to be read")

    def run(self, command, usual):
        """(whether the status is right, what was printed); `usual`: statuses that are right."""
        if goes_on(command):
            process = self.daemon(command)
            if process.poll() is None:
                return True, ""
            return False, self.machine.stop(process)[1]
        self.needs_daemon(command)
        ended = threading.Event()
        if verb(command) == "tap":
            threading.Thread(target=self.write_lines, args=(ended,), daemon=True).start()
        status, text = self.machine.run(self.before + command)
        ended.set()
        if re.match(r"(cd|export)\s|\w+=\S*$", command):
            self.before += command + "\n"
        answers = next((allowed for word, allowed in ANSWERS.items()
                        if word in (verb(command), command.split()[-1])), usual)
        return status in answers, text if status in answers else f"exit status {status}\n{text}"

    @staticmethod
    def write_lines(ended):
        while not ended.wait(0.1):
            for name in ["/var/log/app.log", "/var/log/app/a.log"]:
                with open(name, "a", encoding="utf-8") as file:
                    file.write(world.LINES)


class Commands(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.machine = World(BINARY)
        cls.count = {"run": 0, "compared": 0, "marked": 0}

    @classmethod
    def tearDownClass(cls):
        cls.machine.close()
        print(", ".join(f"{number} commands {what}" for what, number in cls.count.items()))

    def run_fence(self, fence):
        page = Page(self.machine)
        page.begin(fence.text)
        if fence.language == "sh":
            listed = [(command, None) for command in commands(fence.text)]
        else:
            listed = sessions(fence.text)
        for command, shown in listed:
            program = command.split()[0]
            if re.fullmatch(r"[\w-]+", program) and not self.machine.has(program):
                self.assertNotIn("TAILRACE_REQUIRE_PEERS", os.environ, f"no {program}")
                print(f"skipped: {fence.place()}: {program} not found")
                continue
            done, printed = page.run(command, {0, 1} if shown else {0})
            self.assertTrue(done, f"{command}\n{printed}")
            self.count["run"] += 1
            if shown:
                self.assertTrue(fits(shown, printed), f"{command} prints\n{printed}")
                self.count["compared"] += 1
        for command, status, text in self.machine.stop_all():
            self.assertEqual(status, 0, f"{command}\n{text}")

    def test_every_command_of_the_pages_runs(self):
        for page in documents():
            if page in OTHERWISE:
                continue
            listed = fences(page)
            self.machine.fresh({fence.file_name(): fence.text for fence in listed
                                if fence.file_name()})
            for fence in listed:
                if fence.language not in COMMAND_LANGUAGES:
                    continue
                if "needs" in fence.marks or mark_of(fence):
                    self.count["marked"] += len(commands(fence.text))
                    continue
                with self.subTest(place=fence.place()):
                    try:
                        self.run_fence(fence)
                    finally:
                        self.machine.stop_all()
        self.assertGreater(self.count["run"], 20)

    def test_marks_are_known_and_no_command_hides_in_text(self):
        for page in documents():
            for fence in fences(page):
                with self.subTest(place=fence.place()):
                    self.assertLessEqual(set(fence.marks), {"needs"})
                    needs = fence.marks.get("needs")
                    self.assertIn(needs, [None, *NEEDS], "say what it needs as in pages.py")
                    if fence.language in COMMAND_LANGUAGES and needs is None:
                        mark = mark_of(fence)
                        self.assertIsNone(mark, f"write ```{fence.language} needs={mark}")
                    if not fence.language and page not in OTHERWISE:
                        first = fence.text.lstrip("$ \n")
                        self.assertIsNone(PROGRAM.match(first), "commands are of the language sh")

    def test_no_command_stands_in_an_indented_block(self):
        for page in documents():
            before = ""
            for line, text in prose(page):
                with self.subTest(place=f"{page}:{line}"):
                    is_code = text.startswith("    ") and not before.strip()
                    command = text.strip().removeprefix("$ ").split(" ")[0]
                    self.assertFalse(is_code and os.path.basename(command) in PROGRAMS,
                                     "commands stand in fences")
                before = text

    def test_pages_that_another_test_runs_are_run_there(self):
        for page, test in OTHERWISE.items():
            with open(os.path.join(ROOT, test), encoding="utf-8") as file:
                self.assertIn(os.path.basename(page), file.read())


class Prose(unittest.TestCase):
    """Commands within sentences and tables: their verbs, flags and files exist."""

    def test_flags_are_known_to_the_program(self):
        helps = {}
        for page in documents():
            for line, code in inline_code(page):
                if not re.match(r"(?:\S*/)?tailrace -?\w", code):
                    continue
                what = verb(code) if not verb(code).startswith("-") else ""
                if what not in helps:
                    arguments = [what, "-help"] if what else ["-help"]
                    helps[what] = self.help_of(arguments)
                for flag in re.findall(r"(?<=\s)--?([a-z][\w.-]*)", code):
                    with self.subTest(place=f"{page}:{line}", code=code):
                        self.assertRegex(helps[what], rf"(?<!\w)-{re.escape(flag)}(?![\w.-])")

    @staticmethod
    def help_of(arguments):
        return subprocess.run([BINARY, *arguments], capture_output=True, text=True, check=False,
                              timeout=world.LIFE_SECONDS).stdout

    def test_log_messages_that_are_quoted_are_logged(self):
        sources = ""
        for folder in ["base", "config", "daemon", "discovery", "pipeline", "positions", "receivers",
                       "shippers", "tailer"]:
            for place, _, names in os.walk(os.path.join(ROOT, folder)):
                for name in names:
                    if name.endswith((".cc", ".h")):
                        with open(os.path.join(place, name), encoding="utf-8") as file:
                            sources += re.sub(r"\"\s*\n\s*\"", "", file.read())
        checked = 0
        for page in documents():
            for line, text in prose(page):
                for message in re.findall(r"(?:^|[|;(] )log: `([^`]+)`", text):
                    checked += 1
                    with self.subTest(place=f"{page}:{line}"):
                        self.assertTrue(message in sources, f"nobody logs {message}")
        self.assertGreater(checked, 10)

    def test_files_of_the_project_that_are_named_exist(self):
        checked = 0
        for page in documents():
            for line, code in inline_code(page):
                for path in re.findall(r"(?:^|\s)((?:docs|tools|tests|docker|packaging)/[\w./-]+)",
                                       code):
                    checked += 1
                    with self.subTest(place=f"{page}:{line}", path=path):
                        # Or what a CMakeLists.txt builds there, or a name that is an example.
                        self.assertTrue(os.path.exists(os.path.join(ROOT, path.rstrip("/."))) or
                                        os.path.exists(os.path.join(ROOT, os.path.dirname(path),
                                                                    "CMakeLists.txt")) or
                                        path in EXAMPLE_PATHS, "no such file")
        self.assertGreater(checked, 20)


if __name__ == "__main__":
    world.enter(BINARY)
    unittest.main()

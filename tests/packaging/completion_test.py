#!/usr/bin/env python3
"""Completes in real shells, and reads the manual page: completion_test.py BINARY MADE-FOLDER

Shells that are not there are skipped by name."""
import os
import re
import shutil
import subprocess
import sys
import unittest

VERBS = ("completion", "diff", "receive", "tap", "test", "try", "why")
# What is typed, the last word being completed; what is offered: all of it, or some of it.
CASES = (
    (["tr"], {"try"}, set()),
    (["try", "-conf"], {"-config.file=", "-config.expand-env"}, set()),
    (["-check"], {"-check-syntax"}, set()),
    (["--check"], {"-check-syntax"}, set()),
    (["-server.http-listen-p"], {"-server.http-listen-port="}, set()),
    (["completion", "f"], {"fish"}, set()),
    (["why", "-off"], {"-offset="}, set()),
    (["try", "-"], None, {"-line=", "-stages=", "-help"}),
    (["-"], None, {"-config.file=", "-dry-run", "-client.url="}),
    ([""], None, set(VERBS)),
)


def missing(test, what):
    if os.environ.get("TAILRACE_REQUIRE_PEERS"):
        test.fail(f"{what} not found, and TAILRACE_REQUIRE_PEERS is set")
    test.skipTest(f"{what} not found")


def shown(*arguments):
    return subprocess.run(arguments, stdout=subprocess.PIPE, check=False,
                          timeout=60).stdout.decode()


def flags_of(help_text):
    return re.findall(r"^  -([^ =\n]+)", help_text, re.M)


class Completion(unittest.TestCase):
    def check(self, offered, words, exactly, among):
        if exactly is not None:
            self.assertEqual(exactly, offered, words)
        self.assertLessEqual(among, offered, words)

    def in_bash(self, words):
        """COMP_WORDS as readline makes them: "=" is a word of its own."""
        quoted = " ".join(f"'{word}'" for word in ["tailrace", *words])
        return set(shown("bash", "--norc", "-c", f""". {MADE}/tailrace.bash
COMP_WORDS=({quoted}); COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 ))
_tailrace; printf '%s\\n' "${{COMPREPLY[@]}}" """).split())

    def test_bash_offers_verbs_flags_and_values(self):
        if shutil.which("bash") is None:
            missing(self, "bash")
        for words, exactly, among in CASES:
            self.check(self.in_bash(words), words, exactly, among)

    def test_bash_offers_what_a_flag_may_be(self):
        if shutil.which("bash") is None:
            missing(self, "bash")
        for words in (["try", "-format", "=", "j"], ["try", "--format", "=", "j"],
                      ["try", "-format", "j"], ["-format", "=", "j"]):
            self.assertEqual({"json"}, self.in_bash(words), words)
        self.assertEqual({"text", "json"}, self.in_bash(["why", "-format", "="]))
        # The value of a flag that takes anything: bash then offers files.
        self.assertEqual(set(), self.in_bash(["try", "-config.file", "=", "tr"]))
        # A switch takes no value.
        self.assertEqual({"-format="}, self.in_bash(["try", "-config.expand-env", "-form"]))

    def test_fish_offers_verbs_flags_and_values(self):
        if shutil.which("fish") is None:
            missing(self, "fish")
        for words, exactly, among in CASES:
            if words[-1].startswith("--"):
                continue  # fish knows one spelling of a flag.
            text = shown("fish", "--no-config", "-c",
                         f"source {MADE}/tailrace.fish; complete -C 'tailrace {' '.join(words)}'")
            offered = {line.split("\t")[0] for line in text.splitlines()}
            self.check(offered, words, exactly and {word.rstrip("=") for word in exactly},
                       {word.rstrip("=") for word in among})
        text = shown("fish", "--no-config", "-c",
                     f"source {MADE}/tailrace.fish; complete -C 'tailrace try -format '")
        self.assertEqual({"text", "json"}, {line.split("\t")[0] for line in text.splitlines()})

    def test_zsh_takes_the_script(self):
        if shutil.which("zsh") is None:
            missing(self, "zsh")
        done = subprocess.run(
            ["zsh", "-f", "-c", f"""autoload -Uz compinit; fpath=({MADE} $fpath)
compinit -u -D; autoload +X _tailrace && print $_comps[tailrace]"""],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=60)
        self.assertEqual((0, "_tailrace\n"), (done.returncode, done.stdout.decode()))

    def test_the_manual_page_has_every_flag_and_verb(self):
        with open(f"{MADE}/tailrace.1", encoding="utf-8") as file:
            page = file.read().replace("\\-", "-")
        self.assertNotRegex(page, "@[A-Z]+@")
        flags = flags_of(shown(BINARY, "-help"))
        self.assertGreater(len(flags), 50)
        for verb in VERBS:
            self.assertIn(f".SS tailrace {verb}\n", page)
            flags += flags_of(shown(BINARY, verb, "-help"))
        for flag in flags:
            self.assertRegex(page, rf"(?m)^\.B -{re.escape(flag)}(=|$)")

    def test_man_finds_no_fault_in_the_pages(self):
        if shutil.which("groff") is None:
            missing(self, "groff")
        for page in (f"{MADE}/tailrace.1", f"{SOURCE}/packaging/man/tailrace.yaml.5"):
            done = subprocess.run(["groff", "-man", "-ww", "-z", "-Tutf8", page],
                                  stderr=subprocess.PIPE, check=False, timeout=60)
            self.assertEqual(b"", done.stderr, page)


if __name__ == "__main__":
    MADE = os.path.abspath(sys.argv.pop(2))
    BINARY = os.path.abspath(sys.argv.pop(1))
    SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
    unittest.main(verbosity=2)

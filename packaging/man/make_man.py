#!/usr/bin/env python3
"""Writes tailrace(1) from what the program says of itself: make_man.py BINARY TEMPLATE >tailrace.1

Flags and verbs come from -help, so that the page has what the program has; the template has the
sections that a person writes, with @OPTIONS@, @VERBS@ and @VERSION@ where those go."""
import os
import re
import subprocess
import sys


def shown(*arguments):
    return subprocess.run(arguments, stdout=subprocess.PIPE, check=False).stdout.decode()


def escaped(text):
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + text if text[:1] in (".", "'") else text


def flag_lines(lines):
    """(flag, its words) of lines such as "  -x=VALUE   words", with the lines that go on."""
    flags = []
    for line in lines:
        match = re.match(r"  (-\S+)\s*(.*)", line)
        if match:
            flags.append([match[1], match[2]])
        elif flags and line.startswith(" " * 8):
            flags[-1][1] += " " + line.strip()
    return flags


def tagged(flags):
    return "".join(f".TP\n.B {escaped(flag)}\n{escaped(words)}\n" for flag, words in flags)


def main():
    binary, template = sys.argv[1:3]
    help_lines = shown(binary, "-help").splitlines()
    verbs = [match[1] for line in help_lines if (match := re.match(r"\s+tailrace ([a-z]+)\s", line))]
    sections = ""
    for verb in verbs:
        text = shown(binary, verb, "-help")
        paragraphs, flags, tail = [], [], []
        for block in text.strip().split("\n\n"):
            lines = block.splitlines()
            if flag_lines(lines):
                flags += flag_lines(lines)
            elif lines[0].startswith("  "):
                (tail if flags else paragraphs).append(
                    ".nf\n" + "\n".join(escaped(line) for line in lines) + "\n.fi\n")
            else:
                (tail if flags else paragraphs).append(
                    ".PP\n" + escaped(" ".join(line.strip() for line in lines)) + "\n")
        # What stands behind the flags without an empty line.
        sections += f".SS tailrace {verb}\n" + "".join(paragraphs) + tagged(flags) + "".join(tail)
    version = shown(binary, "-version").split()[2]
    with open(template, encoding="utf-8") as file:
        page = file.read()
    page = page.replace("@OPTIONS@\n", tagged(flag_lines(help_lines)))
    page = page.replace("@VERBS@\n", sections).replace("@VERSION@", version)
    sys.stdout.write(page)
    return 0 if verbs and os.path.exists(template) else 1


if __name__ == "__main__":
    sys.exit(main())

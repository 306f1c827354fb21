#!/usr/bin/env python3
"""Stands in for systemctl: starts and stops real processes as the units below a root say.

SERVICES=FOLDER service_manager.py stop|start|enable|disable|is-active|is-enabled|daemon-reload [UNIT]

FOLDER/root is the root of the units, FOLDER/run has a file with the process id of each that runs and
FOLDER/log what they print. FOLDER/kill, when it is there, holds "before start tailrace.service" or
"after ...": whoever asks for that is killed then, once."""
import os
import re
import shlex
import signal
import subprocess
import sys
import time

UNIT_FOLDERS = ["etc/systemd/system", "usr/lib/systemd/system", "lib/systemd/system"]


def settings(folder, unit):
    """(key, value) of [Service], drop-ins last; comments and continued lines as systemd has them."""
    paths = []
    for place in UNIT_FOLDERS:
        path = os.path.join(folder, "root", place, unit)
        if os.path.exists(path):
            paths.append(path)
            break
    else:
        sys.exit(f"Unit {unit} not found.")
    drop_ins = {}
    for place in reversed(UNIT_FOLDERS):
        more = os.path.join(folder, "root", place, unit + ".d")
        if os.path.isdir(more):
            drop_ins |= {name: os.path.join(more, name) for name in os.listdir(more)}
    paths += [drop_ins[name] for name in sorted(drop_ins)]
    found = []
    for path in paths:
        with open(path, encoding="utf-8") as file:
            text = file.read().replace("\\\n", " ")
        section = ""
        for line in text.splitlines():
            line = line.strip()
            if line.startswith("["):
                section = line
            elif line and line[0] not in "#;" and section == "[Service]":
                key, _, value = line.partition("=")
                found.append((key, value))
    return found


def values(found, key):
    result = []
    for name, value in found:
        if name == key:
            result = result + [value] if value else []
    return result


def command(found):
    """(words, environment)"""
    environment = {"PATH": os.environ["PATH"]}
    if "SERVICES_PRELOAD" in os.environ:
        environment["LD_PRELOAD"] = os.environ["SERVICES_PRELOAD"]
    for line in values(found, "Environment"):
        for word in shlex.split(line):
            name, _, value = word.partition("=")
            environment[name] = value
    for path in values(found, "EnvironmentFile"):
        if not os.path.exists(path.lstrip("-")):
            continue
        with open(path.lstrip("-"), encoding="utf-8") as file:
            for line in file:
                name, equals, value = line.strip().partition("=")
                if equals and not name.startswith("#"):
                    environment[name] = value.strip("\"'")
    words = []
    for word in shlex.split(values(found, "ExecStart")[-1]):
        if re.fullmatch(r"\$\w+", word):
            words += environment.get(word[1:], "").split()
        else:
            words.append(re.sub(r"\$\{(\w+)\}", lambda m: environment.get(m[1], ""), word))
    return words, environment


def pid_of(folder, unit):
    try:
        with open(os.path.join(folder, "run", unit), encoding="utf-8") as file:
            pid = int(file.read())
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            return None if file.read().rsplit(")", 1)[1].split()[0] == "Z" else pid
    except (FileNotFoundError, ProcessLookupError):
        return None


def start(folder, unit):
    if pid_of(folder, unit):
        return
    words, environment = command(settings(folder, unit))
    with open(os.path.join(folder, "log", unit), "ab") as log:
        # Of nobody: it outlives us, and whoever asked.
        child = subprocess.Popen(words, env=environment, stdin=subprocess.DEVNULL, stdout=log,
                                 stderr=log, start_new_session=True)
    with open(os.path.join(folder, "run", unit), "w", encoding="utf-8") as file:
        file.write(str(child.pid))
    end = time.monotonic() + 0.3
    while time.monotonic() < end and child.poll() is None:
        time.sleep(0.02)
    if child.poll() not in (None, 0):
        sys.exit(f"Job for {unit} failed.")


def stop(folder, unit):
    pid = pid_of(folder, unit)
    if pid:
        os.kill(pid, signal.SIGTERM)
        end = time.monotonic() + 60
        while pid_of(folder, unit) and time.monotonic() < end:
            time.sleep(0.01)
    settings(folder, unit)


def killer(folder, when, words):
    path = os.path.join(folder, "kill")
    if not os.path.exists(path):
        return
    with open(path, encoding="utf-8") as file:
        wanted = file.read().strip()
    if wanted == " ".join([when] + words):
        os.remove(path)
        os.kill(os.getppid(), signal.SIGKILL)
        if when == "before":
            sys.exit(1)


def main():
    folder = os.environ["SERVICES"]
    words = [word for word in sys.argv[1:] if word != "--no-block"]
    with open(os.path.join(folder, "asked"), "a", encoding="utf-8") as file:
        file.write(" ".join(words) + "\n")
    killer(folder, "before", words)
    verb, unit = words[0], words[1] if len(words) > 1 else ""
    enabled = os.path.join(folder, "run", unit + ".enabled")
    status = 0
    if verb == "is-active":
        active = pid_of(folder, unit) is not None
        print("active" if active else "inactive")
        status = 0 if active else 3
    elif verb == "is-enabled":
        settings(folder, unit)
        print("enabled" if os.path.exists(enabled) else "disabled")
    elif verb == "enable":
        settings(folder, unit)
        with open(enabled, "w", encoding="utf-8"):
            pass
    elif verb == "disable":
        if os.path.exists(enabled):
            os.remove(enabled)
    elif verb == "start":
        start(folder, unit)
    elif verb == "stop":
        stop(folder, unit)
    killer(folder, "after", words)
    sys.exit(status)


if __name__ == "__main__":
    main()

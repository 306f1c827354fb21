#!/usr/bin/env python3
"""Does what Promtail does with files, as far as a move notices: promtail_stand_in.py -config.file=F

Follows the files of the first job's pattern, pushes their lines, and writes positions rarely and
when it is stopped. -dry-run prints entries instead; with STAND_IN_LABEL=x they have one label more,
which a comparison has to find."""
import datetime
import glob
import os
import signal
import sys
import time
import urllib.request

import yaml

PERIOD_SECONDS = 5
LOOK_SECONDS = 0.02


def varint(value):
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def field(number, content):
    return varint(number << 3 | 2) + varint(len(content)) + content


def snappy(data):
    """A block of literals."""
    out = varint(len(data))
    for at in range(0, len(data), 60):
        part = data[at:at + 60]
        out += bytes([(len(part) - 1) << 2]) + part
    return out


def push(url, labels, lines):
    stream = field(1, labels.encode())
    for line in lines:
        now = time.time_ns()
        stamp = varint(8) + varint(now // 10**9) + varint(16) + varint(now % 10**9)
        stream += field(2, field(1, stamp) + field(2, line.encode()))
    request = urllib.request.Request(url, snappy(field(1, stream)), {"Content-Type": "x"})
    with urllib.request.urlopen(request, timeout=5):
        pass


def flag(name, otherwise=None):
    for word in sys.argv[1:]:
        if word.lstrip("-").partition("=")[0] == name:
            return word.partition("=")[2] or True
    return otherwise


class StandIn:
    def __init__(self):
        with open(flag("config.file"), encoding="utf-8") as file:
            text = file.read()
        if flag("config.expand-env"):
            text = os.path.expandvars(text)
        config = yaml.safe_load(text)
        self.url = config["clients"][0]["url"]
        self.path = flag("positions.file", config["positions"]["filename"])
        self.labels = dict(config["scrape_configs"][0]["static_configs"][0]["labels"])
        self.pattern = self.labels.pop("__path__")
        self.offsets = {}
        if os.path.exists(self.path):
            with open(self.path, encoding="utf-8") as file:
                self.offsets = {path: int(offset)
                                for path, offset in yaml.safe_load(file)["positions"].items()}

    def save(self):
        with open(self.path + ".new", "w", encoding="utf-8") as file:
            file.write("positions:\n" + "".join(f'  {path}: "{offset}"\n'
                                                for path, offset in sorted(self.offsets.items())))
        os.rename(self.path + ".new", self.path)

    def read(self, path):
        with open(path, "rb") as file:
            file.seek(self.offsets.get(path, 0))
            data = file.read()
        data = data[:data.rfind(b"\n") + 1]
        labels = dict(self.labels, filename=path)
        if "STAND_IN_LABEL" in os.environ:
            labels["more"] = os.environ["STAND_IN_LABEL"]
        text = "{" + ", ".join(f'{k}="{v}"' for k, v in sorted(labels.items())) + "}"
        return text, data.decode().splitlines(), len(data)

    def step(self):
        for path in sorted(glob.glob(self.pattern)):
            labels, lines, size = self.read(path)
            if not lines:
                continue
            if flag("dry-run"):
                now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f%z")
                print("".join(f"{now}\t{labels}\t{line}\n" for line in lines), end="", flush=True)
            else:
                try:
                    push(self.url, labels, lines)
                except OSError:
                    continue
            self.offsets[path] = self.offsets.get(path, 0) + size

    def run(self):
        # No threading.Event: a handler that comes while its lock is held would wait for ever.
        ended = []
        signal.signal(signal.SIGTERM, lambda *_: ended.append(True))
        next_save = time.monotonic() + PERIOD_SECONDS
        if flag("dry-run"):
            print("Clients configured:\n----------------------\nurl: http://x\n", flush=True)
        while not ended:
            time.sleep(LOOK_SECONDS)
            self.step()
            if time.monotonic() > next_save and not flag("dry-run"):
                self.save()
                next_save = time.monotonic() + PERIOD_SECONDS
        if not flag("dry-run"):
            self.save()


if __name__ == "__main__":
    StandIn().run()

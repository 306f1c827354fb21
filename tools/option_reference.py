#!/usr/bin/env python3
"""The reference of every option: option_reference.py PRINT_OPTIONS TAILRACE [--write]

Writes docs/reference/*.md, or says what of them is stale. Keys, types and defaults are what the parsers
ask for (tests/docs/print_options.cc), meanings are in option_texts.txt, flags are those that the program
prints. A key without a meaning is a fault, as is a meaning without a key."""
import fnmatch
import os
import re
import subprocess
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
TEXTS = os.path.join(ROOT, "tools", "option_texts.txt")
FOLDER = "docs/reference"
NOTE = "<!-- Written by tools/option_reference.py; change the parsers or tools/option_texts.txt. -->\n"

JOB = "scrape_configs[]"
STAGES = JOB + ".pipeline_stages[]"
KINDS = {"any": "", "block": "block", "list": "list of blocks", "map": "map", "texts": "list of texts",
         "secrets": "list of secret texts", "labels": "map of texts", "text": "text", "secret": "secret text", "boolean": "true or false",
         "integer": "whole number", "number": "number", "duration": "duration", "bytes": "size",
         "ignored": "", "refused": "", "stage": ""}
CLIENT_KEYS = {"basic_auth", "authorization", "oauth2", "bearer_token", "bearer_token_file",
               "tls_config", "proxy_url", "no_proxy", "proxy_from_environment",
               "proxy_connect_header", "http_headers", "follow_redirects", "enable_http2"}
TLS_KEYS = {"ca", "ca_file", "cert", "cert_file", "key", "key_file", "server_name",
            "insecure_skip_verify", "min_version", "max_version", "ca_ref", "cert_ref", "key_ref"}
SHARED = {"http_client": "HTTP client", "tls_config": "tls_config", "server": "server"}
# Where a block that stands in several places is described.
SAME = [
    (r"client\.", "clients[]."),
    (r"scrape_configs\[\]\.(?:loki_push_api|heroku_drain|gcplog|tailrace\.otlp)\.server\.", "server."),
    (r"scrape_configs\[\]\.consulagent_sd_configs\[\]\.", "scrape_configs[].consul_sd_configs[]."),
    (r"scrape_configs\[\]\.dockerswarm_sd_configs\[\]\.filters\[\]",
     "scrape_configs[].docker_sd_configs[].filters[]"),
    (r"scrape_configs\[\]\.kafka\.authentication\.tls_config\.", "tls_config."),
    (r"scrape_configs\[\]\.pipeline_stages\[\]\.", "stage."),
]
HTTP_PARENTS = ["clients[]", *(f"{JOB}.{kind}_sd_configs[]" for kind in (
    "http", "consul", "kubernetes", "docker", "dockerswarm"))]


def shared_path(path):
    """Under which path a key is described."""
    for pattern, instead in SAME:
        path = re.sub("^" + pattern, instead, path)
    for parent in HTTP_PARENTS:
        rest = path[len(parent) + 1:]
        if path.startswith(parent + ".") and re.split(r"[.\[]", rest)[0] in CLIENT_KEYS:
            path = "http_client." + rest
    path = re.sub(r"^http_client\.(oauth2\.)?tls_config\.", "tls_config.", path)
    path = re.sub(r"^http_client\.oauth2\.(?=proxy|no_proxy|tls_config$)", "http_client.", path)
    match = re.match(rf"^{re.escape(JOB)}\.kafka\.authentication\.sasl_config\.(\w+)$", path)
    if match and match.group(1) in TLS_KEYS:
        path = "tls_config." + match.group(1)
    return path


class Key:
    def __init__(self, path, kind, fallback):
        self.path, self.kind, self.fallback = path, kind, fallback
        self.shared = shared_path(path)

    def name(self):
        return self.path.rpartition(".")[2]

    def parent(self):
        return self.shared.rpartition(".")[0]


class Texts:
    """option_texts.txt: introductions of blocks, and (type, default, meaning) of keys."""

    LINE = re.compile(r"([\w*]+)(?: <([^>]*)>)?(?: \((.*?)\))?: (.*)$")

    def __init__(self):
        self.intros, self.keys, self.used = {}, {}, set()
        block = ""
        with open(TEXTS, encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                line = line.rstrip("\n")
                if not line or line.startswith("#"):
                    continue
                if line.startswith("["):
                    block = "" if line == "[top]" else line[1:-1]
                elif line.startswith("> "):
                    self.intros[block] = line[2:]
                else:
                    match = self.LINE.fullmatch(line)
                    if not match:
                        sys.exit(f"{TEXTS}:{number}: neither a block, nor `key: meaning`")
                    self.keys[block, match.group(1)] = match.groups("")[1:]

    def of(self, block, name):
        if (block, name) in self.keys:
            self.used.add((block, name))
            return self.keys[block, name]
        for known, pattern in self.keys:
            if known == block and "*" in pattern and fnmatch.fnmatchcase(name, pattern):
                self.used.add((known, pattern))
                return self.keys[known, pattern]
        return None


class Reference:
    def __init__(self, keys):
        self.keys, self.texts, self.faults = keys, Texts(), []
        self.first = {}  # Shared path to the first key that has it.
        for key in keys:
            self.first.setdefault(key.shared, key)
        self.blocks = {}  # Block to its keys, in the order of the parsers.
        for key in self.first.values():
            self.blocks.setdefault(key.parent(), []).append(key)
        self.blocks = {block: [key for key in listed if key.name() != "NAME"]
                       for block, listed in self.blocks.items()}

    def meaning(self, key):
        text = self.texts.of(key.parent(), key.shared.rpartition(".")[2])
        if text is None:
            self.faults.append(f"no meaning of {key.shared}: add it to tools/option_texts.txt")
            return "", "", "-"
        if text[1] and key.fallback:
            self.faults.append(f"{key.shared}: the parser says that the default is {key.fallback}")
        return text

    def children(self, key):
        """The block that a key opens, or an empty text."""
        for block in (key.shared, key.shared + "[]", key.shared + ".NAME"):
            block = shared_path(block + ".x").rpartition(".")[0]
            if block != "stage" and self.blocks.get(block) and not self.is_idle_block(block):
                return block
        return ""

    def row(self, key):
        kind, fallback, meaning = self.meaning(key)
        block = self.children(key)
        kind = kind or KINDS[key.kind]
        if block and not kind.startswith("list of [") and key.kind in ("block", "list", "map"):
            kind = f"[{kind}](#{anchor(title(block))})"
        is_required = meaning.startswith("Required") and not meaning.startswith("Required with")
        if not fallback and key.fallback and not is_required:
            fallback = shown(key)
        if key.kind == "ignored" and meaning and not meaning.startswith(("No effect", "Upper")):
            self.faults.append(f"{key.shared}: the parser ignores it")
        meaning = re.sub(r"(?<!\\)\|", r"\\|", meaning)
        return f"| `{key.name()}` | {kind} | {fallback} | {meaning} |".replace("  |", " |")

    def section(self, block, level="##"):
        lines = [f"{level} {title(block)}", ""]
        if block in self.texts.intros:
            lines += [self.texts.intros[block], ""]
        plain = [key for key in self.blocks.get(block, []) if key.kind != "refused"]
        listed = [key for key in plain if not self.meaning(key)[2].startswith("Refused")]
        refused = [key for key in self.blocks.get(block, []) if key not in listed]
        idle = {}
        for key in listed:
            if self.is_idle(key):
                idle.setdefault(self.meaning(key)[2], []).append(key)
        listed = [key for key in listed if not self.is_idle(key)]
        if listed:
            lines += ["| key | type | default | |", "| --- | --- | --- | --- |"]
            lines += [self.row(key) for key in listed]
            lines.append("")
        for meaning, names in idle.items():
            lines += [meaning.rstrip(".:") + ": " + names_of(names), ""]
        other = self.other_defaults(block)
        if other:
            lines += [other, ""]
        if refused:
            lines += ["Refused, with a message that says why or what to use instead: " +
                      names_of(refused), ""]
        return lines

    def is_idle(self, key):
        return key.kind != "refused" and self.meaning(key)[2].startswith("No effect")

    def is_idle_block(self, block):
        return bool(self.blocks.get(block)) and all(map(self.is_idle, self.blocks[block]))

    def other_defaults(self, block):
        """Keys that are described here and have another default elsewhere."""
        found = []
        for key in self.keys:
            first = self.first[key.shared]
            if key.parent() == block and key.fallback != first.fallback:
                found.append(f"`{key.path}` is {shown(key) if key.fallback else 'nothing'}")
        return "Other defaults: " + ", ".join(found) + "." if found else ""

    def check_texts(self):
        for block, name in self.texts.keys:
            if (block, name) not in self.texts.used:
                self.faults.append(f"[{block or 'top'}] {name}: no parser asks for this key")
        for block in self.texts.intros:
            if block not in self.blocks and not any(k.shared == block for k in self.keys) and block:
                self.faults.append(f"[{block}]: no parser asks for this block")


def names_of(keys):
    return ", ".join(f"`{key.name()}`" for key in keys) + "."


def unheard_literals(keys):
    """Keys that the parsers name and that were not asked for: a block behind a condition?"""
    calls = (r"(?:read\w*|block|map|list|present|ignore|refuse|not_yet_supported|require|"
             r"parse_labels)\((?:\*?\w+, )?\"(\w+)\"")
    known = {key.name() for key in keys}
    folder = os.path.join(ROOT, "config")
    for name in sorted(os.listdir(folder)):
        if name.startswith("parse_") or name == "stage_bodies.cc":
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                for literal in set(re.findall(calls, file.read())) - known:
                    yield f"config/{name}: nobody heard of {literal}; see kValues in print_options.cc"


def shown(key):
    text = key.fallback
    if key.kind == "bytes" and int(text) and int(text) % 1024 == 0:
        size, unit = int(text), 0
        while size % 1024 == 0 and unit < 3:
            size, unit = size // 1024, unit + 1
        text = f"{size}{['', 'KB', 'MB', 'GB'][unit]}"
    if key.kind == "duration":
        text = re.sub(r"(?<=m)0s$", "", text)
        text = re.sub(r"(?<=h)0m$", "", text)
    text = text.replace("|", "\\|")
    return f"`{text}`"


def title(block):
    if block == "":
        return "Top level"
    if block.startswith("stage."):
        return block[len("stage."):]
    return SHARED.get(block, block.replace("http_client.", "HTTP client: "))


def anchor(text):
    return re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")


def configuration(reference):
    lines = ["# Reference of the configuration", NOTE,
             "Every key that the file may have. A path such as `scrape_configs[].journal` says where a "
             "block stands; `[]` is an entry of a list, NAME a name of your choice. What differs from "
             "Promtail is in [compatibility.md](../compatibility.md); flags that set a key are in "
             "[command-line.md](command-line.md), stages in [stages.md](stages.md).", "",
             "- duration: `300ms`, `10s`, `1h5m`. size: bytes, or with a unit of 1024: `256kb`, `1MB`.",
             "- secret text is never shown: not in the log, not in `/config`.",
             "- Keys that are not here are errors, with their place.", ""]
    done = set()

    def walk(block):
        """The section of a block, then those of the blocks in it."""
        if block in done or block.startswith("stage"):
            return
        done.add(block)
        lines.extend(reference.section(block))
        if block == "clients[]":
            walk("http_client")
        for key in reference.blocks.get(block, []):
            child = reference.children(key)
            if child:
                walk(child)

    walk("")
    return "\n".join(lines)


def stages(reference):
    lines = ["# Reference of the stages", NOTE,
             "Every stage that `pipeline_stages` may have, with its keys. What is the same as in "
             "Promtail, to the letter, is in [compatibility.md](../compatibility.md#stages); "
             "`tailrace try` shows what they do to a line ([how](../how-to/try.md)).", ""]
    for key in reference.keys:
        if key.kind != "stage":
            continue
        if key.shared not in reference.texts.intros:
            reference.faults.append(f"no words about the stage {key.name()}")
        lines += reference.section(key.shared)
        for block in reference.blocks:
            if block.startswith(key.shared + "."):
                lines += reference.section(block, "###")
    return "\n".join(lines)


def command_line(tailrace):
    def text_of(*arguments):
        done = subprocess.run([tailrace, *arguments], capture_output=True, text=True, check=False)
        return done.stdout

    usage = text_of("-help")
    lines = ["# Reference of the command line", NOTE,
             "What the program prints when it is asked for help.", "",
             "```text", usage.rstrip("\n"), "```", ""]
    for verb in dict.fromkeys(re.findall(r"^ +tailrace ([a-z]+) ", usage, re.M)):
        lines += [f"## tailrace {verb}", "", "```text", text_of(verb, "-help").rstrip("\n"), "```",
                  ""]
    return "\n".join(lines)


def main():
    printed, tailrace = sys.argv[1:3]
    table = subprocess.run([printed], capture_output=True, text=True, check=True).stdout
    reference = Reference([Key(*line.split("\t")) for line in table.splitlines()])
    pages = {"configuration.md": configuration(reference), "stages.md": stages(reference),
             "command-line.md": command_line(tailrace)}
    reference.check_texts()
    reference.faults += unheard_literals(reference.keys)
    for name, text in pages.items():
        path = os.path.join(ROOT, FOLDER, name)
        text = text.rstrip("\n") + "\n"
        old = open(path, encoding="utf-8").read() if os.path.exists(path) else ""
        if "--write" in sys.argv and old != text:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        elif old != text:
            reference.faults.append(f"{FOLDER}/{name} is stale: run this with --write")
    for fault in dict.fromkeys(reference.faults):
        print(fault)
    print(f"{len(reference.keys)} places of {len(reference.first)} keys, "
          f"{len(set(reference.faults))} faults")
    return 1 if reference.faults else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
# Checks the rules of the house that neither the compiler nor clang-tidy knows.
"""Usage: check_house.py [--root DIR] [--headers | --format]

Without a mode: layers, link lists, sizes, forbidden words, tests, documents. Prints one line per
fault and exits with 1 when there is any; warnings alone do not fail.
--headers: compiles every header alone.   --format: asks clang-format about every source.
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys

CODE = ["base", "model", "config", "http", "positions", "pipeline", "discovery", "shippers",
        "tailer", "receivers", "debugger", "daemon"]
EVERYWHERE = {"tl", "fmt"}

# Header (regular expression) -> the library's name in layers.txt.
LIBRARY_OF_HEADER = [
    (r"re2/", "re2"), (r"simdjson\.h", "simdjson"), (r"pcre2\.h", "pcre2"),
    (r"openssl/", "openssl"), (r"curl/", "curl"), (r"microhttpd\.h", "microhttpd"),
    (r"gnutls/", "gnutls"),
    (r"yaml-cpp/", "yaml-cpp"), (r"prometheus/", "prometheus"), (r"fmt/", "fmt"),
    (r"spdlog/", "spdlog"), (r"tl/", "tl"), (r"snappy", "snappy"), (r"zlib\.h", "zlib"),
    (r"bzlib\.h", "bzlib"), (r"zstd(_errors)?\.h", "zstd"), (r"systemd/", "systemd"),
    (r"librdkafka/", "librdkafka"), (r"maxminddb", "maxminddb"), (r"CLI/", "CLI"),
    (r"seccomp\.h", "seccomp"), (r"gtest/", "gtest"), (r"benchmark/", "benchmark"),
    (r"google/protobuf", "protobuf"), (r"nlohmann/", "nlohmann"),
]
# What links a library. "fmt::fmt" and the like are recognised in CMake's DEPS.
LIBRARY_OF_TARGET = {
    "PkgConfig::RE2": "re2", "PkgConfig::SIMDJSON": "simdjson", "PkgConfig::PCRE2": "pcre2",
    "PkgConfig::MICROHTTPD": "microhttpd", "PkgConfig::GNUTLS": "gnutls",
    "PkgConfig::ZSTD": "zstd", "PkgConfig::SYSTEMD": "systemd",
    "PkgConfig::RDKAFKA": "librdkafka", "PkgConfig::MAXMINDDB": "maxminddb",
    "PkgConfig::SECCOMP": "seccomp", "CURL::libcurl": "curl", "yaml-cpp": "yaml-cpp",
    "OpenSSL::SSL": "openssl", "OpenSSL::Crypto": "openssl", "ZLIB::ZLIB": "zlib",
    "BZip2::BZip2": "bzlib", "fmt::fmt": "fmt", "spdlog::spdlog": "spdlog",
    "prometheus-cpp::core": "prometheus", "${SNAPPY_LIBRARY}": "snappy", "Threads::Threads": "",
}
HEADER_ONLY = {"tl", "CLI", "nlohmann"}  # Nothing to link.
LIBC = re.compile(r"(sys|linux|arpa|netinet|net|rpc)/[a-z_0-9./]+\.h$|[a-z]*intrin\.h$|"
                  r"(dirent|endian|errno|fcntl|fnmatch|glob|grp|iconv|ifaddrs|langinfo|limits|link|"
                  r"locale|malloc|netdb|poll|pthread|pwd|resolv|sched|signal|stdint|stdio|stdlib|string|"
                  r"strings|syslog|termios|time|unistd|wchar|wctype|cpuid)\.h$")

# Forbidden words: name, expression on code without comments and texts, where it is allowed (path
# prefixes with the reason), whether it also holds in tests/, and what to do instead.
FORBIDDEN = [
    ("std::regex", r"\bstd::w?regex\b|#include <regex>", {}, True, "use RE2"),
    # A private constructor can be reached by no make_unique; the pointer goes into its owner at once.
    ("new", r"(?<!operator )\bnew\b(?!\s*\))",
     {"tests/config/cases_test.cc": "gtest's factories give raw pointers",
      "tests/support/allocation_counter.cc": "stands in for operator new"}, True, "use make_unique"),
    ("delete", r"(?<!= )(?<!operator )\bdelete\b", {}, True, "let an owner do it"),
    ("throw", r"\bthrow\b", {"tests/": "fakes of third-party code throw as it does"}, False,
     "return a Result"),
    ("sleep", r"\b(sleep|usleep|nanosleep|sleep_for|sleep_until)\s*\(",
     {"tests/end_to_end/": "a real process has to be waited for"}, True,
     "wait in the event loop, or move the FakeClock"),
    ("the time", r"\b(system_clock|steady_clock|high_resolution_clock)::now\b|\bgettimeofday\s*\(|"
     r"\bclock_gettime\s*\(|\btime\s*\(\s*(nullptr|NULL|0)\s*\)",
     {"base/clock.cc": "the one place that asks the kernel",
      "tests/base/clock_test.cc": "compares with the kernel",
      "tests/bench/": "measures", "tests/end_to_end/": "real time"}, True, "use Clock"),
    ("getenv", r"\bgetenv\s*\(",
     {"daemon/main.cc": "reads the environment once, for the whole program",
      "tests/support/": "switches of the test runner",
      "tests/": "TAILRACE_ACCEPT rewrites expectations"}, True, "a parameter"),
    ("std::cout", r"\bstd::(cout|cerr|clog)\b",
     {"daemon/main.cc": "the program's own output", "tests/simulation/": "a program",
      "tests/bench/": "a program", "tests/fuzz/": "a program",
      "tests/end_to_end/": "a program"}, True, "use Log, or take a sink"),
    ("friend class", r"\bfriend\s+(class|struct)\b",
     {"model/label_set.h": "a set and its table are one concept in one file"}, True,
     "a nested class, or an argument"),
    ("a switch for tests", r"#\s*(if|ifdef|ifndef|elif)\b.*(TEST|FUZZ|BENCH|MOCK)", {}, False,
     "pass what differs as a parameter"),
    ("a thread", r"\bstd::j?thread\b(?!::)|\bpthread_create\b|\bstd::async\b",
     {"daemon/": "threads are started here"}, False, "threads are started in daemon/ only"),
    ("thread_local", r"\bthread_local\b", {"tests/": "counts allocations per thread"}, False,
     "state belongs to an object"),
    ("FIXME", r"\b(FIXME|XXX|HACK)\b", {}, True, "TODO(#number)"),
]
# Functions that take a lone bool as data, not as a choice of behaviour.
BOOL_ALLOWED = {
    "model/entry.h": "of_bool: the value itself",
    "base/event_loop.h": "Callback: what happened",
    "pipeline/go_template/value.h": "a value that is a boolean",
    "pipeline/go_template/functions.h": "a result that is a boolean",
    "pipeline/jmespath/value.h": "a value that is a boolean",
}
PARAMETERS_ALLOWED = {
    "http/microhttpd_server.cc": "the library's callback has eight",
}
NAMES_FORBIDDEN = {"manager", "handler", "helper", "helpers", "util", "utils", "data", "info",
                   "process", "common", "misc"}
HEADER_LINES, SOURCE_LINES, SOURCE_LINES_HARD = 200, 500, 700
FUNCTION_LINES, FUNCTION_LINES_HARD, PARAMETERS = 70, 100, 6
DOCUMENT_LINES = {"ARCHITECTURE.md": 300, "CONTRIBUTING.md": 200}
README_LINES = 40

faults = []
warnings = []


def fault(path, line, text):
    faults.append(f"{path}:{line}: {text}")


def warn(path, line, text):
    warnings.append(f"{path}:{line}: warning: {text}")


def without_comments_and_texts(source):
    """Blanks comments and literals, keeping every line where it is."""
    pattern = re.compile(
        r'//[^\n]*|/\*.*?\*/|R"(?P<tag>[^(\s]*)\(.*?\)(?P=tag)"|"(?:\\.|[^"\\\n])*"|'
        r"(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'", re.S)

    def blank(match):
        text = match.group(0)
        if text.startswith("//") or text.startswith("/*"):
            return re.sub(r"[^\n]", " ", text)
        return text[0] + re.sub(r"[^\n]", " ", text[1:-1]) + text[-1]

    # Names of included files are wanted.
    lines = source.split("\n")
    kept = {i: line for i, line in enumerate(lines) if re.match(r'\s*#\s*include\s', line)}
    blanked = pattern.sub(blank, source).split("\n")
    for i, line in kept.items():
        blanked[i] = line
    return "\n".join(blanked)


class Source:
    def __init__(self, root, path):
        self.path = path
        self.raw = (root / path).read_bytes()
        self.text = self.raw.decode("utf-8", "replace")
        self.lines = self.text.split("\n")
        self.code = without_comments_and_texts(self.text)
        self.top = path.split("/")[0]
        self.is_header = path.endswith(".h")

    def line_count(self):
        return len(self.lines) - (1 if self.text.endswith("\n") else 0)

    def line_of(self, index):
        return self.code.count("\n", 0, index) + 1


def files_of(root):
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(d for d in folders if d not in ("build", "corpus", "planted")
                            and not d.startswith((".", "build-")))
        for name in sorted(names):
            found.append(os.path.relpath(os.path.join(folder, name), root))
    return found


# ---- Layers ----

def read_layers(root):
    layers = {}
    for number, line in enumerate((root / "tools/layers.txt").read_text().split("\n"), 1):
        line = line.split("#")[0].strip()
        if not line:
            continue
        match = re.fullmatch(r"([a-z_/]+):([^|]*)\|(.*)", line)
        if not match:
            fault("tools/layers.txt", number, "is not 'folder: folders | libraries'")
            continue
        layers[match[1]] = (set(match[2].split()), set(match[3].split()) | EVERYWHERE)
    return layers


def layer_of(path, layers):
    folder = os.path.dirname(path)
    while folder and folder not in layers:
        folder = os.path.dirname(folder)
    return folder


def library_of(header):
    for pattern, library in LIBRARY_OF_HEADER:
        if re.match(pattern, header):
            return library
    return None


def check_includes(source, layers, used):
    layer = layer_of(source.path, layers)
    in_tests = source.top == "tests"
    for match in re.finditer(r'^\s*#\s*include\s+(<([^>]+)>|"([^"]+)")', source.code, re.M):
        line = source.line_of(match.start(1))
        if match[3]:
            target = match[3]
            if not (ROOT / target).is_file():
                fault(source.path, line, f'"{target}" is no file; includes are written from the root')
                continue
            if in_tests:
                continue
            other = layer_of(target, layers)
            if other == layer:
                continue
            if target.startswith("tests/"):
                fault(source.path, line, "nothing may include tests/")
            elif other not in layers[layer][0]:
                fault(source.path, line, f"{layer} may not include {other or target} (tools/layers.txt)")
            used.setdefault(layer, {}).setdefault(other, (source.path, line))
        elif not in_tests:
            header = match[2]
            library = library_of(header)
            if library is None:
                if not re.fullmatch(r"[a-z_0-9]+", header) and not LIBC.match(header):
                    fault(source.path, line, f"<{header}> belongs to no library that this tool knows")
                continue
            if library not in layers[layer][1]:
                fault(source.path, line, f"{layer} may not include {library} (tools/layers.txt)")
            if library not in HEADER_ONLY:
                used.setdefault(layer, {}).setdefault("lib:" + library, (source.path, line))


def check_link_lists(root, layers, used):
    linked, built_by = {}, {}
    for layer in layers:
        path = f"{layer}/CMakeLists.txt"
        if not (root / path).is_file():
            continue
        text = re.sub(r"#[^\n]*", "", (root / path).read_text())
        for match in re.finditer(r"tailrace_library\(\s*(\S+)\s+(.*?)\)", text, re.S):
            line = text.count("\n", 0, match.start()) + 1
            owner = match[1] if match[1] in layers else match[1].replace("_", "/", 1)
            if owner not in layers:
                fault(path, line, f"the library {match[1]} has no line in tools/layers.txt")
                continue
            words = match[2].split()
            cut = words.index("DEPS") if "DEPS" in words else len(words)
            deps = words[cut + 1:]
            for word in words[:cut]:
                built_by[layer_of(os.path.normpath(f"{layer}/{word}"), layers)] = owner
            linked[owner] = set()
            for dep in deps:
                check_dependency(path, line, owner, dep, layers, linked[owner])
    reach = {}

    def reached(layer):
        if layer not in reach:
            reach[layer] = set()
            for dep in linked.get(layer, ()):
                reach[layer] |= {dep} | reached(dep)
        return reach[layer]

    for layer, targets in used.items():
        builder = built_by.get(layer)
        for target, (path, line) in targets.items():
            target_builder = target if target.startswith("lib:") else built_by.get(target)
            if builder is None or target_builder in (None, builder):
                continue  # A folder of headers only has nothing to link.
            if target_builder not in reached(builder):
                fault(path, line, f"{builder}/CMakeLists.txt does not link {target.replace('lib:', '')}")


def check_dependency(path, line, owner, dep, layers, linked):
    if dep.startswith("tailrace_"):
        name = dep[len("tailrace_"):]
        folder = name if name in layers else name.replace("_", "/", 1)
        if folder not in layers[owner][0]:
            fault(path, line, f"{owner} may not link {folder} (tools/layers.txt)")
        linked.add(folder)
        return
    library = LIBRARY_OF_TARGET.get(dep)
    if library is None:
        fault(path, line, f"{dep} is no library that this tool knows")
    elif library:
        if library not in layers[owner][1]:
            fault(path, line, f"{owner} may not link {library} (tools/layers.txt)")
        linked.add("lib:" + library)


# ---- One file ----

def check_form(source):
    path = source.path
    first = source.lines[0]
    if not re.match(r"// \S.*", first):
        fault(path, 1, "line 1 is no sentence that says what the file is")
    if source.is_header and "#pragma once" not in source.lines[:6]:
        fault(path, 1, "no #pragma once")
    count = source.line_count()
    if source.is_header and count > HEADER_LINES:
        fault(path, count, f"a header has at most {HEADER_LINES} lines")
    elif count > SOURCE_LINES_HARD:
        fault(path, count, f"a source has at most {SOURCE_LINES_HARD} lines, better {SOURCE_LINES}")
    elif count > SOURCE_LINES:
        warn(path, count, f"more than {SOURCE_LINES} lines")
    for number, line in enumerate(source.raw.split(b"\n"), 1):
        if any(byte > 0x7E or (byte < 0x20 and byte != 9) for byte in line):
            fault(path, number, "a byte that is not printable ASCII; write an escape")
    stem = os.path.splitext(os.path.basename(path))[0]
    if bad := NAMES_FORBIDDEN & set(stem.split("_")):
        fault(path, 1, f"'{bad.pop()}' in a name says nothing")


def check_namespace(source):
    if source.path == "daemon/main.cc" or source.top not in CODE:
        return
    wanted = "tailrace" if source.top in ("base", "model") else f"tailrace::{source.top}"
    names = re.findall(r"^namespace ([\w:]+) \{", source.code, re.M)
    if names and not any(name == wanted or name.startswith(wanted + "::") for name in names):
        fault(source.path, 1, f"is not in namespace {wanted}")


def check_words(source):
    for name, pattern, allowed, in_tests, instead in FORBIDDEN:
        if source.top == "tests" and not in_tests:
            continue
        if any(source.path.startswith(prefix) for prefix in allowed):
            continue
        for match in re.finditer(pattern, source.code):
            if name == "new" and re.search(r"unique_ptr<[^;{}]*\($|unique_ptr<[^;{}]*>\s+\w+\($",
                                           source.code[:match.start()].rstrip()[-200:]):
                continue
            fault(source.path, source.line_of(match.start()), f"{name} is not used here: {instead}")


def check_static(source):
    if source.top == "tests":
        return
    for match in re.finditer(r"\bstatic\b([^;{}=()\[]*)([;{=(\[])", source.code):
        if source.code[max(0, match.start() - 7):match.start()].endswith("extern "):
            continue
        declared = match[1]
        if match[2] == "(" or re.search(r"\b(const|constexpr|constinit)\b", declared):
            continue
        fault(source.path, source.line_of(match.start()), "static data that can change")


def check_comments(source):
    explained = set()
    for number, line in enumerate(source.lines, 1):
        comment = re.search(r"//(.*)$", line)
        if comment and re.search(r"\bTODO\b", comment[1]) and not re.search(r"TODO\(?\s*\(?#\d+", comment[1]):
            fault(source.path, number, "a TODO carries an issue number: TODO(#12)")
        if re.match(r"\s*//\s*(if|for|while|return|auto|const|int|std::\w+|[a-z_]+_ = )\b.*[;{]\s*$", line) \
                or re.match(r"\s*//\s*[\w.:>-]+\(.*\);\s*$", line):
            fault(source.path, number, "commented-out code")
    if source.top == "tests":
        return
    for match in re.finditer(r"\bshared_ptr<\s*(?!const\b)([\w:]+)", source.code):
        number = source.line_of(match.start())
        if match[1] in explained:
            continue
        around = " ".join(re.findall(r"//(.*)", "\n".join(source.lines[max(0, number - 5):number])))
        if "share" not in around.lower():
            fault(source.path, number, f"shared_ptr to a {match[1]} that can change: a comment says "
                  "who shares it, or it is const, or a unique_ptr")
        explained.add(match[1])


def check_bools(source):
    if not source.is_header or source.top == "tests" or source.path in BOOL_ALLOWED:
        return
    for match in re.finditer(r"(?<!function<void)[(,]\s*(const )?bool\s+[a-z]\w*\s*(=\s*\w+\s*)?[,)]",
                             source.code):
        fault(source.path, source.line_of(match.start()), "a bool parameter: use an enum class")


def functions_of(code):
    """(start, end, parameters) of every function body that lies in no other function."""
    found, stack, inside = [], [], 0
    begin = 0
    for match in re.finditer(r"[{};]", code):
        at = match.start()
        if match[0] == "{":
            head = code[begin:at]
            is_function = inside == 0 and looks_like_function(head)
            stack.append((is_function, begin + len(head) - len(head.lstrip()), head))
            inside += is_function
        elif match[0] == "}" and stack:
            is_function, start, head = stack.pop()
            inside -= is_function
            if is_function:
                found.append((start, at, parameters_of(head)))
        begin = at + 1
    return found


def looks_like_function(head):
    head = re.sub(r"^\s*#[^\n]*$", "", head, flags=re.M).strip()
    head = re.sub(r"^(public|private|protected)\s*:", "", head).strip()
    if "(" not in head or re.match(r"(namespace|class|struct|union|enum|using)\b", head):
        return False
    return not re.search(r"=\s*$|\]\s*$", head)


def parameters_of(head):
    """How many the first parenthesised list of a signature has."""
    head = re.sub(r"\b(TAILRACE_\w+|alignas|decltype|requires)\s*\([^()]*\)", "", head)
    match = re.search(r"[\w>~=\]!<+*/-]\s*\(", head)
    if not match:
        return 0
    depth, count, empty = 0, 1, True
    for char in head[match.end() - 1:]:
        if char in "(<[{":
            depth += 1
        elif char in ")>]}":
            depth -= 1
            if depth == 0:
                break
        elif char == "," and depth == 1:
            count += 1
        if not char.isspace() and char != "(":
            empty = False
    return 0 if empty else count


def check_functions(source):
    for start, end, parameters in functions_of(source.code):
        first = source.line_of(start)
        lines = source.line_of(end) - first + 1
        # A test may hold a long table of cases.
        if lines > FUNCTION_LINES_HARD and source.top != "tests":
            fault(source.path, first, f"a function of {lines} lines; at most {FUNCTION_LINES}")
        elif lines > FUNCTION_LINES:
            warn(source.path, first, f"a function of {lines} lines; better at most {FUNCTION_LINES}")
        if parameters > PARAMETERS and source.path not in PARAMETERS_ALLOWED:
            fault(source.path, first, f"{parameters} parameters; at most {PARAMETERS}: an Options struct")


# ---- Tests and documents ----

def read_untested(root):
    path = root / "tools/untested.txt"
    untested = {}
    for number, line in enumerate(path.read_text().split("\n") if path.is_file() else [], 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, _, reason = line.partition(":")
        untested[name.strip()] = number
        if len(reason.split()) < 3:
            fault("tools/untested.txt", number, f"{name} has no reason")
        for test in re.findall(r"tests/[\w/]+(?:\.cc)?", reason):
            if not (root / test).exists():
                fault("tools/untested.txt", number, f"{test} does not exist")
    return untested


def check_tested(root, sources):
    untested = read_untested(root)
    for source in sources:
        if source.is_header or source.top not in CODE or source.path == "daemon/main.cc":
            continue
        parts = source.path[:-3].split("/")
        places = [f"tests/{'/'.join(parts)}_test.cc", f"tests/{parts[0]}/{parts[-1]}_test.cc"]
        has_test = any((root / place).is_file() for place in places)
        listed = untested.pop(source.path, None)
        if has_test and listed:
            warn("tools/untested.txt", listed, f"{source.path} has a test now")
        elif not has_test and not listed:
            fault(source.path, 1, f"no {places[-1]}, nor a reason in tools/untested.txt")
    for name, number in untested.items():
        fault("tools/untested.txt", number, f"{name} is no source")


def expanded(word):
    match = re.fullmatch(r"(.*)\{([^}]*)\}(.*)", word)
    return [match[1] + middle + match[3] for middle in match[2].split(",")] if match else [word]


def check_documents(root, files):
    for name, lines in DOCUMENT_LINES.items():
        if (root / name).is_file():
            count = len((root / name).read_text().splitlines())
            if count > lines:
                fault(name, count, f"at most {lines} lines")
    for folder in CODE:
        if any(f.startswith(folder + "/") for f in files) and f"{folder}/README.md" not in files:
            fault(f"{folder}/README.md", 1, "every code folder opens with a README.md")
    for path in files:
        folder = os.path.dirname(path)
        if os.path.basename(path) != "README.md" or folder.split("/")[0] not in CODE:
            continue
        lines = (root / path).read_text().splitlines()
        if len(lines) > README_LINES:
            fault(path, len(lines), f"at most {README_LINES} lines")
        for number, line in enumerate(lines, 1):
            for quoted in re.findall(r"`([^`]+)`", line):
                if not re.fullmatch(r"[\w./{},-]+\.(h|cc|md|txt|py|sh|yaml|\{[\w,]+\})", quoted):
                    continue
                for name in expanded(quoted):
                    if not (root / folder / name).exists() and not (root / name).exists():
                        fault(path, number, f"{name} does not exist")


def check_cmake(root, files):
    for path in files:
        if os.path.basename(path) != "CMakeLists.txt" or path == "tests/fuzz/CMakeLists.txt":
            continue
        for number, line in enumerate((root / path).read_text().split("\n"), 1):
            if re.search(r"\bGLOB", line.split("#")[0]):
                fault(path, number, "sources are listed one by one, without GLOB")


# ---- Modes ----

def compile_header(path):
    done = subprocess.run(
        ["g++", "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-DFMT_SHARED",
         "-I", str(ROOT), "-x", "c++", "-"],
        input=f'#include "{path}"\n', capture_output=True, text=True, check=False)
    return path, done.returncode, done.stderr


def check_headers(files):
    headers = [f for f in files if f.endswith(".h") and f.split("/")[0] in CODE + ["tests"]]
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        for path, code, errors in pool.map(compile_header, headers):
            if code != 0:
                first = next((e for e in errors.split("\n") if "error" in e), errors[:200])
                fault(path, 1, f"does not compile alone: {first}")


def check_format(files):
    sources = [f for f in files if f.endswith((".h", ".cc")) and f.split("/")[0] in CODE + ["tests"]]
    done = subprocess.run(["clang-format", "--dry-run", "-Werror", *sources], cwd=ROOT,
                          capture_output=True, text=True, check=False)
    for line in done.stderr.split("\n"):
        if match := re.match(r"(\S+?):(\d+):\d+: error", line):
            fault(match[1], match[2], "clang-format would change this")


def check_all(files):
    layers = read_layers(ROOT)
    sources = [Source(ROOT, f) for f in files
               if f.endswith((".h", ".cc")) and f.split("/")[0] in CODE + ["tests"]]
    used = {}
    for source in sources:
        if source.top in CODE and not layer_of(source.path, layers):
            fault(source.path, 1, "its folder has no line in tools/layers.txt")
            continue
        check_form(source)
        check_includes(source, layers, used)
        check_namespace(source)
        check_words(source)
        check_static(source)
        check_comments(source)
        check_bools(source)
        check_functions(source)
    check_link_lists(ROOT, layers, used)
    check_tested(ROOT, sources)
    check_documents(ROOT, files)
    check_cmake(ROOT, files)


parser = argparse.ArgumentParser()
parser.add_argument("--root", default=pathlib.Path(__file__).resolve().parent.parent)
mode = parser.add_mutually_exclusive_group()
mode.add_argument("--headers", action="store_true")
mode.add_argument("--format", action="store_true")
arguments = parser.parse_args()
ROOT = pathlib.Path(arguments.root).resolve()

FILES = files_of(ROOT)
if arguments.headers:
    check_headers(FILES)
elif arguments.format:
    check_format(FILES)
else:
    check_all(FILES)
for message in warnings + faults:
    print(message)
print(f"{len(faults)} faults, {len(warnings)} warnings")
sys.exit(1 if faults else 0)

#!/usr/bin/env python3
# Plants one fault after the other in a small tree and wants check_house.py to name each.
import pathlib
import subprocess
import sys
import tempfile

TOOL = pathlib.Path(__file__).resolve().parent / "check_house.py"

HEADER = "// What it is.\n#pragma once\n\nnamespace tailrace {\n%s\n}  // namespace tailrace\n"
SOURCE = "// What it is.\n#include \"base/a.h\"\n\nnamespace tailrace {\n%s\n}  // namespace tailrace\n"
UPPER = "// What it is.\n%s\nnamespace tailrace::tailer {\n}\n"

GOOD = {
    "tools/layers.txt": "base: | prometheus\nmodel: base |\ntailer: base model | zlib\n",
    "tools/untested.txt": "",
    "base/README.md": "# base\n\nSee `a.h`, `{a,b}.h` and `tools/layers.txt`.\n",
    "base/CMakeLists.txt": "tailrace_library(base SOURCES a.cc DEPS fmt::fmt)\n",
    "base/a.h": HEADER % "// Comments say new, delete, throw and sleep(1);\nint f(int a, int b);",
    "base/b.h": HEADER % "",
    "base/a.cc": SOURCE % """static int helper(int x) { return x; }
static constexpr int kTable[] = {1, 2};
const char* const kText = "new delete throw std::cout sleep(1)";
struct Own { Own(const Own&) = delete; };
int f(int a, int b) {
  return helper(a) + b + kTable[0];
}
std::unique_ptr<Own> make() { return std::unique_ptr<Own>(new Own(1)); }
void operator delete(void* p) noexcept;""",
    "tests/base/a_test.cc": "// Tests.\n#include \"base/a.h\"\n",
    "tailer/README.md": "# tailer\n",
    "tailer/CMakeLists.txt": "tailrace_library(tailer SOURCES t.cc DEPS tailrace_base ZLIB::ZLIB)\n",
    "tailer/t.cc": UPPER % "#include <zlib.h>\n\n#include \"base/a.h\"\n",
    "tests/tailer/t_test.cc": "// Tests.\n",
}

# What is planted: files to write, and what the tool has to say.
PLANTED = [
    ({"base/a.h": HEADER.replace("// What", "What") % ""}, "line 1 is no sentence"),
    ({"base/a.h": "// It.\nnamespace tailrace {}\n"}, "no #pragma once"),
    ({"base/b.h": HEADER % "\n" * 200}, "at most 200 lines"),
    ({"base/a.cc": SOURCE % ("int a;\n" * 700)}, "at most 700 lines"),
    ({"base/a.cc": SOURCE % ("int f() {\n" + "  g();\n" * 101 + "}")}, "a function of 10"),
    ({"base/a.cc": SOURCE % "int f(int a, int b, int c, int d, int e, std::map<int, int> f, int g) {\n}"},
     "7 parameters"),
    ({"base/a.cc": SOURCE % "// caf\u00e9"}, "not printable ASCII"),
    ({"base/a.cc": (SOURCE % "").replace("namespace tailrace", "namespace other")}, "not in namespace"),
    ({"tailer/t.cc": UPPER.replace("::tailer", "::base") % ""}, "not in namespace tailrace::tailer"),
    ({"base/string_util.h": HEADER % ""}, "'util' in a name"),
    ({"base/a.cc": SOURCE % "int* p = new int;"}, "new is not used here"),
    ({"base/a.cc": SOURCE % "void f() {\n  delete p;\n}"}, "delete is not used here"),
    ({"base/a.cc": SOURCE % "void f() {\n  throw 1;\n}"}, "throw is not used here"),
    ({"base/a.cc": SOURCE % "std::regex r;"}, "std::regex is not used here"),
    ({"base/a.cc": SOURCE % "void f() { ::usleep(1); }"}, "sleep is not used here"),
    ({"tests/base/a_test.cc": "// T.\nvoid f() { std::this_thread::sleep_for(x); }\n"},
     "sleep is not used here"),
    ({"base/a.cc": SOURCE % "auto t = std::chrono::system_clock::now();"}, "the time is not used here"),
    ({"base/a.cc": SOURCE % "auto t = std::getenv(\"A\");"}, "getenv is not used here"),
    ({"base/a.cc": SOURCE % "void f() { std::cout << 1; }"}, "std::cout is not used here"),
    ({"base/a.h": HEADER % "class A {\n  friend class B;\n};"}, "friend class is not used here"),
    ({"base/a.cc": SOURCE % "#ifdef TAILRACE_TESTING\n#endif"}, "a switch for tests"),
    ({"base/a.cc": SOURCE % "std::thread t(f);"}, "a thread is not used here"),
    ({"base/a.cc": SOURCE % "thread_local int x;"}, "thread_local is not used here"),
    ({"base/a.cc": SOURCE % "static int counter = 0;"}, "static data that can change"),
    ({"base/a.cc": SOURCE % "static std::map<int, int> seen;"}, "static data that can change"),
    ({"base/a.h": HEADER % "std::shared_ptr<Thing> thing_;"}, "shared_ptr to a Thing"),
    ({"base/a.h": HEADER % "void f(int a, bool fast);"}, "a bool parameter"),
    ({"base/a.cc": SOURCE % "// TODO: later"}, "a TODO carries an issue number"),
    ({"base/a.cc": SOURCE % "// x = 1;\n// return x;"}, "commented-out code"),
    ({"base/a.cc": SOURCE % "// call(x);"}, "commented-out code"),
    ({"base/a.cc": SOURCE % "#include \"model/m.h\"", "model/m.h": HEADER % ""},
     "base may not include model"),
    ({"base/a.cc": SOURCE % "#include <zlib.h>"}, "base may not include zlib"),
    ({"base/a.cc": SOURCE % "#include <unheard_of/x.h>"}, "no library that this tool knows"),
    ({"base/a.cc": SOURCE % "#include \"a.h\""}, "\"a.h\" is no file"),
    ({"base/a.cc": SOURCE % "#include \"tests/base/a_test.cc\""}, "nothing may include tests/"),
    ({"base/CMakeLists.txt": "tailrace_library(base SOURCES a.cc DEPS tailrace_tailer)\n"},
     "base may not link tailer"),
    ({"base/CMakeLists.txt": "tailrace_library(base SOURCES a.cc DEPS ZLIB::ZLIB)\n"},
     "base may not link zlib"),
    ({"tailer/CMakeLists.txt": "tailrace_library(tailer SOURCES t.cc DEPS tailrace_base)\n"},
     "does not link zlib"),
    ({"tailer/CMakeLists.txt": "tailrace_library(tailer SOURCES t.cc DEPS ZLIB::ZLIB)\n"},
     "does not link base"),
    ({"tailer/CMakeLists.txt": "file(GLOB S *.cc)\n"}, "without GLOB"),
    ({"base/c.cc": SOURCE % ""}, "no tests/base/c_test.cc"),
    ({"base/c.cc": SOURCE % "", "tools/untested.txt": "base/c.cc: so\n"}, "has no reason"),
    ({"tools/untested.txt": "base/gone.cc: it was a long story\n"}, "base/gone.cc is no source"),
    ({"base/c.cc": SOURCE % "", "tools/untested.txt": "base/c.cc: seen in tests/base/no_test.cc\n"},
     "tests/base/no_test.cc does not exist"),
    ({"base/README.md": "# base\n\n`gone.h`\n"}, "gone.h does not exist"),
    ({"base/README.md": "# base\n" * 41}, "at most 40 lines"),
    ({"model/m.h": HEADER % ""}, "every code folder opens with a README.md"),
    ({"ARCHITECTURE.md": "x\n" * 301}, "at most 300 lines"),
    ({"docker/x.txt": "", "discovery/x.h": HEADER % ""}, "no line in tools/layers.txt"),
]


def run(files):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = pathlib.Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        done = subprocess.run([sys.executable, str(TOOL), "--root", folder],
                              capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr


failures = 0
code, output = run(GOOD)
if code != 0:
    failures += 1
    print(f"the good tree has faults:\n{output}")
for planted, expected in PLANTED:
    code, output = run(GOOD | planted)
    if code != 1 or expected not in output:
        failures += 1
        print(f"not found: {expected}\n  planted: {planted}\n  said: {output}")
print(f"{len(PLANTED)} faults planted, {failures} failures")
sys.exit(1 if failures else 0)

// Runs a fuzzer over the files of folders: what libFuzzer found stays found.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

// TAILRACE_FUZZERS is made by CMake: a FUZZER(subject) for every subject_fuzz.cc.
#define FUZZER(SUBJECT) extern "C" int SUBJECT##_fuzz(const std::uint8_t* data, std::size_t size);
TAILRACE_FUZZERS
#undef FUZZER

namespace {

struct Fuzzer {
  std::string_view subject;
  int (*run)(const std::uint8_t* data, std::size_t size);
};

#define FUZZER(SUBJECT) {#SUBJECT, SUBJECT##_fuzz},
constexpr Fuzzer kFuzzers[] = {TAILRACE_FUZZERS};
#undef FUZZER

}  // namespace

int main(int argc, char** argv) {
  const auto* const fuzzer = std::find_if(
      std::begin(kFuzzers), std::end(kFuzzers),
      [&](const Fuzzer& each) { return argc > 2 && each.subject == std::string_view(argv[1]); });
  if (fuzzer == std::end(kFuzzers)) {
    std::fprintf(stderr, "usage: %s FUZZER FOLDER...\n", argv[0]);
    return 2;
  }
  std::error_code error;
  std::vector<std::filesystem::path> paths;
  for (int i = 2; i < argc; ++i) {
    for (const auto& entry : std::filesystem::directory_iterator(argv[i], error)) {
      if (entry.is_regular_file()) paths.push_back(entry.path());
    }
  }
  std::sort(paths.begin(), paths.end());
  for (const std::filesystem::path& path : paths) {
    std::ifstream file(path, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    // Of its own size, so that a read beyond the end is seen by the address sanitizer.
    const std::vector<std::uint8_t> input(bytes.begin(), bytes.end());
    std::printf("%s\n", path.c_str());
    std::fflush(stdout);  // Before a crash, so that its cause has a name.
    fuzzer->run(input.data(), input.size());
  }
  // A folder that is gone or empty would otherwise be a test that cannot fail.
  return paths.empty() ? 1 : 0;
}

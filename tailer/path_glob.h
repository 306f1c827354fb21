// Patterns for paths (`__path__`, `__path_exclude__`): matching, and finding what matches.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/file_system.h"
#include "base/result.h"

namespace tailrace::tailer {

// One pattern in the grammar of doublestar v4 (docs/compatibility.md, path patterns):
//
//   *       any run of characters but '/', also an empty one and also one with a leading dot
//   ?       one character but '/'
//   **      as a whole segment: any number of directories, also none; elsewhere the same as *
//   [a-z]   one character of the class; [!x] and [^x] one outside of it; never '/'
//   {a,b}   either; may be nested, contain '/', and stand at the very start
//   \c      c itself
//
// A relative pattern is taken from Options::working_directory. The result of '.', '..' and doubled
// or trailing slashes is computed on the text, before any link is followed.
//
// Threading: immutable; any thread.
// Errors: parse() refuses a malformed pattern with kInvalid. I/O errors while looking for matches
//   mean that there is nothing.
// Memory: at most kAlternativesMax alternatives; a walk visits at most kDirectoriesMax directories.
class PathGlob {
 public:
  static constexpr std::size_t kAlternativesMax = 4096;
  static constexpr std::size_t kDirectoriesMax = 1'000'000;

  struct Options {
    std::string working_directory;  // Empty: a relative pattern stays so, and matches no path.
  };

  static Result<PathGlob> parse(std::string_view pattern);
  static Result<PathGlob> parse(std::string_view pattern, const Options& options);

  // Whether `path` (absolute, clean) is one that the pattern means, by its text alone. The
  // pattern's own text also matches itself: a file may really be named "a[1].log".
  bool matches(std::string_view path) const;

  // What is there now.
  struct Matches {
    // Regular files, also behind links, by the name that matched; sorted, none twice.
    std::vector<std::string> files;
    // Existing directories in which something may be created, moved or deleted that changes
    // `files`; sorted, none twice. For a name that does not exist yet it is the nearest parent that
    // does; for a link, also the directory of what it resolves to.
    std::vector<std::string> directories;
  };
  Matches find(FileSystem& file_system) const;

  // Halves of find(). An existing file with the very text of the pattern is the only match, and
  // keeps this text (uncleaned).
  std::vector<std::string> expand(FileSystem& file_system) const;
  std::vector<std::string> watch_directories(FileSystem& file_system) const;

  // The pattern as it was given.
  const std::string& text() const { return text_; }

  // A piece of a segment: a literal character, one wildcard, or a class.
  struct Token {
    enum class Kind : std::uint8_t { kCharacter, kOne, kRun, kClass };
    Kind kind = Kind::kCharacter;
    char32_t character = 0;
    bool negated = false;
    std::vector<std::pair<char32_t, char32_t>> ranges;
  };
  // What stands between two slashes.
  struct Segment {
    enum class Kind : std::uint8_t { kLiteral, kWild, kAnyDepth };
    Kind kind = Kind::kLiteral;
    std::string literal;
    std::vector<Token> tokens;  // Only of kWild.
  };
  // A pattern without alternatives.
  struct Alternative {
    bool absolute = false;
    std::vector<Segment> segments;
  };

 private:
  PathGlob() = default;

  std::string text_;
  std::string literal_path_;  // text_, made absolute but not clean.
  std::vector<Alternative> alternatives_;
};

}  // namespace tailrace::tailer

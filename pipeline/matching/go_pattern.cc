// Reads the group syntax of a Go regular expression and rewrites it for RE2.
#include "pipeline/matching/go_pattern.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

namespace tailrace::pipeline {
namespace {

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// A piece of the pattern: text to copy, or the opening of a group that would capture.
struct Piece {
  std::string_view text;
  bool captures = false;
  std::string_view name;
};

// Cuts a pattern into pieces.
class PieceReader {
 public:
  explicit PieceReader(std::string_view pattern) : pattern_(pattern) {}

  Result<std::vector<Piece>> read() {
    while (at_ < pattern_.size()) {
      const char c = pattern_[at_];
      if (c == '\\') {
        if (const Status status = read_escape(); !status) return fail(status.error());
      } else if (c == '[') {
        read_class();
      } else if (c == '(') {
        if (const Status status = read_group(); !status) return fail(status.error());
      } else {
        copy_to(at_ + 1);
      }
    }
    return std::move(pieces_);
  }

 private:
  void copy_to(std::size_t end) {
    end = std::min(end, pattern_.size());
    pieces_.push_back({.text = pattern_.substr(at_, end - at_), .name = {}});
    at_ = end;
  }

  Status refuse_escape(char c) const {
    return fail(Error::kInvalid, std::string("invalid escape sequence: \\") + c);
  }

  Status read_escape() {
    const char next = at_ + 1 < pattern_.size() ? pattern_[at_ + 1] : '\0';
    if (next == 'C' || next == 'E') return refuse_escape(next);
    if (next != 'Q') {
      copy_to(at_ + 2);
      return {};
    }
    const std::size_t end = pattern_.find("\\E", at_ + 2);
    copy_to(end == std::string_view::npos ? pattern_.size() : end + 2);
    return {};
  }

  // Copies a bracket expression; where it ends does not depend on whether it is valid.
  void read_class() {
    std::size_t i = at_ + 1;
    if (i < pattern_.size() && pattern_[i] == '^') ++i;
    if (i < pattern_.size() && pattern_[i] == ']') ++i;
    while (i < pattern_.size() && pattern_[i] != ']') {
      if (pattern_[i] == '\\') {
        i += 2;
        continue;
      }
      if (pattern_.substr(i, 2) == "[:") {
        const std::size_t end = pattern_.find(":]", i + 2);
        if (end != std::string_view::npos) {
          i = end + 2;
          continue;
        }
      }
      ++i;
    }
    copy_to(i + 1);
  }

  Status read_group() {
    const std::string_view rest = pattern_.substr(at_);
    std::size_t name_at = 0;
    if (rest.substr(0, 4) == "(?P<") name_at = 4;
    if (rest.substr(0, 3) == "(?<") name_at = 3;
    if (name_at == 0) {
      if (rest.substr(0, 2) == "(?") {
        copy_to(at_ + 2);
      } else {
        pieces_.push_back({.text = rest.substr(0, 1), .captures = true, .name = {}});
        ++at_;
      }
      return {};
    }
    const std::size_t end = rest.find('>');
    if (end == std::string_view::npos) {
      return fail(Error::kInvalid, "invalid named capture: " + std::string(rest));
    }
    const std::string_view name = rest.substr(name_at, end - name_at);
    if (name.empty() || !std::all_of(name.begin(), name.end(), is_name_character)) {
      return fail(Error::kInvalid,
                  "invalid named capture: " + std::string(rest.substr(0, end + 1)));
    }
    pieces_.push_back({.text = rest.substr(0, end + 1), .captures = true, .name = name});
    at_ += end + 1;
    return {};
  }

  const std::string_view pattern_;
  std::size_t at_ = 0;
  std::vector<Piece> pieces_;
};

}  // namespace

Result<GoPattern> rewrite_go_pattern(std::string_view pattern,
                                     const std::vector<std::string>& wanted_groups) {
  Result<std::vector<Piece>> pieces = PieceReader(pattern).read();
  if (!pieces) return fail(pieces.error());

  GoPattern result;
  // The piece that each wanted name means: the last of that name.
  std::vector<std::optional<std::size_t>> meant(wanted_groups.size());
  for (std::size_t i = 0; i < pieces->size(); ++i) {
    const std::string_view name = (*pieces)[i].name;
    if (name.empty()) continue;
    if (std::find(result.group_names.begin(), result.group_names.end(), name) ==
        result.group_names.end()) {
      result.group_names.emplace_back(name);
    }
    for (std::size_t w = 0; w < wanted_groups.size(); ++w) {
      if (wanted_groups[w] == name) meant[w] = i;
    }
  }
  for (std::size_t w = 0; w < wanted_groups.size(); ++w) {
    if (!meant[w]) return fail(Error::kInvalid, "no group is named " + wanted_groups[w]);
  }

  result.captures.assign(wanted_groups.size(), 0);
  int captures = 0;
  for (std::size_t i = 0; i < pieces->size(); ++i) {
    const Piece& piece = (*pieces)[i];
    if (!piece.captures) {
      result.re2_pattern.append(piece.text);
      continue;
    }
    bool wanted = false;
    for (std::size_t w = 0; w < meant.size(); ++w) {
      if (meant[w] != i) continue;
      if (!wanted) ++captures;
      wanted = true;
      result.captures[w] = captures;
    }
    result.re2_pattern.append(wanted ? "(" : "(?:");
  }
  return result;
}

Result<GroupedPattern> rewrite_all_groups(std::string_view pattern) {
  Result<std::vector<Piece>> pieces = PieceReader(pattern).read();
  if (!pieces) return fail(pieces.error());
  GroupedPattern result;
  result.group_names.emplace_back();
  for (const Piece& piece : *pieces) {
    if (piece.captures) result.group_names.emplace_back(piece.name);
    result.re2_pattern.append(piece.captures ? "(" : piece.text);
  }
  return result;
}

}  // namespace tailrace::pipeline

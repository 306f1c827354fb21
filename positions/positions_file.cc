// Reading and writing positions.yaml.
//
// A line of ours ends in a comment of twelve hexadecimal digits: four that belong to the key and
// eight to key and value. The last line counts the lines and holds the exclusive or of the hashes
// of their keys, so that a single line that was taken out can be named. To Promtail and to any
// YAML reader these are comments.
#include "positions/positions_file.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

#include "base/utf8.h"
#include "positions/checksum.h"
#include "positions/yaml_scanner.h"

namespace tailrace::positions {

namespace {

constexpr std::string_view kCountWords = " positions, keys ";
// Promtail's writer makes longer keys complex ("? key"); YAML readers accept simple ones up to
// 1024.
constexpr std::size_t kSimpleKeyBytesMax = 128;

std::string key_check(std::string_view key) {
  return hex16(hash64(key)).substr(12);
}

std::string value_check(std::string_view key, std::string_view value) {
  std::string both(key);
  both.push_back('\0');
  both.append(value);
  return hex16(hash64(both)).substr(8);
}

struct LastLine {
  std::uint64_t count = 0;
  std::uint64_t keys = 0;
};

// "# 5 positions, keys 0123456789abcdef" as the last line that is not blank.
std::optional<LastLine> find_last_line(std::string_view text) {
  const std::size_t end = text.find_last_not_of(" \r\n");
  if (end == std::string_view::npos) return std::nullopt;
  std::string_view line = text.substr(0, end + 1);
  const std::size_t before = line.find_last_of('\n');
  if (before != std::string_view::npos) line.remove_prefix(before + 1);
  const std::size_t words = line.find(kCountWords);
  if (!line.starts_with("# ") || words == std::string_view::npos) return std::nullopt;
  const std::string_view count = line.substr(2, words - 2);
  const std::string_view keys = line.substr(words + kCountWords.size());
  LastLine last;
  const auto counted = std::from_chars(count.data(), count.data() + count.size(), last.count);
  const auto hashed = std::from_chars(keys.data(), keys.data() + keys.size(), last.keys, 16);
  if (counted.ec != std::errc{} || counted.ptr != count.data() + count.size() ||
      hashed.ec != std::errc{} || hashed.ptr != keys.data() + keys.size() || keys.size() != 16) {
    return std::nullopt;
  }
  return last;
}

class DocumentParser {
 public:
  DocumentParser(std::string_view text, std::string_view name) : scanner_(text, name) {}

  Result<std::vector<YamlPair>> parse();

 private:
  Status top_map();
  Status flow_document();
  Status top_entry(int indent);
  Status block_map(int parent_indent);
  Status block_entry(int indent);
  Status key(YamlPair& pair, int indent);
  Status value(YamlPair& pair, int indent);
  Status check_top_key(const YamlScalar& key, std::size_t line, std::size_t column);
  Status add(YamlPair pair);
  Status end_document();

  YamlScanner scanner_;
  std::vector<YamlPair> pairs_;
  std::vector<std::string> keys_;  // Sorted.
  bool seen_positions_ = false;
};

Result<std::vector<YamlPair>> DocumentParser::parse() {
  Status status = scanner_.check_characters();
  if (status) status = scanner_.skip_to_token();
  if (status && scanner_.starts_line_with("---")) {
    scanner_.skip(3);
    status = scanner_.skip_to_token();
  }
  if (status) status = top_map();
  if (!status) return fail(status.error());
  return std::move(pairs_);
}

Status DocumentParser::top_map() {
  if (scanner_.at_end() || scanner_.starts_line_with("...")) return end_document();
  if (scanner_.peek() == '{') return flow_document();
  const auto indent = static_cast<int>(scanner_.column());
  while (!scanner_.at_end()) {
    if (scanner_.starts_line_with("...") || scanner_.starts_line_with("---")) break;
    if (static_cast<int>(scanner_.column()) != indent) {
      return scanner_.error("this line is not indented like the others");
    }
    Status status = top_entry(indent);
    if (status) status = scanner_.skip_to_token();
    if (!status) return status;
  }
  return end_document();
}

Status DocumentParser::end_document() {
  if (scanner_.starts_line_with("...")) {
    scanner_.skip(3);
    const Status status = scanner_.skip_to_token();
    if (!status) return status;
  }
  if (scanner_.at_end()) return {};
  return scanner_.error("more than one document");
}

// {} or {positions: {...}}: the inner map is no scalar, so this one is read here.
Status DocumentParser::flow_document() {
  scanner_.skip(1);
  Status status = scanner_.skip_to_token();
  while (status && scanner_.peek() != '}') {
    const std::size_t line = scanner_.line();
    const std::size_t column = scanner_.column();
    const Result<YamlScalar> name = scanner_.scalar(YamlScanner::Place::kFlow, -1);
    if (!name) return fail(name.error());
    status = check_top_key(*name, line, column);
    if (status) status = scanner_.colon(YamlScanner::Place::kFlow);
    if (status) status = scanner_.skip_to_token();
    if (!status) return status;
    if (scanner_.peek() == '{') {
      Result<std::vector<YamlPair>> pairs = scanner_.flow_map();
      if (!pairs) return fail(pairs.error());
      for (YamlPair& pair : *pairs) {
        status = add(std::move(pair));
        if (!status) return status;
      }
      status = scanner_.skip_to_token();
    }
    if (status && scanner_.peek() == ',') {
      scanner_.skip(1);
      status = scanner_.skip_to_token();
    } else if (status && scanner_.peek() != '}') {
      return scanner_.error("\"positions\" must be a map");
    }
  }
  if (!status) return status;
  scanner_.skip(1);
  const Result<std::string> rest = scanner_.end_line();
  if (!rest) return fail(rest.error());
  status = scanner_.skip_to_token();
  return status ? end_document() : status;
}

Status DocumentParser::check_top_key(const YamlScalar& name, std::size_t line, std::size_t column) {
  if (name.text != "positions") {
    return scanner_.error_at(line, column, "unknown key \"" + name.text + "\"");
  }
  if (seen_positions_) return scanner_.error_at(line, column, "\"positions\" is there twice");
  seen_positions_ = true;
  return {};
}

Status DocumentParser::top_entry(int indent) {
  const std::size_t line = scanner_.line();
  const std::size_t column = scanner_.column();
  const Result<YamlScalar> name = scanner_.scalar(YamlScanner::Place::kBlockKey, -1);
  if (!name) return fail(name.error());
  Status status = scanner_.colon(YamlScanner::Place::kBlockKey);
  if (status) status = check_top_key(*name, line, column);
  if (!status) return status;
  const std::size_t key_line = scanner_.line();
  status = scanner_.skip_to_token();
  if (!status || scanner_.at_end()) return status;
  const bool same_line = scanner_.line() == key_line;
  if (!same_line && static_cast<int>(scanner_.column()) <= indent) return {};  // Null.
  if (scanner_.peek() == '{') {
    Result<std::vector<YamlPair>> pairs = scanner_.flow_map();
    if (!pairs) return fail(pairs.error());
    for (YamlPair& pair : *pairs) {
      status = add(std::move(pair));
      if (!status) return status;
    }
    const Result<std::string> rest = scanner_.end_line();
    return rest ? Status() : fail(rest.error());
  }
  if (!same_line) return block_map(indent);
  const YamlScanner before = scanner_;
  const Result<YamlScalar> scalar = scanner_.scalar(YamlScanner::Place::kBlockValue, indent);
  if (!scalar || !scalar->is_null()) return before.error("\"positions\" must be a map");
  const Result<std::string> rest = scanner_.end_line();
  return rest ? Status() : fail(rest.error());
}

Status DocumentParser::block_map(int parent_indent) {
  const auto indent = static_cast<int>(scanner_.column());
  while (!scanner_.at_end()) {
    const auto column = static_cast<int>(scanner_.column());
    if (column <= parent_indent) return {};
    if (column != indent) return scanner_.error("this line is not indented like the others");
    Status status = block_entry(indent);
    if (status) status = scanner_.skip_to_token();
    if (!status) return status;
  }
  return {};
}

Status DocumentParser::block_entry(int indent) {
  YamlPair pair;
  pair.line = scanner_.line();
  pair.column = scanner_.column();
  Status status = key(pair, indent);
  if (status) status = value(pair, indent);
  return status ? add(std::move(pair)) : status;
}

Status DocumentParser::key(YamlPair& pair, int indent) {
  const bool complex = scanner_.peek() == '?' && scanner_.peek(1) == ' ';
  if (complex) {
    scanner_.skip(1);
    scanner_.skip_blanks();
  }
  Result<YamlScalar> name = scanner_.scalar(
      complex ? YamlScanner::Place::kBlockValue : YamlScanner::Place::kBlockKey, indent);
  if (!name) return fail(name.error());
  pair.key = std::move(*name);
  if (complex) {
    const Result<std::string> rest = scanner_.end_line();
    if (!rest) return fail(rest.error());
    const Status status = scanner_.skip_to_token();
    if (!status) return status;
    if (static_cast<int>(scanner_.column()) != indent) return scanner_.error("a key without value");
  }
  return scanner_.colon(YamlScanner::Place::kBlockKey);
}

Status DocumentParser::value(YamlPair& pair, int indent) {
  pair.value.plain = true;
  const YamlScanner behind_colon = scanner_;
  const std::size_t line = scanner_.line();
  Status status = scanner_.skip_to_token();
  if (!status) return status;
  const bool same_line = scanner_.line() == line;
  if (scanner_.at_end() || (!same_line && static_cast<int>(scanner_.column()) <= indent)) {
    scanner_ = behind_colon;
    Result<std::string> comment = scanner_.end_line();
    if (!comment) return fail(comment.error());
    pair.comment = std::move(*comment);
    return {};
  }
  Result<YamlScalar> text = scanner_.scalar(YamlScanner::Place::kBlockValue, indent);
  if (!text) return fail(text.error());
  pair.value = std::move(*text);
  Result<std::string> comment = scanner_.end_line();
  if (!comment) return fail(comment.error());
  pair.comment = std::move(*comment);
  return {};
}

Status DocumentParser::add(YamlPair pair) {
  const auto at = std::lower_bound(keys_.begin(), keys_.end(), pair.key.text);
  if (at != keys_.end() && *at == pair.key.text) {
    return scanner_.error_at(pair.line, pair.column,
                             "the key \"" + pair.key.text + "\" is there twice");
  }
  keys_.insert(at, pair.key.text);
  if (pair.value.is_null()) pair.value.text.clear();
  pairs_.push_back(std::move(pair));
  return {};
}

// Says for each value who wrote it, and which lines of ours are not there.
PositionsDocument judge(const std::vector<YamlPair>& pairs, std::optional<LastLine> last) {
  PositionsDocument document;
  std::uint64_t own_lines = 0;
  std::uint64_t own_keys = 0;
  std::uint64_t all_keys = 0;
  for (const YamlPair& pair : pairs) {
    const std::string& key = pair.key.text;
    StoredPosition position{.value = pair.value.text, .origin = PositionOrigin::kEdited};
    all_keys ^= hash64(key);
    if (pair.comment.size() == 12 && pair.comment.starts_with(key_check(key))) {
      ++own_lines;
      own_keys ^= hash64(key);
      if (pair.comment.ends_with(value_check(key, position.value))) {
        position.origin = PositionOrigin::kOwn;
      }
    }
    document.table.emplace(key, std::move(position));
  }
  if (!last && own_lines == 0) {
    for (auto& [key, position] : document.table)
      position.origin = PositionOrigin::kAdopted;
  }
  const bool whole = last && last->count == pairs.size() && last->keys == all_keys;
  if (last && !whole && last->count > own_lines) {
    document.missing = last->count - own_lines;
    document.missing_hash = last->keys ^ own_keys;
  }
  return document;
}

// What can be read of a file of ours whose end is missing: lines with good checks.
std::optional<PositionsDocument> salvage(std::string_view text) {
  PositionsDocument document;
  document.salvaged = true;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string line = "positions:\n" + std::string(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    const Result<std::vector<YamlPair>> pairs = DocumentParser(line, "").parse();
    if (!pairs || pairs->size() != 1) continue;
    PositionsDocument one = judge(*pairs, std::nullopt);
    if (one.table.begin()->second.origin == PositionOrigin::kOwn) document.table.merge(one.table);
  }
  if (document.table.empty()) return std::nullopt;
  return document;
}

// What YAML reads back as the same text without quotes. Narrow on purpose.
bool is_plain_key(std::string_view key) {
  constexpr std::string_view kLetters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/_.-";
  return !key.empty() && (key.front() == '/' || key.starts_with("cursor-")) &&
         key.find_first_not_of(kLetters) == std::string_view::npos;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t bytes = utf8_sequence_bytes(text);
    if (bytes == 0) return false;
    text.remove_prefix(bytes);
  }
  return true;
}

std::string quote(std::string_view text) {
  if (!is_utf8(text)) return "!!binary \"" + encode_base64(text) + "\"";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (byte < 0x20 || byte == 0x7f) {
      out.append("\\x" + hex16(byte).substr(14));
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
  return out;
}

}  // namespace

bool PositionsDocument::removed_by_hand(std::string_view key) const {
  if (missing == 0 || table.contains(key)) return false;
  return missing > 1 || hash64(key) == missing_hash;
}

Result<PositionsDocument> parse_positions(std::string_view text, std::string_view name) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  const std::optional<LastLine> last = find_last_line(text);
  const Result<std::vector<YamlPair>> pairs = DocumentParser(text, name).parse();
  if (pairs) return judge(*pairs, last);
  if (!last) {
    std::optional<PositionsDocument> rest = salvage(text);
    if (rest) return std::move(*rest);
  }
  return fail(pairs.error());
}

std::string write_positions(const PositionTable& table) {
  std::string out = table.empty() ? "positions: {}\n" : "positions:\n";
  std::uint64_t keys = 0;
  for (const auto& [key, position] : table) {
    const std::string name = is_plain_key(key) ? key : quote(key);
    out += name.size() > kSimpleKeyBytesMax ? "  ? " + name + "\n  : " : "  " + name + ": ";
    out += quote(position.value) + " # " + key_check(key) + value_check(key, position.value) + "\n";
    keys ^= hash64(key);
  }
  out += "# " + std::to_string(table.size()) + std::string(kCountWords) + hex16(keys) + "\n";
  return out;
}

}  // namespace tailrace::positions

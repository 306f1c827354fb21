// Reads YAML with yaml-cpp's event parser and turns its exceptions into diagnostics.
#include "config/yaml_document.h"

#include <optional>
#include <sstream>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include "config/yaml_tree_builder.h"

namespace tailrace::config {
namespace {

constexpr std::string_view kTagPrefix = "tag:yaml.org,2002:";

SourceLocation location_of(const YAML::Mark& mark) {
  return mark.is_null() ? SourceLocation{} : SourceLocation{{}, mark.line + 1, mark.column + 1};
}

YamlTreeBuilder::Place place_of(const YAML::Mark& mark, YAML::anchor_t anchor) {
  return {mark.line + 1, mark.column + 1, anchor};
}

std::vector<std::string_view> lines_of_file(std::string_view text) {
  std::vector<std::string_view> lines;
  while (true) {
    const std::size_t newline = text.find('\n');
    lines.push_back(text.substr(0, newline));
    if (newline == std::string_view::npos) return lines;
    text.remove_prefix(newline + 1);
  }
}

// From 0; empty beyond the end.
std::string_view line_at(const std::vector<std::string_view>& lines, int line) {
  const auto index = static_cast<std::size_t>(line);
  return line < 0 || index >= lines.size() ? std::string_view() : lines[index];
}

// Hands yaml-cpp's events to the builder.
class Events final : public YAML::EventHandler {
 public:
  Events(const std::vector<std::string_view>& lines, YamlTreeBuilder& builder)
      : lines_(lines), builder_(builder) {}

  void OnDocumentStart(const YAML::Mark& /*mark*/) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    // yaml-cpp takes the last word of a block map for a key, even without its colon.
    if (!levels_.empty() && levels_.back().awaits_value && levels_.back().key_needs_colon) {
      const YAML::Mark& key = levels_.back().key;
      const std::string_view line = line_at(lines_, key.line);
      const auto column = static_cast<std::size_t>(key.column);
      if (line.find(':', column) == std::string_view::npos &&
          line.substr(0, column).find('?') == std::string_view::npos) {
        builder_.error(place_of(key, 0), "the key has no `:` behind it");
      }
    }
    begin_node(mark, KeyStyle::kOther);
    builder_.scalar(place_of(mark, anchor), {}, YamlTreeBuilder::Style::kPlain);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    begin_node(mark, KeyStyle::kOther);
    builder_.alias(place_of(mark, anchor));
  }
  // The tag is "?" for a plain scalar, "!" for any other, else what the file says.
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    begin_node(mark, tag == "?" ? KeyStyle::kPlain : KeyStyle::kOther);
    const auto place = place_of(mark, anchor);
    std::string_view name = tag;
    if (name.starts_with(kTagPrefix)) name.remove_prefix(kTagPrefix.size());
    const bool plain = name == "?" || name.empty() || name == "null" || name == "bool" ||
                       name == "int" || name == "float";
    if (!plain && name != "!" && name != "str") {
      builder_.error(place, fmt::format("the tag {} is not supported", tag));
    }
    builder_.scalar(place, value,
                    plain ? YamlTreeBuilder::Style::kPlain : YamlTreeBuilder::Style::kQuoted);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    begin_node(mark, KeyStyle::kOther);
    levels_.emplace_back();
    builder_.begin(place_of(mark, anchor), YamlType::kList);
  }
  void OnSequenceEnd() override { end_node(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override {
    begin_node(mark, KeyStyle::kOther);
    levels_.emplace_back();
    levels_.back().is_map = true;
    levels_.back().is_flow = style == YAML::EmitterStyle::Flow;
    builder_.begin(place_of(mark, anchor), YamlType::kMap);
  }
  void OnMapEnd() override { end_node(); }

 private:
  enum class KeyStyle { kPlain, kOther };
  // An open list or map.
  struct Level {
    bool is_map = false;
    bool is_flow = false;
    bool awaits_value = false;
    bool key_needs_colon = false;
    YAML::Mark key;
  };

  // A node is a key of the map that it stands in, or a value.
  void begin_node(const YAML::Mark& mark, KeyStyle style) {
    if (levels_.empty() || !levels_.back().is_map) return;
    Level& level = levels_.back();
    level.awaits_value = !level.awaits_value;
    level.key = mark;
    level.key_needs_colon = style == KeyStyle::kPlain && !level.is_flow;
  }

  void end_node() {
    levels_.pop_back();
    builder_.end();
  }

  const std::vector<std::string_view>& lines_;
  YamlTreeBuilder& builder_;
  std::vector<Level> levels_;
};

// A position that moves through a text byte by byte.
struct Cursor {
  int line = 1;
  int column = 1;
  void pass(char c) {
    column = c == '\n' ? 1 : column + 1;
    if (c == '\n') ++line;
  }
};

// The length of the UTF-8 sequence at the start of `text`, or 0 when it is not one.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0U) != 0x80U) return 0;
  }
  const unsigned second = byte(1);
  const bool overlong = (lead == 0xe0 && second < 0xa0) || (lead == 0xf0 && second < 0x90);
  const bool surrogate = lead == 0xed && second >= 0xa0;
  const bool beyond = lead == 0xf4 && second >= 0x90;
  return overlong || surrogate || beyond ? 0 : length;
}

// yaml-cpp would replace bad bytes silently; Promtail's parser refuses them.
std::optional<Diagnostic> find_bad_byte(std::string_view text) {
  Cursor cursor;
  for (std::size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    const std::size_t length = utf8_length(text.substr(i));
    const bool control = (c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f;
    if (length == 0 || control) {
      return Diagnostic{Diagnostic::Severity::kError,
                        {{}, cursor.line, cursor.column},
                        length == 0 ? fmt::format("not valid UTF-8 (byte 0x{:02x})", c)
                                    : fmt::format("a control character (0x{:02x})", c)};
    }
    for (std::size_t k = 0; k < length; ++k)
      cursor.pass(text[i + k]);
    i += length;
  }
  return std::nullopt;
}

bool is_marker(std::string_view line, std::string_view marker) {
  return line.starts_with(marker) && (line.size() == marker.size() || line[marker.size()] == ' ' ||
                                      line[marker.size()] == '\t' || line[marker.size()] == '\r');
}

// Up to the marker that ends the first document: at the start of a line a marker is one even
// inside a block or quoted scalar.
std::string_view first_document(std::string_view text) {
  bool has_content = false;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t newline = text.find('\n', begin);
    const std::size_t end = newline == std::string_view::npos ? text.size() : newline;
    const std::string_view line = text.substr(begin, end - begin);
    const bool starts = is_marker(line, "---");
    if ((starts && has_content) || is_marker(line, "...")) return text.substr(0, begin);
    const std::size_t first = line.find_first_not_of(" \t\r");
    if (starts || (first != std::string_view::npos && line[first] != '#' && line[0] != '%')) {
      has_content = true;
    }
    begin = end + 1;
  }
  return text;
}

Diagnostic syntax_error(const std::vector<std::string_view>& lines,
                        const YAML::Exception& exception) {
  Diagnostic diagnostic;
  diagnostic.location = location_of(exception.mark);
  diagnostic.message = "not valid YAML: " + exception.msg;
  if (exception.msg == "unknown token") diagnostic.message += " (is a text not quoted?)";
  const std::string_view line = line_at(lines, diagnostic.location.line - 1);
  const std::size_t indent = line.find_first_not_of(" \t");
  if (line.substr(0, indent).find('\t') != std::string_view::npos) {
    diagnostic.message += " (tabs cannot indent)";
  }
  return diagnostic;
}

// yaml-cpp takes a quote that never ends for a whole one when the text ends in a line break; a
// comment behind it makes it notice.
std::string with_visible_end(std::string_view text) {
  const std::size_t last = text.find_last_not_of(" \t\r\n");
  const std::string_view blank = last == std::string_view::npos ? text : text.substr(last + 1);
  std::string whole(text);
  if (blank.find('\n') != std::string_view::npos) whole += text.ends_with('\n') ? "#" : "\n#";
  return whole;
}

// Sees only where a document begins.
class StartOnly final : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark& mark) override { start = mark; }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& /*mark*/, YAML::anchor_t /*anchor*/) override {}
  void OnAlias(const YAML::Mark& /*mark*/, YAML::anchor_t /*anchor*/) override {}
  void OnScalar(const YAML::Mark& /*mark*/, const std::string& /*tag*/, YAML::anchor_t /*anchor*/,
                const std::string& /*value*/) override {}
  void OnSequenceStart(const YAML::Mark& /*mark*/, const std::string& /*tag*/,
                       YAML::anchor_t /*anchor*/, YAML::EmitterStyle::value /*style*/) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark& /*mark*/, const std::string& /*tag*/, YAML::anchor_t /*anchor*/,
                  YAML::EmitterStyle::value /*style*/) override {}
  void OnMapEnd() override {}

  YAML::Mark start = YAML::Mark::null_mark();
};

}  // namespace

std::string_view describe(YamlType type) {
  switch (type) {
    case YamlType::kNull:
      return "null";
    case YamlType::kText:
      return "text";
    case YamlType::kBool:
      return "a boolean";
    case YamlType::kInteger:
      return "an integer";
    case YamlType::kFloat:
      return "a number";
    case YamlType::kList:
      return "a list";
    case YamlType::kMap:
      return "a map";
  }
  return "";
}

YamlDocument YamlDocument::parse(std::string_view text) {
  YamlDocument document;
  const auto fail = [&](Diagnostic diagnostic) {
    document.root_ = nullptr;
    document.diagnostics_.push_back(std::move(diagnostic));
  };
  if (text.size() > kConfigBytesMax) {
    fail({Diagnostic::Severity::kError,
          {},
          fmt::format("the file has more than {} bytes", kConfigBytesMax)});
    return document;
  }
  if (auto bad = find_bad_byte(text)) {
    fail(std::move(*bad));
    return document;
  }
  text = first_document(text);
  const std::vector<std::string_view> lines = lines_of_file(text);
  YamlTreeBuilder builder(document.nodes_, document.diagnostics_);
  try {
    std::istringstream stream(with_visible_end(text));
    YAML::Parser parser(stream);
    Events events(lines, builder);
    if (!parser.HandleNextDocument(events)) builder.scalar({1, 1, 0}, {}, {});
    document.root_ = builder.failed() ? nullptr : builder.root();
    // What is left over is no second document (those are cut off): the indentation is wrong.
    StartOnly leftover;
    if (parser.HandleNextDocument(leftover)) {
      fail({Diagnostic::Severity::kError, location_of(leftover.start),
            "does not belong to what stands before it; is the indentation right?"});
    }
  } catch (const YAML::Exception& exception) {
    fail(syntax_error(lines, exception));
  }
  return document;
}

}  // namespace tailrace::config

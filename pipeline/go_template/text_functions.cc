// Template functions that make texts of texts.
#include <algorithm>
#include <array>

#include "base/go_quote.h"
#include "pipeline/go_template/functions.h"
#include "pipeline/go_template/print.h"
#include "pipeline/go_template/words.h"

namespace tailrace::pipeline::go_template {
namespace {

std::string_view text(const Call& call, std::size_t i) {
  return call.args[i].text;
}

template <auto Append>
bool mapped(Call& call) {
  Append(call.runtime.start_text(), text(call, 0), call.runtime);
  return call.return_scratch();
}

bool initials(Call& call) {
  append_initials(call.runtime.start_text(), text(call, 0));
  return call.return_scratch();
}

template <char Connector>
bool connected(Call& call) {
  append_connected(call.runtime.start_text(), text(call, 0), Connector, call.runtime);
  return call.return_scratch();
}

// Replace text old new count.
bool replace_some(Call& call) {
  append_replaced(call.runtime.start_text(), text(call, 0), text(call, 1), text(call, 2),
                  call.args[3].integer);
  return call.return_scratch();
}

// replace old new text.
bool replace_all(Call& call) {
  append_replaced(call.runtime.start_text(), text(call, 2), text(call, 0), text(call, 1), -1);
  return call.return_scratch();
}

// Trim text cutset.
template <Side Where>
bool trim_text(Call& call) {
  return call.return_text(trimmed(text(call, 0), text(call, 1), Where));
}
// trimAll cutset text.
bool trim_all(Call& call) {
  return call.return_text(trimmed(text(call, 1), text(call, 0), Side::kBoth));
}
bool trim_space(Call& call) {
  return call.return_text(without_space(text(call, 0)));
}

std::string_view without_prefix(std::string_view text, std::string_view prefix) {
  return text.starts_with(prefix) ? text.substr(prefix.size()) : text;
}
std::string_view without_suffix(std::string_view text, std::string_view suffix) {
  return text.ends_with(suffix) ? text.substr(0, text.size() - suffix.size()) : text;
}
bool trim_prefix_of(Call& call) {
  return call.return_text(without_prefix(text(call, 0), text(call, 1)));
}
bool trim_suffix_of(Call& call) {
  return call.return_text(without_suffix(text(call, 0), text(call, 1)));
}
bool trim_prefix(Call& call) {
  return call.return_text(without_prefix(text(call, 1), text(call, 0)));
}
bool trim_suffix(Call& call) {
  return call.return_text(without_suffix(text(call, 1), text(call, 0)));
}

bool contains(Call& call) {
  return call.return_bool(text(call, 1).find(text(call, 0)) != std::string_view::npos);
}
bool has_prefix(Call& call) {
  return call.return_bool(text(call, 1).starts_with(text(call, 0)));
}
bool has_suffix(Call& call) {
  return call.return_bool(text(call, 1).ends_with(text(call, 0)));
}

// substr begin end text; what is beyond the text is an error, as Go's slicing is.
bool substr(Call& call) {
  const std::string_view whole = text(call, 2);
  const auto size = static_cast<std::int64_t>(whole.size());
  std::int64_t begin = call.args[0].integer;
  std::int64_t end = call.args[1].integer;
  if (begin < 0) {
    begin = 0;
  } else if (end < 0 || end > size) {
    end = size;
  }
  if (begin > end || end > size || end < 0) return false;
  return call.return_text(
      whole.substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin)));
}

// trunc count text; below 0: the last bytes.
bool trunc(Call& call) {
  const std::string_view whole = text(call, 1);
  const auto size = static_cast<std::int64_t>(whole.size());
  const std::int64_t count = call.args[0].integer;
  if (count < 0 && size + count > 0) {
    return call.return_text(whole.substr(static_cast<std::size_t>(size + count)));
  }
  if (count >= 0 && size > count) {
    return call.return_text(whole.substr(0, static_cast<std::size_t>(count)));
  }
  return call.return_text(whole);
}

bool abbrev(Call& call) {
  const std::string_view whole = text(call, 1);
  const std::int64_t width = call.args[0].integer;
  if (width < 4 || static_cast<std::int64_t>(whole.size()) <= width) {
    return call.return_text(whole);
  }
  std::string& out = call.runtime.start_text();
  out = whole.substr(0, static_cast<std::size_t>(width - 3));
  out += "...";
  return call.return_scratch();
}

// abbrevboth from width text: the middle of a text, with dots for what is left out.
bool abbreviate_both(Call& call) {
  const std::string_view whole = text(call, 2);
  const auto size = static_cast<std::int64_t>(whole.size());
  const std::int64_t width = call.args[1].integer;
  std::int64_t from = std::min(call.args[0].integer, size);
  if (width < 4 || (from > 0 && width < 7) || size <= width) return call.return_text(whole);
  from = std::min(from, size - (width - 3));
  std::string& out = call.runtime.start_text();
  const auto part = [&whole](std::int64_t begin, std::int64_t bytes) {
    return whole.substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(bytes));
  };
  if (from <= 4) {
    out = part(0, width - 3);
    out += "...";
  } else if (from + width - 3 < size) {
    out = "...";
    out += part(from, width - 6);
    out += "...";
  } else {
    out = "...";
    out += part(size - (width - 3), width - 3);
  }
  return call.return_scratch();
}

enum class LongWords { kCut, kKeep };

// Lines of at most `width` bytes, as far as words allow.
bool return_wrapped(Call& call, std::string_view whole, std::string_view line_end,
                    std::int64_t width, LongWords long_words) {
  const auto bytes = static_cast<std::size_t>(std::max<std::int64_t>(width, 1));
  std::string& out = call.runtime.start_text();
  while (whole.size() > bytes) {
    if (whole[0] == ' ') {
      whole.remove_prefix(1);
      continue;
    }
    std::size_t end = whole.substr(0, bytes + 1).rfind(' ');
    std::size_t next = end + 1;
    if (end == std::string_view::npos && long_words == LongWords::kCut) {
      end = bytes;
      next = bytes;
    } else if (end == std::string_view::npos) {
      end = whole.find(' ', bytes);
      if (end == std::string_view::npos) break;
      next = end + 1;
    }
    out += whole.substr(0, end);
    out += line_end;
    whole.remove_prefix(next);
    if (out.size() > kTextBytesMax) return false;
  }
  out += whole;
  return call.return_scratch();
}
// wrap width text.
bool wrap(Call& call) {
  return return_wrapped(call, text(call, 1), "\n", call.args[0].integer, LongWords::kKeep);
}
// wrapWith width line_end text.
bool wrap_with(Call& call) {
  const std::string_view line_end = text(call, 1).empty() ? "\n" : text(call, 1);
  return return_wrapped(call, text(call, 2), line_end, call.args[0].integer, LongWords::kCut);
}

bool hello(Call& call) {
  return call.return_text("Hello!");
}

bool no_space(Call& call) {
  std::string& out = call.runtime.start_text();
  std::string_view rest = text(call, 0);
  while (!rest.empty()) {
    const DecodedCharacter character = decode_utf8(rest);
    if (!is_space(character.code_point)) out += rest.substr(0, character.bytes);
    rest.remove_prefix(character.bytes);
  }
  return call.return_scratch();
}

bool repeat(Call& call) {
  const std::int64_t count = call.args[0].integer;
  const std::string_view piece = text(call, 1);
  if (count < 0) return false;
  if (piece.empty()) return call.return_text("");
  if (static_cast<std::uint64_t>(count) > kTextBytesMax / piece.size()) return false;
  std::string& out = call.runtime.start_text();
  for (std::int64_t i = 0; i < count; ++i)
    out += piece;
  return call.return_scratch();
}

bool indent_with(Call& call, std::string_view begin) {
  const std::int64_t spaces = call.args[0].integer;
  if (spaces < 0 || spaces > 10'000) return false;
  const std::string padding(static_cast<std::size_t>(spaces), ' ');
  const std::string line_begin = "\n" + padding;
  std::string& out = call.runtime.start_text();
  out += begin;
  out += padding;
  append_replaced(out, text(call, 1), "\n", line_begin, -1);
  return out.size() <= kTextBytesMax && call.return_scratch();
}
bool indent(Call& call) {
  return indent_with(call, "");
}
bool new_line_indent(Call& call) {
  return indent_with(call, "\n");
}

bool quote(Call& call) {
  std::string& out = call.runtime.start_text();
  for (const Value& value : call.args) {
    if (value.is_nil()) continue;
    if (!out.empty()) out += ' ';
    std::string plain;
    append_value(plain, value, call.runtime.nodes());
    append_quoted(out, plain);
    if (out.size() > kTextBytesMax) return false;
  }
  return call.return_scratch();
}

bool single_quote(Call& call) {
  std::string& out = call.runtime.start_text();
  for (const Value& value : call.args) {
    if (value.is_nil()) continue;
    if (!out.empty()) out += ' ';
    out += '\'';
    append_value(out, value, call.runtime.nodes());
    out += '\'';
  }
  return call.return_scratch();
}

bool cat(Call& call) {
  std::string& out = call.runtime.start_text();
  bool is_first = true;
  for (const Value& value : call.args) {
    if (value.is_nil()) continue;
    if (!is_first) out += ' ';
    is_first = false;
    append_value(out, value, call.runtime.nodes());
  }
  return call.return_scratch();
}

bool to_string(Call& call) {
  append_value(call.runtime.start_text(), call.args[0], call.runtime.nodes());
  return call.return_scratch();
}

bool plural(Call& call) {
  return call.return_text(text(call, call.args[2].integer == 1 ? 0 : 1));
}

bool environment(Call& call) {
  const auto& lookup = call.runtime.surroundings().environment;
  call.runtime.start_text() = lookup ? lookup(text(call, 0)).value_or("") : "";
  return call.return_scratch();
}

bool is_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// Go's os.ExpandEnv: $name, ${name} and the one-character names of a shell.
bool expand_environment(Call& call) {
  constexpr std::string_view kSpecial = "*#$@!?-0123456789";
  const auto& lookup = call.runtime.surroundings().environment;
  const auto value = [&lookup](std::string_view name) {
    return lookup ? lookup(name).value_or("") : std::string();
  };
  std::string& out = call.runtime.start_text();
  std::string_view rest = text(call, 0);
  while (true) {
    const std::size_t dollar = rest.find('$');
    if (dollar == std::string_view::npos || dollar + 1 == rest.size()) break;
    out += rest.substr(0, dollar);
    rest.remove_prefix(dollar + 1);
    if (rest[0] == '{') {
      const std::size_t end = rest.find('}');
      if (end == std::string_view::npos) {
        rest.remove_prefix(1);  // Go eats the brace of a name that does not end.
        continue;
      }
      out += value(rest.substr(1, end - 1));
      rest.remove_prefix(end + 1);
    } else if (kSpecial.find(rest[0]) != std::string_view::npos) {
      out += value(rest.substr(0, 1));
      rest.remove_prefix(1);
    } else {
      const auto* const end = std::find_if_not(rest.begin(), rest.end(), is_name);
      const auto bytes = static_cast<std::size_t>(end - rest.begin());
      if (bytes == 0) out += '$';
      if (bytes != 0) out += value(rest.substr(0, bytes));
      rest.remove_prefix(bytes);
    }
  }
  out += rest;
  return call.return_scratch();
}

constexpr auto kTextFunctions = std::to_array<Function>({
    {"ToLower", "s", mapped<append_lower>},
    {"ToUpper", "s", mapped<append_upper>},
    {"lower", "s", mapped<append_lower>},
    {"upper", "s", mapped<append_upper>},
    {"title", "s", mapped<append_title>},
    {"untitle", "s", mapped<append_untitled>},
    {"swapcase", "s", mapped<append_swapped_case>},
    {"camelcase", "s", mapped<append_camel_case>},
    {"snakecase", "s", connected<'_'>},
    {"kebabcase", "s", connected<'-'>},
    {"initials", "s", initials},
    {"Replace", "sssi", replace_some},
    {"replace", "sss", replace_all},
    {"Trim", "ss", trim_text<Side::kBoth>},
    {"TrimLeft", "ss", trim_text<Side::kLeft>},
    {"TrimRight", "ss", trim_text<Side::kRight>},
    {"TrimPrefix", "ss", trim_prefix_of},
    {"TrimSuffix", "ss", trim_suffix_of},
    {"TrimSpace", "s", trim_space},
    {"trim", "s", trim_space},
    {"trimAll", "ss", trim_all},
    {"trimall", "ss", trim_all},
    {"trimPrefix", "ss", trim_prefix},
    {"trimSuffix", "ss", trim_suffix},
    {"contains", "ss", contains},
    {"hasPrefix", "ss", has_prefix},
    {"hasSuffix", "ss", has_suffix},
    {"substr", "iis", substr},
    {"trunc", "is", trunc},
    {"abbrev", "is", abbrev},
    {"abbrevboth", "iis", abbreviate_both},
    {"wrap", "is", wrap},
    {"wrapWith", "iss", wrap_with},
    {"hello", "", hello},
    {"nospace", "s", no_space},
    {"repeat", "is", repeat},
    {"indent", "is", indent},
    {"nindent", "is", new_line_indent},
    {"quote", "a*", quote},
    {"squote", "a*", single_quote},
    {"cat", "a*", cat},
    {"toString", "a", to_string},
    {"plural", "ssi", plural},
    {"env", "s", environment},
    {"expandenv", "s", expand_environment},
});

}  // namespace

std::span<const Function> text_functions() {
  return kTextFunctions;
}

}  // namespace tailrace::pipeline::go_template

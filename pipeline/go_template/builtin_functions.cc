// The functions of Go's templates themselves: comparison, logic, printing, escaping.
#include <array>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/go_quote.h"
#include "pipeline/go_template/functions.h"
#include "pipeline/go_template/print.h"

namespace tailrace::pipeline::go_template {
namespace {

// What Go compares: values of one of these are comparable with each other.
enum class Basic { kNone, kBool, kInteger, kFloat, kText };

Basic basic_of(const Value& value) {
  switch (value.kind) {
    case Value::Kind::kBool:
      return Basic::kBool;
    case Value::Kind::kInt:
    case Value::Kind::kInt64:
    case Value::Kind::kDuration:
      return Basic::kInteger;
    case Value::Kind::kFloat:
      return Basic::kFloat;
    case Value::Kind::kText:
      return Basic::kText;
    default:
      return Basic::kNone;
  }
}

// False: they cannot be compared.
bool equal(const Value& a, const Value& b, NodeBudget& nodes, bool& result) {
  result = false;
  if (basic_of(a) != basic_of(b)) return a.is_nil() || b.is_nil();
  if (basic_of(a) == Basic::kNone) {
    if (a.is_nil() || b.is_nil()) {
      result = a.is_nil() && b.is_nil();
      return true;
    }
    if (a.kind != Value::Kind::kTime || b.kind != Value::Kind::kTime) return false;
    result = a.integer == b.integer && a.number == b.number;
    return true;
  }
  result = basic_of(a) == Basic::kInteger ? a.integer == b.integer : deep_equal(a, b, nodes);
  return true;
}

bool less(const Value& a, const Value& b, bool& result) {
  if (basic_of(a) != basic_of(b)) return false;
  switch (basic_of(a)) {
    case Basic::kInteger:
      result = a.integer < b.integer;
      return true;
    case Basic::kFloat:
      result = a.number < b.number;
      return true;
    case Basic::kText:
      result = a.text < b.text;
      return true;
    default:
      return false;
  }
}

// Equal to one of the others.
bool eq(Call& call) {
  bool result = false;
  for (const Value& other : call.args.subspan(1)) {
    if (!equal(call.args[0], other, call.runtime.nodes(), result)) return false;
    if (result) break;
  }
  return call.args.size() > 1 && call.return_bool(result);
}

bool ne(Call& call) {
  bool result = false;
  return equal(call.args[0], call.args[1], call.runtime.nodes(), result) &&
         call.return_bool(!result);
}

bool lt(Call& call) {
  bool result = false;
  return less(call.args[0], call.args[1], result) && call.return_bool(result);
}

bool le(Call& call) {
  bool below = false;
  bool same = false;
  return less(call.args[0], call.args[1], below) &&
         equal(call.args[0], call.args[1], call.runtime.nodes(), same) &&
         call.return_bool(below || same);
}

bool gt(Call& call) {
  return le(call) && call.return_bool(!call.result.boolean);
}

bool ge(Call& call) {
  return lt(call) && call.return_bool(!call.result.boolean);
}

bool negate(Call& call) {
  return call.return_bool(!is_true(call.args[0]));
}

bool index(Call& call) {
  Value value = call.args[0];
  if (value.is_nil()) return false;
  for (const Value& key : call.args.subspan(1)) {
    if (value.kind == Value::Kind::kMap) {
      if (!key.is_text()) return false;
      const Value* const found = find(*value.map, key.text);
      const bool texts = value.map->element == Element::kText;
      value = found != nullptr ? *found : texts ? Value::of_text("") : Value{};
    } else if (value.kind == Value::Kind::kList) {
      const bool inside = key.is_integer() && key.integer >= 0 &&
                          key.integer < static_cast<std::int64_t>(value.list->size);
      if (!inside) return false;
      value = value.list->items[key.integer];
    } else if (value.is_text()) {
      const bool inside = key.is_integer() && key.integer >= 0 &&
                          key.integer < static_cast<std::int64_t>(value.text.size());
      if (!inside) return false;
      value = Value::of_int(
          static_cast<unsigned char>(value.text[static_cast<std::size_t>(key.integer)]));
    } else {
      return false;
    }
  }
  call.result = value;
  return true;
}

bool len(Call& call) {
  const Value& value = call.args[0];
  if (value.is_text()) return call.return_int(static_cast<std::int64_t>(value.text.size()));
  if (value.kind == Value::Kind::kList) {
    return call.return_int(static_cast<std::int64_t>(value.list->size));
  }
  return value.kind == Value::Kind::kMap &&
         call.return_int(static_cast<std::int64_t>(value.map->size));
}

bool print(Call& call) {
  append_all(call.runtime.start_text(), call.args, call.runtime.nodes());
  return call.return_scratch();
}

bool print_line(Call& call) {
  std::string& out = call.runtime.start_text();
  for (std::size_t i = 0; i < call.args.size(); ++i) {
    if (i != 0) out += ' ';
    append_value(out, call.args[i], call.runtime.nodes());
  }
  out += '\n';
  return call.return_scratch();
}

bool print_format(Call& call) {
  std::string& out = call.runtime.start_text();
  return append_formatted(out, call.args[0].text, call.args.subspan(1), call.runtime.nodes()) &&
         call.return_scratch();
}

// The arguments as text, for the functions that escape.
std::string arguments_text(const Call& call) {
  std::vector<Value> shown(call.args.begin(), call.args.end());
  for (Value& value : shown) {
    if (value.is_nil()) value = Value::of_text("<no value>");
  }
  std::string text;
  append_all(text, shown, call.runtime.nodes());
  return text;
}

bool html(Call& call) {
  const std::string text = arguments_text(call);
  std::string& out = call.runtime.start_text();
  for (const char c : text) {
    switch (c) {
      case '\0':
        out += "\xEF\xBF\xBD";
        break;
      case '"':
        out += "&#34;";
        break;
      case '\'':
        out += "&#39;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      default:
        out += c;
    }
  }
  return call.return_scratch();
}

bool js(Call& call) {
  constexpr std::string_view kAsUnicode = "<>&=";
  const std::string text = arguments_text(call);
  std::string& out = call.runtime.start_text();
  for (std::size_t i = 0; i < text.size();) {
    const DecodedCharacter character = decode_utf8(std::string_view(text).substr(i));
    const char c = text[i];
    const std::uint32_t code_point = character.code_point;
    if (c == '\\' || c == '\'' || c == '"') {
      out += '\\';
      out += c;
    } else if (code_point < 0x20 ||
               (code_point < 0x80 && kAsUnicode.find(c) != std::string::npos)) {
      out += fmt::format("\\u{:04X}", code_point);
    } else {
      out.append(text, i, character.bytes);
    }
    i += character.bytes;
  }
  return call.return_scratch();
}

bool url_query(Call& call) {
  constexpr std::string_view kSafe = "-_.~";
  const std::string text = arguments_text(call);
  std::string& out = call.runtime.start_text();
  for (const char c : text) {
    const bool alnum = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (alnum || kSafe.find(c) != std::string_view::npos) {
      out += c;
    } else if (c == ' ') {
      out += '+';
    } else {
      constexpr std::string_view kDigits = "0123456789ABCDEF";
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += kDigits[byte >> 4U];
      out += kDigits[byte & 15U];
    }
  }
  return call.return_scratch();
}

bool fail_always(Call& /*call*/) {
  return false;
}

constexpr auto kBuiltinFunctions = std::to_array<Function>({
    {"and", "aa*", nullptr},
    {"or", "aa*", nullptr},
    {"not", "a", negate},
    {"eq", "aa*", eq},
    {"ne", "aa", ne},
    {"lt", "aa", lt},
    {"le", "aa", le},
    {"gt", "aa", gt},
    {"ge", "aa", ge},
    {"index", "aa*", index},
    {"len", "a", len},
    {"print", "a*", print},
    {"println", "a*", print_line},
    {"printf", "sa*", print_format},
    {"html", "a*", html},
    {"js", "a*", js},
    {"urlquery", "a*", url_query},
    {"fail", "s", fail_always},
});

}  // namespace

std::span<const Function> builtin_functions() {
  return kBuiltinFunctions;
}

}  // namespace tailrace::pipeline::go_template

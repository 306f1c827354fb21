// Flags of the verbs.
#include "daemon/verb_flags.h"

#include <algorithm>

#include <fmt/format.h>

namespace tailrace::daemon {
namespace {

Error wrong_flag(std::string message) {
  return {Error::kInvalid, std::move(message)};
}

}  // namespace

Result<std::vector<std::string>> parse_verb_flags(std::span<const char* const> arguments,
                                                  std::span<const VerbFlag> flags) {
  std::vector<std::string> rest;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    std::string_view text = arguments[i];
    if (text == "--") {
      rest.insert(rest.end(), arguments.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                  arguments.end());
      break;
    }
    if (text.size() < 2 || text.front() != '-') {
      rest.emplace_back(text);
      continue;
    }
    text.remove_prefix(text.starts_with("--") ? 2 : 1);
    const std::size_t equals = text.find('=');
    const bool has_value = equals != std::string_view::npos;
    const std::string_view name = text.substr(0, equals);
    std::string_view value = has_value ? text.substr(equals + 1) : std::string_view();
    const auto flag = std::find_if(flags.begin(), flags.end(),
                                   [name](const VerbFlag& one) { return one.name == name; });
    if (flag == flags.end()) {
      return fail(wrong_flag(fmt::format("flag provided but not defined: -{}", name)));
    }
    if (bool* const* const boolean = std::get_if<bool*>(&flag->value)) {
      if (has_value && value != "true" && value != "false") {
        return fail(wrong_flag(fmt::format("invalid boolean value \"{}\" for -{}", value, name)));
      }
      **boolean = !has_value || value == "true";
      continue;
    }
    if (!has_value) {
      if (++i == arguments.size()) {
        return fail(wrong_flag(fmt::format("flag needs an argument: -{}", name)));
      }
      value = arguments[i];
    }
    if (std::string* const* const single = std::get_if<std::string*>(&flag->value)) {
      **single = value;
    } else {
      std::get<std::vector<std::string>*>(flag->value)->emplace_back(value);
    }
  }
  return rest;
}

}  // namespace tailrace::daemon

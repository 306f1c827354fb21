// Diagnostics for programs: one JSON object.
#include "debugger/diagnostics_json.h"

#include <algorithm>

#include "config/secrets.h"
#include "pipeline/json/json_text.h"

namespace tailrace::debugger {
namespace {

using config::Diagnostic;
using pipeline::json::append_valid_string;

void append_member(std::string& out, std::string_view name, std::string text) {
  config::mask_urls_and_queries(text);
  out += name;
  if (text.empty()) {
    out += "null";
  } else {
    append_valid_string(out, text);
  }
}

void append_number(std::string& out, std::string_view name, int number) {
  out += name;
  out += number > 0 ? std::to_string(number) : "null";
}

void append(std::string& out, const Diagnostic& diagnostic) {
  const bool is_error = diagnostic.severity == Diagnostic::Severity::kError;
  append_member(out, "{\"severity\":", is_error ? "error" : "warning");
  append_member(out, ",\"code\":", diagnostic.code);
  append_number(out, ",\"line\":", diagnostic.location.line);
  append_number(out, ",\"column\":", diagnostic.location.column);
  append_member(out, ",\"path\":", diagnostic.location.path);
  append_member(out, ",\"message\":", diagnostic.message);
  append_member(out, ",\"hint\":", diagnostic.hint);
  out += '}';
}

}  // namespace

std::string diagnostics_json(std::span<const Diagnostic> diagnostics, std::string_view file_name) {
  const bool valid =
      std::none_of(diagnostics.begin(), diagnostics.end(), [](const Diagnostic& diagnostic) {
        return diagnostic.severity == Diagnostic::Severity::kError;
      });
  std::string out;
  append_member(out, "{\"file\":", std::string(file_name));
  out += valid ? ",\"valid\":true,\"diagnostics\":[" : ",\"valid\":false,\"diagnostics\":[";
  for (std::size_t i = 0; i < diagnostics.size(); ++i) {
    if (i > 0) out += ',';
    append(out, diagnostics[i]);
  }
  out += "]}\n";
  return out;
}

}  // namespace tailrace::debugger

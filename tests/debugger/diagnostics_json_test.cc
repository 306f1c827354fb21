// Diagnostics for programs.
#include "debugger/diagnostics_json.h"

#include <vector>

#include <gtest/gtest.h>

namespace tailrace::debugger {
namespace {

using config::Diagnostic;
using Severity = Diagnostic::Severity;

TEST(DiagnosticsJson, every_diagnostic_is_an_object) {
  const std::vector<Diagnostic> diagnostics = {
      {Severity::kWarning, {"a.b", 3, 4}, "say \"x\"", "code", "do this"},
      {Severity::kError, {}, "http://user:secret@host is bad", "config"}};
  EXPECT_EQ(diagnostics_json(diagnostics, "f.yaml"),
            "{\"file\":\"f.yaml\",\"valid\":false,\"diagnostics\":["
            "{\"severity\":\"warning\",\"code\":\"code\",\"line\":3,\"column\":4,\"path\":\"a.b\","
            "\"message\":\"say \\\"x\\\"\",\"hint\":\"do this\"},"
            "{\"severity\":\"error\",\"code\":\"config\",\"line\":null,\"column\":null,"
            "\"path\":null,\"message\":\"http://***@host is bad\",\"hint\":null}]}\n");
}

TEST(DiagnosticsJson, warnings_leave_it_valid) {
  const std::vector<Diagnostic> diagnostics = {{Severity::kWarning, {"", 1, 1}, "m", "c"}};
  EXPECT_NE(diagnostics_json(diagnostics, "f").find("\"valid\":true"), std::string::npos);
  EXPECT_EQ(diagnostics_json({}, ""), "{\"file\":null,\"valid\":true,\"diagnostics\":[]}\n");
}

}  // namespace
}  // namespace tailrace::debugger

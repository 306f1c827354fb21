// Names that are no labels, and those that are.
#include "debugger/lint_label_names.h"

#include <gtest/gtest.h>

namespace tailrace::debugger {
namespace {

TEST(LintLabelNames, names_of_unbounded_values_are_known_in_every_spelling) {
  for (const char* name :
       {"id",          "request_id",    "requestId",   "RequestID",  "request-id", "x_request_id",
        "trace_id",    "traceID",       "spanId",      "user_id",    "uuid",       "ip",
        "client_ip",   "clientIP",      "remote_addr", "port",       "user",       "username",
        "session",     "session_id",    "pid",         "path",       "url",        "request_uri",
        "user_agent",  "userAgent",     "timestamp",   "@timestamp", "ts",         "duration",
        "duration_ms", "response_time", "latency",     "bytes",      "message",    "msg",
        "email"}) {
    EXPECT_TRUE(unbounded_kind(name)) << name;
  }
}

TEST(LintLabelNames, the_usual_labels_are_not_among_them) {
  for (const char* name :
       {"level",   "severity",  "job",      "namespace", "pod",        "container", "app",
        "host",    "hostname",  "env",      "method",    "status",     "stream",    "filename",
        "service", "component", "logger",   "unit",      "instance",   "cluster",   "tenant_id",
        "node",    "region",    "tenantId", "class",     "code",       "thread",    "facility",
        "type",    "valid",     "paid",     "grid",      "cluster_id", "exception", "runtime",
        "",        "_",         "image",    "ID_type",   "event_id",   "zip",       "support"}) {
    EXPECT_FALSE(unbounded_kind(name)) << name;
  }
}

}  // namespace
}  // namespace tailrace::debugger

// `gcplog`: by push, or by pull.
#include <utility>

#include <fmt/format.h>

#include "config/parse.h"

namespace tailrace::config {

void parse_gcplog(Fields fields, GcplogConfig& gcplog) {
  std::string type;
  fields.read("subscription_type", type);
  if (type == "push") {
    gcplog.subscription_type = GcplogConfig::Subscription::kPush;
  } else if (!type.empty() && type != "pull") {
    fields.error("subscription_type", fmt::format("must be pull or push, not \"{}\"", type));
  }
  fields.read("project_id", gcplog.project_id);
  fields.read("subscription", gcplog.subscription);
  if (gcplog.subscription_type == GcplogConfig::Subscription::kPull &&
      (type.empty() || type == "pull")) {
    fields.require("project_id");
    fields.require("subscription");
  }
  parse_push_server(fields, gcplog.push);
  fields.read("push_timeout", gcplog.push_timeout);
  refuse_negative(fields, "push_timeout", gcplog.push_timeout);
  fields.read("use_incoming_timestamp", gcplog.use_incoming_timestamp);
  fields.read("use_full_line", gcplog.use_full_line);
  if (auto own = fields.block("tailrace")) {
    parse_body_size(*own, gcplog.push);
    own->finish();
  }
  fields.finish();
}

}  // namespace tailrace::config

// The block `syslog` of a job.
#include <fmt/format.h>

#include "config/parse.h"

namespace tailrace::config {
namespace {

void parse_format(Fields& fields, SyslogConfig& syslog) {
  std::string format;
  fields.read("syslog_format", format);
  if (format == "rfc3164") {
    syslog.format = SyslogConfig::Format::kRfc3164;
  } else if (!format.empty() && format != "rfc5424") {
    fields.error("syslog_format", fmt::format("must be rfc5424 or rfc3164, not \"{}\"", format));
  }
}

void parse_framing(Fields& fields, SyslogConfig& syslog) {
  using Framing = SyslogConfig::Framing;
  std::string framing;
  fields.read("framing", framing);
  if (framing == "newline") {
    syslog.framing = Framing::kNewline;
  } else if (framing == "octet_counted") {
    syslog.framing = Framing::kOctetCounted;
  } else if (framing == "nul") {
    syslog.framing = Framing::kNul;
  } else if (!framing.empty() && framing != "auto") {
    fields.error("framing",
                 fmt::format("must be auto, newline, octet_counted or nul, not \"{}\"", framing));
  }
}

void parse_additions(Fields fields, SyslogConfig& syslog) {
  fields.read("tolerant", syslog.tolerant);
  fields.read("timezone", syslog.timezone);
  parse_framing(fields, syslog);
  parse_listen_limits(fields, syslog.listen);
  fields.finish();
}

}  // namespace

void parse_syslog(Fields fields, SyslogConfig& syslog) {
  parse_listen(fields, syslog.listen);
  fields.read("idle_timeout", syslog.idle_timeout);
  refuse_negative(fields, "idle_timeout", syslog.idle_timeout);
  // Zero is Promtail's word for the default.
  if (syslog.idle_timeout.count() == 0) syslog.idle_timeout = SyslogConfig().idle_timeout;
  fields.read("label_structured_data", syslog.label_structured_data);
  parse_labels(fields, "labels", syslog.labels);
  fields.read("use_incoming_timestamp", syslog.use_incoming_timestamp);
  fields.read("use_rfc5424_message", syslog.use_rfc5424_message);
  parse_format(fields, syslog);
  fields.read("max_message_length", syslog.max_message_length);
  if (syslog.max_message_length == 0) {
    syslog.max_message_length = SyslogConfig().max_message_length;
  }
  if (syslog.max_message_length > (16U << 20U)) {
    fields.error("max_message_length", "may be at most 16 MiB");
  }
  if (auto block = fields.block("tls_config")) {
    parse_listen_tls(std::move(*block), syslog.tls);
    if (syslog.tls.enabled() && syslog.listen.protocol != ListenConfig::Protocol::kTcp) {
      fields.error("tls_config", "needs listen_protocol tcp");
    }
  }
  if (auto block = fields.block("tailrace")) parse_additions(std::move(*block), syslog);
  fields.finish();
}

}  // namespace tailrace::config

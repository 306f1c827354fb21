// RFC 5424, written.
#include "receivers/syslog_text.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <tuple>

#include <fmt/format.h>

namespace tailrace::receivers {
namespace {

bool is_escaped(char c) {
  return c == '"' || c == '\\' || c == ']';
}

// As append_sd_value(), and escaped again.
void append_rewritten(std::string_view written, std::string& out) {
  for (std::size_t i = 0; i < written.size(); ++i) {
    if (written[i] == '\\' && i + 1 < written.size() && is_escaped(written[i + 1])) ++i;
    if (is_escaped(written[i])) out += '\\';
    out += written[i];
  }
}

void append_word(std::string_view word, std::string& out) {
  out += ' ';
  out += word.empty() ? std::string_view("-") : word;
}

void append_time(const SyslogTime& time, std::string& out) {
  if (!time.present || time.year < 0) {
    out += '-';
    return;
  }
  fmt::format_to(std::back_inserter(out), "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", time.year,
                 time.month, time.day, time.hour, time.minute, time.second);
  if (const int micros = time.nanosecond / 1000; micros != 0) {
    fmt::format_to(std::back_inserter(out), ".{:06}", micros);
    while (out.back() == '0')
      out.pop_back();
  }
  if (!time.has_offset) return;
  if (time.offset_seconds == 0) {
    out += 'Z';
    return;
  }
  const int minutes = std::abs(time.offset_seconds) / 60;
  fmt::format_to(std::back_inserter(out), "{}{:02}:{:02}", time.offset_seconds < 0 ? '-' : '+',
                 minutes / 60, minutes % 60);
}

}  // namespace

void append_sd_value(std::string_view written, std::string& out) {
  for (std::size_t i = 0; i < written.size(); ++i) {
    if (written[i] == '\\' && i + 1 < written.size() && is_escaped(written[i + 1])) ++i;
    out += written[i];
  }
}

void SyslogRenderer::render_structured_data(std::string_view data, std::string& out) {
  if (data.empty()) {
    out += '-';
    return;
  }
  params_.clear();
  SyslogParams params(data);
  while (params.next())
    params_.push_back({.id = params.id(), .name = params.name(), .value = params.value()});
  std::stable_sort(params_.begin(), params_.end(), [](const Param& a, const Param& b) {
    return std::tie(a.id, a.name) < std::tie(b.id, b.name);
  });
  for (std::size_t i = 0; i < params_.size(); ++i) {
    const Param& param = params_[i];
    const bool first = i == 0 || params_[i - 1].id != param.id;
    const bool last = i + 1 == params_.size() || params_[i + 1].id != param.id;
    if (first) out.append("[").append(param.id);
    const bool shadowed = !last && params_[i + 1].name == param.name;
    if (!param.name.empty() && !shadowed) {
      out.append(" ").append(param.name).append("=\"");
      append_rewritten(param.value, out);
      out += '"';
    }
    if (last) out += ']';
  }
}

void SyslogRenderer::render(const SyslogMessage& message, std::string& out) {
  fmt::format_to(std::back_inserter(out), "<{}>{} ", message.priority, message.version);
  append_time(message.time, out);
  for (const std::string_view word :
       {message.hostname, message.app_name, message.proc_id, message.msg_id})
    append_word(word, out);
  out += ' ';
  render_structured_data(message.structured_data, out);
  if (message.has_text) out.append(" ").append(message.text);
}

}  // namespace tailrace::receivers

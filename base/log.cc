// Log lines: logfmt or JSON, and the folding of what repeats.
#include "base/log.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstdint>

#include <fmt/format.h>

#include "base/utf8.h"

namespace tailrace {
namespace {

constexpr std::size_t kRememberedMax = 256;

std::string rfc3339(WallTime time) {
  const auto milliseconds = std::chrono::floor<std::chrono::milliseconds>(time);
  const auto day = std::chrono::floor<std::chrono::days>(milliseconds);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(milliseconds - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     clock.subseconds().count());
}

// A quoted string as both JSON and readers of logfmt understand it.
void append_quoted(std::string& out, std::string_view text) {
  std::string valid;
  append_as_utf8(valid, text);
  out += '"';
  for (const char byte : valid) {
    switch (byte) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(byte) < 0x20 || byte == 0x7F) {
          out += fmt::format("\\u{:04x}", static_cast<unsigned char>(byte));
        } else {
          out += byte;
        }
    }
  }
  out += '"';
}

bool needs_quotes(std::string_view text) {
  if (text.empty()) return true;
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte <= ' ' || byte == '=' || byte == '"' || byte == '\\' || byte == 0x7F) return true;
    const std::size_t bytes = utf8_sequence_bytes(text.substr(i));
    if (bytes == 0) return true;
    i += bytes;
  }
  return false;
}

void append_logfmt(std::string& out, std::string_view key, std::string_view value) {
  if (!out.empty()) out += ' ';
  out += key;
  out += '=';
  if (needs_quotes(value)) {
    append_quoted(out, value);
  } else {
    out += value;
  }
}

void append_json(std::string& out, std::string_view key, std::string_view value) {
  out += out.empty() ? '{' : ',';
  append_quoted(out, key);
  out += ':';
  append_quoted(out, value);
}

}  // namespace

std::string_view log_level_text(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarn:
      return "warn";
    case LogLevel::kError:
      return "error";
  }
  return "error";
}

Log::Log(const Clock& clock, Options options, Sink sink)
    : clock_(clock), sink_(std::move(sink)), options_(options) {}

void Log::debug(std::string_view message, std::initializer_list<LogField> fields) {
  write(LogLevel::kDebug, message, fields);
}

void Log::info(std::string_view message, std::initializer_list<LogField> fields) {
  write(LogLevel::kInfo, message, fields);
}

void Log::warn(std::string_view message, std::initializer_list<LogField> fields) {
  write(LogLevel::kWarn, message, fields);
}

void Log::error(std::string_view message, std::initializer_list<LogField> fields) {
  write(LogLevel::kError, message, fields);
}

void Log::set_options(Options options) {
  const MutexLock lock(mutex_);
  options_ = options;
}

std::uint64_t Log::count_repeat(std::string text) {
  const auto known = repeats_.find(text);
  if (known != repeats_.end()) return ++known->second;
  if (repeats_.size() >= kRememberedMax) {
    // What repeats most is what must stay folded, so the rarest go.
    const auto rarest =
        std::min_element(repeats_.begin(), repeats_.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
    const std::uint64_t count = rarest->second;
    std::erase_if(repeats_, [count](const auto& entry) { return entry.second == count; });
  }
  repeats_.emplace(std::move(text), 1);
  return 1;
}

void Log::write(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  messages_[static_cast<std::size_t>(level)].fetch_add(1, std::memory_order_relaxed);
  // The sink is called under the lock: lines of several threads neither mix nor change their order.
  const MutexLock lock(mutex_);
  if (level < options_.level) return;
  const auto append = options_.format == LogFormat::kJson ? append_json : append_logfmt;

  std::uint64_t count = 1;
  if (level >= LogLevel::kWarn) {
    std::string text;
    append_logfmt(text, log_level_text(level), message);
    for (const LogField& field : fields)
      append_logfmt(text, field.key, field.value);
    count = count_repeat(std::move(text));
    if (!std::has_single_bit(count)) return;
  }

  std::string line;
  append(line, "level", log_level_text(level));
  append(line, "ts", rfc3339(clock_.wall_now()));
  append(line, "msg", message);
  for (const LogField& field : fields)
    append(line, field.key, field.value);
  if (count > 1) append(line, "repeated", fmt::format("{}", count));
  if (options_.format == LogFormat::kJson) line += '}';
  line += '\n';
  sink_(line);
}

}  // namespace tailrace

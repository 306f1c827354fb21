// The program's own log: levelled lines in logfmt or JSON on stderr, repeated messages folded.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/mutex.h"

namespace tailrace {

enum class LogLevel { kDebug, kInfo, kWarn, kError };
enum class LogFormat { kLogfmt, kJson };

// "debug", "info", "warn", "error".
std::string_view log_level_text(LogLevel level);

struct LogField {
  std::string_view key;
  std::string value;
};

// Writes `level=... ts=... msg="..." key=value ...` (or the same as one JSON object) per message.
//
// A message at warn or error whose text and fields were logged before is folded: it appears the
// 1st, 2nd, 4th, 8th ... time, with repeated=<count> from the 2nd on. At most 256 texts are
// remembered; beyond that the rarest are forgotten.
//
// Keys are the program's own words and written as they are; values may be any bytes.
//
// Threading: any thread; the sink is called by one thread at a time and must not log.
// Errors: what cannot be written is lost.
class Log {
 public:
  using Sink = std::function<void(std::string_view line)>;  // The line ends in '\n'.

  struct Options {
    LogLevel level = LogLevel::kInfo;
    LogFormat format = LogFormat::kLogfmt;
  };

  Log(const Clock& clock, Options options, Sink sink);

  // A log that writes nothing, for tests.
  static Log discard(const Clock& clock) {
    return {clock, Options{}, [](std::string_view) {}};
  }

  void debug(std::string_view message, std::initializer_list<LogField> fields = {});
  void info(std::string_view message, std::initializer_list<LogField> fields = {});
  void warn(std::string_view message, std::initializer_list<LogField> fields = {});
  void error(std::string_view message, std::initializer_list<LogField> fields = {});

  // How often each level was asked for, whether it was written or not.
  std::uint64_t messages(LogLevel level) const {
    return messages_[static_cast<std::size_t>(level)].load(std::memory_order_relaxed);
  }

  // A reload may change both.
  void set_options(Options options);

 private:
  void write(LogLevel level, std::string_view message, std::initializer_list<LogField> fields);
  // How often `text` was logged, this time included.
  std::uint64_t count_repeat(std::string text) TAILRACE_REQUIRES(mutex_);

  const Clock& clock_;
  const Sink sink_;
  std::array<std::atomic<std::uint64_t>, 4> messages_{};  // By level.
  Mutex mutex_;
  Options options_ TAILRACE_GUARDED_BY(mutex_);
  std::map<std::string, std::uint64_t, std::less<>> repeats_ TAILRACE_GUARDED_BY(mutex_);
};

}  // namespace tailrace

// Prints entries instead of sending them: the dry run.
#include "shippers/print_shipper.h"

#include <array>
#include <chrono>
#include <cstdio>
#include <limits>
#include <utility>

#include "shippers/client_metrics.h"
#include "shippers/push_decoder.h"
#include "shippers/reject_splitter.h"
#include "shippers/snappy_block.h"

namespace tailrace::shippers {

namespace {

constexpr std::string_view kBlue = "\033[34m";
constexpr std::string_view kYellow = "\033[33m";
constexpr std::string_view kPlain = "\033[0m";

}  // namespace

std::string dry_run_time(const Timestamp& timestamp) {
  using std::chrono::days;
  const std::chrono::sys_seconds time{std::chrono::seconds(timestamp.seconds)};
  const auto day = std::chrono::floor<days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  std::string result = text.data();
  if (timestamp.nanoseconds != 0) {
    std::snprintf(text.data(), text.size(), ".%09u", timestamp.nanoseconds);
    result += text.data();
    result.erase(result.find_last_not_of('0') + 1);
  }
  return result + "+0000";
}

PrintShipper::PrintShipper(TextOutput output) : output_(std::move(output)) {}

void PrintShipper::submit(RequestId id, PushBody body) {
  const bool colours = output_.colours == TextOutput::Colours::kAnsi;
  const auto raw = uncompress(body_parts(body), std::numeric_limits<std::uint32_t>::max());
  const auto push = raw ? decode_push(*raw) : Result<DecodedPush>(fail(raw.error()));
  if (!push) {
    results_.push_back({.request = id,
                        .entries = body.entries,
                        .accepted = false,
                        .reason = std::string(kReasonIngesterError)});
    return;
  }
  std::uint32_t skip = body.skip_entries;
  std::string text;
  for (const DecodedStream& stream : push->streams) {
    for (const DecodedEntry& entry : stream.entries) {
      if (skip > 0) {
        --skip;
        continue;
      }
      if (colours) text += kBlue;
      text += dry_run_time(entry.time());
      if (colours) text += kPlain;
      text += '\t';
      if (colours) text += kYellow;
      text += stream.labels;
      if (colours) text += kPlain;
      text += '\t';
      text += entry.line;
      text += '\n';
    }
  }
  output_.write(text);
  results_.push_back({.request = id, .entries = body.entries, .accepted = true, .reason = {}});
}

std::vector<PushResult> PrintShipper::take_results(SteadyTime /*now*/) {
  return std::exchange(results_, {});
}

SteadyTime PrintShipper::next_deadline() const {
  return results_.empty() ? SteadyTime::max() : SteadyTime::min();
}

}  // namespace tailrace::shippers

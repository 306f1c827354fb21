// Loki as the simulation sees it.
#include "tests/simulation/stand_in_loki.h"

#include <snappy.h>

#include <utility>

#include "shippers/push_decoder.h"

namespace tailrace::simulation {
namespace {

// Loki forgets what left a stream's open block (about 256 KiB of text); here it is less, since so
// little is written.
constexpr std::size_t kRememberedBytes = 16 << 10;

}  // namespace

std::string_view answer_name(Answer answer) {
  constexpr std::string_view kNames[] = {"204",     "500",   "503",     "429",
                                         "nothing", "reset", "ack lost"};
  return kNames[static_cast<int>(answer)];
}

StandInLoki::Reply StandInLoki::push(std::string_view tenant, std::string_view body,
                                     Answer answer) {
  switch (answer) {
    case Answer::kServerError:
      return {500, "injected"};
    case Answer::kUnavailable:
      return {503, "injected"};
    case Answer::kThrottled:
      return {429, "injected"};
    case Answer::kNothing:
    case Answer::kReset:
      return {0, ""};
    case Answer::kAccepted:
    case Answer::kStoredAndLost:
      break;
  }
  std::string raw;
  if (!snappy::Uncompress(body.data(), body.size(), &raw)) {
    ++malformed_;
    return {400, "not snappy"};
  }
  const auto push = shippers::decode_push(raw);
  if (!push) {
    ++malformed_;
    return {400, "not a push request"};
  }
  std::vector<EntryKey> keys;
  bool refused = false;
  bool resent = false;
  for (const shippers::DecodedStream& stream : push->streams) {
    for (const shippers::DecodedEntry& entry : stream.entries) {
      EntryKey key{std::string(tenant) + "|" + std::string(stream.labels), entry.time().ns(),
                   std::string(entry.line)};
      if (entry.line.find("poison") != std::string_view::npos) {
        refused = true;
        refused_.insert(key);
        continue;
      }
      resent = answered_.erase(key) > 0 || resent;
      keys.push_back(std::move(key));
    }
  }
  resent_requests_ += resent ? 1 : 0;
  for (const EntryKey& key : keys) {
    if (!recent_.insert(key).second) continue;
    const auto& [stream, time_ns, line] = key;
    kept_.push_back({std::string(tenant), stream, time_ns, line});
    Block& block = blocks_[stream];
    block.entries.push_back(key);
    block.bytes += line.size();
    while (block.bytes > kRememberedBytes) {
      block.bytes -= std::get<2>(block.entries.front()).size();
      recent_.erase(block.entries.front());
      block.entries.pop_front();
    }
  }
  if (!refused && answer == Answer::kAccepted) answered_.insert(keys.begin(), keys.end());
  if (answer == Answer::kStoredAndLost) return {0, ""};
  if (refused) return {400, "an entry is poison"};
  return {204, ""};
}

}  // namespace tailrace::simulation

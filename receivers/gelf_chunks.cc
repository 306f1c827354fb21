// Half messages by sender and id, and their ages.
#include "receivers/gelf_chunks.h"

namespace tailrace::receivers {
namespace {

constexpr std::size_t kIdBegin = 2;
constexpr std::size_t kIdBytes = 8;
constexpr std::size_t kHeaderBytes = 12;

}  // namespace

void GelfChunks::drop(std::map<Key, Half>::iterator half) {
  const auto [begin, end] = ages_.equal_range(half->second.begun);
  for (auto age = begin; age != end; ++age) {
    if (age->second != half->first) continue;
    ages_.erase(age);
    break;
  }
  bytes_ -= half->second.bytes;
  halves_.erase(half);
}

void GelfChunks::drop_oldest() {
  ++given_up_;
  drop(halves_.find(ages_.begin()->second));
}

void GelfChunks::expire(SteadyTime now) {
  while (!ages_.empty() && now - ages_.begin()->first >= kPatience)
    drop_oldest();
}

GelfChunks::Taken GelfChunks::take(std::string_view chunk, const PeerAddress& peer, SteadyTime now,
                                   std::string_view& message) {
  expire(now);
  if (chunk.size() < kHeaderBytes) return Taken::kBad;
  const std::size_t number = static_cast<unsigned char>(chunk[kIdBegin + kIdBytes]);
  const std::size_t count = static_cast<unsigned char>(chunk[kIdBegin + kIdBytes + 1]);
  if (count == 0 || count > kChunksMax || number >= count) return Taken::kBad;
  const std::string_view content = chunk.substr(kHeaderBytes);
  if (count == 1) {
    message = content;
    return Taken::kWhole;
  }
  const auto [at, fresh] =
      halves_.try_emplace({peer, std::string(chunk.substr(kIdBegin, kIdBytes))});
  Half& half = at->second;
  if (fresh) {
    half.parts.resize(count);
    half.came.resize(count);
    half.missing = count;
    half.begun = now;
    ages_.emplace(now, at->first);
  }
  if (half.parts.size() != count) return Taken::kBad;
  if (half.came[number]) return Taken::kMore;  // Once more the same.
  half.came[number] = true;
  half.parts[number] = content;
  half.bytes += content.size();
  bytes_ += content.size();
  if (--half.missing == 0) {
    whole_.clear();
    for (const std::string& part : half.parts)
      whole_ += part;
    message = whole_;
    drop(at);
    return Taken::kWhole;
  }
  while (halves_.size() > kMessagesMax || bytes_ > kBytesMax)
    drop_oldest();
  return Taken::kMore;
}

}  // namespace tailrace::receivers

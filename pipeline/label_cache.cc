// From a target's labels and what stages changed to the interned label set, without a map per line.
#include "pipeline/label_cache.h"

#include <algorithm>
#include <cstring>

namespace tailrace::pipeline {
namespace {

constexpr std::size_t kSlotsAtFirst = 64;

bool unchanged(const LabelChange& change) {
  return change.kind == LabelChange::Kind::kUntouched;
}

std::uint64_t hash_of(const LabelSet& base, std::span<const LabelChange> changes) {
  std::uint64_t hash = base.hash();
  for (const LabelChange& change : changes) {
    hash = hash_text(change.value, hash + static_cast<std::uint64_t>(change.kind));
  }
  return hash;
}

}  // namespace

LabelCache::LabelCache(LabelSetTable& table, std::span<const std::string> names)
    : table_(table), names_(names), slots_(kSlotsAtFirst) {}

const LabelSet& LabelCache::find(const LabelSet& base, std::span<const LabelChange> changes) {
  if (std::all_of(changes.begin(), changes.end(), unchanged)) return base;
  const std::uint64_t hash = hash_of(base, changes);
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t i = hash & mask;; i = (i + 1) & mask) {
    const Slot& slot = slots_[i];
    if (slot.generation != generation_) break;
    if (slot.hash == hash && slot.base == &base && matches(slot, changes)) return *slot.result;
  }
  const LabelSet& result = make(base, changes);
  if (used_ >= kCombinationsMax || keys_.size() > kKeyBytesMax) clear();
  if ((used_ + 1) * 2 > slots_.size()) grow();
  insert({.generation = generation_,
          .hash = hash,
          .base = &base,
          .result = &result,
          .key_begin = keys_.size()});
  for (const LabelChange& change : changes) {
    keys_ += static_cast<char>(change.kind);
    if (change.kind != LabelChange::Kind::kSet) continue;
    const std::size_t size = change.value.size();
    const std::size_t at = keys_.size();
    keys_.resize(at + sizeof size);
    std::memcpy(keys_.data() + at, &size, sizeof size);
    keys_ += change.value;
  }
  return result;
}

bool LabelCache::matches(const Slot& slot, std::span<const LabelChange> changes) const {
  const char* key = keys_.data() + slot.key_begin;
  for (const LabelChange& change : changes) {
    if (*key++ != static_cast<char>(change.kind)) return false;
    if (change.kind != LabelChange::Kind::kSet) continue;
    std::size_t size = 0;
    std::memcpy(&size, key, sizeof size);
    key += sizeof size;
    if (change.value != std::string_view(key, size)) return false;
    key += size;
  }
  return true;
}

const LabelSet& LabelCache::make(const LabelSet& base, std::span<const LabelChange> changes) {
  pairs_.clear();
  for (const LabelPair& pair : base.pairs()) {
    const auto name = std::find(names_.begin(), names_.end(), pair.name);
    const bool kept =
        name == names_.end() || unchanged(changes[static_cast<std::size_t>(name - names_.begin())]);
    if (kept) pairs_.push_back(pair);
  }
  for (std::size_t i = 0; i < changes.size(); ++i) {
    if (changes[i].kind != LabelChange::Kind::kSet) continue;
    pairs_.push_back({.name = names_[i], .value = changes[i].value});
  }
  std::sort(pairs_.begin(), pairs_.end(),
            [](const LabelPair& a, const LabelPair& b) { return a.name < b.name; });
  return table_.intern(pairs_);
}

void LabelCache::insert(const Slot& slot) {
  const std::size_t mask = slots_.size() - 1;
  std::size_t i = slot.hash & mask;
  while (slots_[i].generation == generation_)
    i = (i + 1) & mask;
  slots_[i] = slot;
  ++used_;
}

void LabelCache::grow() {
  std::vector<Slot> old(slots_.size() * 2);
  old.swap(slots_);
  used_ = 0;
  for (const Slot& slot : old) {
    if (slot.generation == generation_) insert(slot);
  }
}

void LabelCache::clear() {
  ++generation_;
  used_ = 0;
  keys_.clear();
}

}  // namespace tailrace::pipeline

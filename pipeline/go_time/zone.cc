// A time zone: its offsets from UTC over time, from a TZif file.
#include "pipeline/go_time/zone.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace tailrace::pipeline::go_time {

// Reads one file. The counts at its begin say how much of everything follows; files have a second,
// complete block with times of 64 bits behind the old one.
class Zone::Reader {
 public:
  explicit Reader(std::string_view file) : file_(file) {}

  Result<Zone> read() {
    Header header;
    if (!read_header(header)) return malformed();
    std::size_t time_bytes = 4;
    if (header.version >= '2') {
      if (!skip(block_bytes(header, 4)) || !read_header(header)) return malformed();
      time_bytes = 8;
    }
    if (header.kinds == 0 || block_bytes(header, time_bytes) > left()) return malformed();
    Zone zone;
    if (!read_block(header, time_bytes, zone)) return malformed();
    if (time_bytes == 8) read_rule(zone);
    return zone;
  }

 private:
  struct Header {
    char version = 0;
    std::size_t utc_flags = 0;
    std::size_t standard_flags = 0;
    std::size_t leaps = 0;
    std::size_t times = 0;
    std::size_t kinds = 0;
    std::size_t name_bytes = 0;
  };

  static tl::unexpected<Error> malformed() {
    return fail(Error::kCorrupt, "malformed time zone file");
  }

  std::size_t left() const { return file_.size() - at_; }

  bool skip(std::size_t bytes) {
    if (bytes > left()) return false;
    at_ += bytes;
    return true;
  }

  // The caller has made sure that the bytes are there.
  std::uint64_t big_endian(std::size_t bytes) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes; ++i) {
      value = value << 8U | static_cast<unsigned char>(file_[at_++]);
    }
    return value;
  }
  std::int64_t signed_number(std::size_t bytes) {
    const std::uint64_t value = big_endian(bytes);
    if (bytes == 4) return static_cast<std::int32_t>(static_cast<std::uint32_t>(value));
    return static_cast<std::int64_t>(value);
  }

  bool read_header(Header& header) {
    constexpr std::size_t kHeaderBytes = 44;
    if (left() < kHeaderBytes || file_.substr(at_, 4) != "TZif") return false;
    header.version = file_[at_ + 4];
    at_ += 20;
    header.utc_flags = big_endian(4);
    header.standard_flags = big_endian(4);
    header.leaps = big_endian(4);
    header.times = big_endian(4);
    header.kinds = big_endian(4);
    header.name_bytes = big_endian(4);
    return true;
  }

  static std::size_t block_bytes(const Header& header, std::size_t time_bytes) {
    return header.times * (time_bytes + 1) + header.kinds * 6 + header.name_bytes +
           header.leaps * (time_bytes + 4) + header.standard_flags + header.utc_flags;
  }

  bool read_block(const Header& header, std::size_t time_bytes, Zone& zone) {
    zone.transitions_.resize(header.times);
    for (Transition& transition : zone.transitions_)
      transition.when = signed_number(time_bytes);
    for (Transition& transition : zone.transitions_) {
      transition.kind = big_endian(1);
      if (transition.kind >= header.kinds) return false;
    }
    std::vector<std::size_t> name_at;
    for (std::size_t i = 0; i < header.kinds; ++i) {
      Kind& kind = zone.kinds_.emplace_back();
      kind.offset = signed_number(4);
      kind.summer = big_endian(1) != 0;
      name_at.push_back(big_endian(1));
    }
    const std::string_view names = file_.substr(at_, header.name_bytes);
    for (std::size_t i = 0; i < header.kinds; ++i) {
      if (name_at[i] >= names.size()) return false;
      const std::string_view name = names.substr(name_at[i]);
      zone.kinds_[i].name = name.substr(0, name.find('\0'));
    }
    return skip(header.name_bytes + header.leaps * (time_bytes + 4) + header.standard_flags +
                header.utc_flags);
  }

  void read_rule(Zone& zone) {
    if (left() < 2 || file_[at_] != '\n') return;
    const std::string_view rest = file_.substr(at_ + 1);
    const std::size_t end = rest.find('\n');
    if (end != std::string_view::npos) zone.rule_ = ZoneRule::parse(rest.substr(0, end));
  }

  const std::string_view file_;
  std::size_t at_ = 0;
};

Result<Zone> Zone::parse(std::string_view file) {
  return Reader(file).read();
}

// What held before the first transition: a kind that no transition leads to, else the last winter
// time before a first summer time, else the first winter time.
std::size_t Zone::first_kind() const {
  const bool first_used =
      std::any_of(transitions_.begin(), transitions_.end(),
                  [](const Transition& transition) { return transition.kind == 0; });
  if (!first_used) return 0;
  if (!transitions_.empty() && kinds_[transitions_.front().kind].summer) {
    for (std::size_t i = transitions_.front().kind; i-- > 0;) {
      if (!kinds_[i].summer) return i;
    }
  }
  for (std::size_t i = 0; i < kinds_.size(); ++i) {
    if (!kinds_[i].summer) return i;
  }
  return 0;
}

ZoneSpan Zone::lookup(std::int64_t seconds) const {
  if (kinds_.empty()) return {};
  const auto next =
      std::upper_bound(transitions_.begin(), transitions_.end(), seconds,
                       [](std::int64_t value, const Transition& t) { return value < t.when; });
  ZoneSpan span;
  if (next == transitions_.begin() && !transitions_.empty()) {
    const Kind& kind = kinds_[first_kind()];
    span = {kind.name, kind.offset};
    span.end = next->when;
    return span;
  }
  if (next == transitions_.end() && rule_) return rule_->lookup(seconds);
  if (transitions_.empty()) return {kinds_.front().name, kinds_.front().offset};
  const Kind& kind = kinds_[(next - 1)->kind];
  span = {kind.name, kind.offset, (next - 1)->when};
  if (next != transitions_.end()) span.end = next->when;
  return span;
}

std::int64_t Zone::offset_at_wall_time(std::int64_t wall_seconds) const {
  // The wall time taken as UTC is near enough to find an offset; if that leads out of the span in
  // which it holds, the neighbour's is the one.
  const ZoneSpan span = lookup(wall_seconds);
  const std::int64_t seconds = wall_seconds - span.offset;
  if (seconds >= span.start && seconds < span.end) return span.offset;
  return lookup(seconds).offset;
}

std::optional<std::int64_t> Zone::offset_of_name(std::string_view name,
                                                 std::int64_t wall_seconds) const {
  for (const Kind& kind : kinds_) {
    if (kind.name == name && lookup(wall_seconds - kind.offset).name == name) {
      return lookup(wall_seconds - kind.offset).offset;
    }
  }
  for (const Kind& kind : kinds_) {
    if (kind.name == name) return kind.offset;
  }
  return std::nullopt;
}

}  // namespace tailrace::pipeline::go_time

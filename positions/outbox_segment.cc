// Segment headers and records to bytes and back; everything that is read is foreign until checked.
//
// A record is a header, a meta part and the bytes of its fragments. The header's checksum covers
// the header and the meta part; each fragment has its own there, so a fragment can be read back
// alone. The meta part is a row of items, each a tag and its fields; numbers are base-128 varints,
// signed ones zigzag.
#include "positions/outbox_segment.h"

#include <algorithm>

#include "base/check.h"
#include "positions/checksum.h"

namespace tailrace::positions {

namespace {

constexpr std::string_view kMagic = "tailrace";

enum Tag : char {
  kTagTime = 'T',
  kTagLane = 'L',
  kTagPoint = 'P',
  kTagForgotten = 'G',
  kTagNote = 'N',
  kTagOutcome = 'O',
  kTagFragment = 'F',
};

enum PointFlag : std::uint64_t { kSkippingLine = 1, kFinished = 2, kCursorDetails = 4 };
enum HeldFlag : std::uint64_t { kContext = 1, kTextKnown = 2, kAttached = 4 };

template <typename Integer>
void put_fixed(char* out, Integer value) {
  for (std::size_t i = 0; i < sizeof(Integer); ++i) {
    out[i] = static_cast<char>(static_cast<unsigned char>(value >> (8 * i)));
  }
}

template <typename Integer>
Integer get_fixed(const char* bytes) {
  Integer value = 0;
  for (std::size_t i = 0; i < sizeof(Integer); ++i) {
    value = static_cast<Integer>(
        value | static_cast<Integer>(static_cast<Integer>(static_cast<unsigned char>(bytes[i]))
                                     << (8 * i)));
  }
  return value;
}

void put_varint(std::string& out, std::uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(static_cast<unsigned char>(value | 0x80U)));
    value >>= 7U;
  }
  out.push_back(static_cast<char>(static_cast<unsigned char>(value)));
}

void put_signed(std::string& out, std::int64_t value) {
  const auto bits = static_cast<std::uint64_t>(value);
  put_varint(out, (bits << 1U) ^ (value < 0 ? ~std::uint64_t{0} : 0));
}

void put_text(std::string& out, std::string_view text) {
  put_varint(out, text.size());
  out.append(text);
}

using TextPairs = std::vector<std::pair<std::string, std::string>>;

void put_pairs(std::string& out, const TextPairs& pairs) {
  put_varint(out, pairs.size());
  for (const auto& [name, value] : pairs) {
    put_text(out, name);
    put_text(out, value);
  }
}

// Takes fields off foreign bytes; after the first that is not there, good() is false.
class Fields {
 public:
  explicit Fields(std::string_view bytes) : rest_(bytes) {}

  bool good() const { return good_; }
  bool empty() const { return rest_.empty(); }

  char tag() {
    if (rest_.empty()) return bad<char>();
    const char first = rest_.front();
    rest_.remove_prefix(1);
    return first;
  }
  std::uint64_t number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (rest_.empty()) return bad<std::uint64_t>();
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      if (shift == 63 && byte > 1) return bad<std::uint64_t>();
      value |= static_cast<std::uint64_t>(byte & 0x7fU) << shift;
      if (byte < 0x80) return value;
    }
    return bad<std::uint64_t>();
  }
  std::uint32_t number32() {
    const std::uint64_t value = number();
    return value <= 0xffffffffU ? static_cast<std::uint32_t>(value) : bad<std::uint32_t>();
  }
  std::int64_t signed_number() {
    const std::uint64_t value = number();
    return static_cast<std::int64_t>((value >> 1U) ^ (~(value & 1U) + 1));
  }
  std::string text() {
    const std::uint64_t size = number();
    if (size > rest_.size()) return bad<std::string>();
    std::string value(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return value;
  }
  // A count of things of at least one byte each, so that a false one cannot ask for much memory.
  std::size_t count() {
    const std::uint64_t value = number();
    return value <= rest_.size() ? value : bad<std::size_t>();
  }

 private:
  template <typename T>
  T bad() {
    good_ = false;
    rest_ = {};
    return T{};
  }

  std::string_view rest_;
  bool good_ = true;
};

LaneRecord take_lane(Fields& fields) {
  LaneRecord lane;
  lane.key.client = fields.text();
  lane.key.tenant = fields.text();
  lane.next = fields.number();
  lane.first_undone = fields.number();
  lane.done_entries = fields.number32();
  const std::size_t ranges = fields.count();
  for (std::size_t i = 0; i < ranges && fields.good(); ++i) {
    SequenceRange range;
    range.begin = fields.number();
    range.end = fields.number();
    lane.dropped.push_back(range);
  }
  return lane;
}

void take_pairs(Fields& fields, TextPairs& pairs) {
  const std::uint64_t count = fields.number();
  for (std::uint64_t i = 0; i < count && fields.good(); ++i) {
    std::string name = fields.text();
    pairs.emplace_back(std::move(name), fields.text());
  }
}

void take_held(Fields& fields, PointRecord& record) {
  ResumePoint& point = record.stored.point;
  const std::size_t lines = fields.count();
  for (std::size_t i = 0; i < lines && fields.good(); ++i) {
    HeldLine line;
    line.number = fields.number();
    line.begin = fields.number();
    line.time_ns = fields.signed_number();
    const std::uint64_t flags = fields.number();
    line.context = (flags & kContext) != 0;
    if ((flags & kTextKnown) != 0) {
      record.known_texts.push_back(i);
    } else {
      line.text = fields.text();
      if ((flags & kAttached) != 0) {
        take_pairs(fields, line.labels);
        take_pairs(fields, line.metadata);
      }
    }
    point.held.push_back(std::move(line));
  }
}

PointRecord take_point(Fields& fields) {
  PointRecord record;
  ResumePoint& point = record.stored.point;
  record.stored.run = fields.number();
  record.stored.cut = fields.number();
  point.source = fields.number();
  point.job = fields.text();
  point.kind = source_kind(fields.text());
  point.path = fields.text();
  point.label_path = fields.text();
  point.identity.device = fields.number();
  point.identity.inode = fields.number();
  point.identity.head_hash = fields.number();
  point.identity.head_bytes = fields.number32();
  point.identity.before_hash = fields.number();
  point.identity.before_bytes = fields.number32();
  point.predecessor = fields.number();
  point.position = fields.number();
  const std::uint64_t flags = fields.number();
  point.skipping_line = (flags & kSkippingLine) != 0;
  point.finished = (flags & kFinished) != 0;
  point.finished_ns = fields.signed_number();
  point.modified_ns = fields.signed_number();
  point.cursor = fields.text();
  if ((flags & kCursorDetails) != 0) point.cursor_details = fields.text();
  point.next_line = fields.number();
  take_pairs(fields, point.labels);
  take_held(fields, record);
  return record;
}

FragmentRecord take_fragment(Fields& fields) {
  FragmentRecord fragment;
  fragment.lane = fields.number32();
  fragment.sequence = fields.number();
  fragment.entries = fields.number32();
  fragment.done_entries = fields.number32();
  fragment.line_bytes = fields.number();
  fragment.first_time_ns = fields.signed_number();
  fragment.bytes = fields.number32();
  fragment.checksum = fields.number32();
  return fragment;
}

OutcomeRecord take_outcome(Fields& fields) {
  OutcomeRecord outcome;
  outcome.lane = fields.number32();
  outcome.entries = fields.number32();
  outcome.accepted = fields.number() != 0;
  outcome.reason = fields.text();
  return outcome;
}

AbsorbNote take_note(Fields& fields) {
  AbsorbNote note;
  note.origin = fields.number();
  note.lane.client = fields.text();
  note.lane.tenant = fields.text();
  note.next = fields.number();
  return note;
}

// Over the fields of a record header that say where the next record is: tells a torn end (the file
// ends before the record does) from a damaged length.
std::uint16_t header_check(std::string_view bytes) {
  const std::uint32_t lengths = crc32c(0, bytes.substr(4, 9));
  return static_cast<std::uint16_t>(crc32c(lengths, bytes.substr(16, 16)));
}

// False on a tag that no encoder writes.
bool take_item(Fields& fields, Record& record) {
  switch (fields.tag()) {
    case kTagTime:
      record.last_time_ns = fields.signed_number();
      return true;
    case kTagLane:
      record.lanes.push_back(take_lane(fields));
      return true;
    case kTagPoint:
      record.points.push_back(take_point(fields));
      return true;
    case kTagForgotten:
      record.forgotten.push_back(fields.number());
      return true;
    case kTagNote:
      record.notes.push_back(take_note(fields));
      return true;
    case kTagOutcome:
      record.outcomes.push_back(take_outcome(fields));
      return true;
    case kTagFragment:
      record.fragments.push_back(take_fragment(fields));
      return true;
    default:
      return false;
  }
}

// Lanes named, lengths and checksums of the fragments behind the meta part.
bool check_fragments(std::string_view bytes, Record& record) {
  std::uint64_t offset = kRecordHeaderBytes + record.header.meta_bytes;
  for (FragmentRecord& fragment : record.fragments) {
    if (fragment.lane >= record.lanes.size() || fragment.bytes > bytes.size() - offset ||
        fragment.done_entries >= fragment.entries) {
      return false;
    }
    if (crc32c(0, bytes.substr(offset, fragment.bytes)) != fragment.checksum) return false;
    fragment.offset = offset;
    offset += fragment.bytes;
  }
  return offset == bytes.size() &&
         std::all_of(record.outcomes.begin(), record.outcomes.end(),
                     [&](const OutcomeRecord& o) { return o.lane < record.lanes.size(); });
}

}  // namespace

std::string encode_segment_header(const SegmentHeader& header) {
  std::string out(kSegmentHeaderBytes, '\0');
  kMagic.copy(out.data(), kMagic.size());
  put_fixed(&out[8], kSegmentVersion);
  put_fixed(&out[12], header.worker);
  put_fixed(&out[16], header.number);
  put_fixed(&out[24], header.run);
  put_fixed(&out[32], header.origin);
  put_fixed(&out[44], crc32c(0, std::string_view(out).substr(0, 44)));
  return out;
}

Result<SegmentHeader> decode_segment_header(std::string_view bytes) {
  if (bytes.size() < kSegmentHeaderBytes || !bytes.starts_with(kMagic)) {
    return fail(Error::kCorrupt, "no segment header");
  }
  const auto version = get_fixed<std::uint32_t>(&bytes[8]);
  if (get_fixed<std::uint32_t>(&bytes[44]) != crc32c(0, bytes.substr(0, 44))) {
    return fail(Error::kCorrupt, "the checksum of the segment header is wrong");
  }
  if (version != kSegmentVersion) {
    return fail(Error::kInvalid, "segment version " + std::to_string(version) +
                                     " is not known to this program (it writes " +
                                     std::to_string(kSegmentVersion) + ")");
  }
  SegmentHeader header;
  header.worker = get_fixed<std::uint32_t>(&bytes[12]);
  header.number = get_fixed<std::uint64_t>(&bytes[16]);
  header.run = get_fixed<std::uint64_t>(&bytes[24]);
  header.origin = get_fixed<std::uint64_t>(&bytes[32]);
  return header;
}

RecordEncoder::RecordEncoder(RecordType type, std::uint64_t run, std::uint64_t cut)
    : meta_(kRecordHeaderBytes, '\0') {
  meta_[12] = static_cast<char>(type);
  put_fixed(&meta_[16], run);
  put_fixed(&meta_[24], cut);
}

void RecordEncoder::add_last_time(std::int64_t last_time_ns) {
  meta_.push_back(kTagTime);
  put_signed(meta_, last_time_ns);
}

std::uint32_t RecordEncoder::add_lane(const LaneRecord& lane) {
  meta_.push_back(kTagLane);
  put_text(meta_, lane.key.client);
  put_text(meta_, lane.key.tenant);
  put_varint(meta_, lane.next);
  put_varint(meta_, lane.first_undone);
  put_varint(meta_, lane.done_entries);
  put_varint(meta_, lane.dropped.size());
  for (const SequenceRange& range : lane.dropped) {
    put_varint(meta_, range.begin);
    put_varint(meta_, range.end);
  }
  return lanes_++;
}

void RecordEncoder::add_point(const ResumePoint& point, std::uint64_t run, std::uint64_t cut,
                              const ResumePoint* known) {
  meta_.push_back(kTagPoint);
  put_varint(meta_, run);
  put_varint(meta_, cut);
  put_varint(meta_, point.source);
  put_text(meta_, point.job);
  put_text(meta_, to_text(point.kind));
  put_text(meta_, point.path);
  put_text(meta_, point.label_path);
  put_varint(meta_, point.identity.device);
  put_varint(meta_, point.identity.inode);
  put_varint(meta_, point.identity.head_hash);
  put_varint(meta_, point.identity.head_bytes);
  put_varint(meta_, point.identity.before_hash);
  put_varint(meta_, point.identity.before_bytes);
  put_varint(meta_, point.predecessor);
  put_varint(meta_, point.position);
  put_varint(meta_, (point.skipping_line ? std::uint64_t{kSkippingLine} : 0) |
                        (point.finished ? std::uint64_t{kFinished} : 0) |
                        (point.cursor_details.empty() ? 0 : std::uint64_t{kCursorDetails}));
  put_signed(meta_, point.finished_ns);
  put_signed(meta_, point.modified_ns);
  put_text(meta_, point.cursor);
  if (!point.cursor_details.empty()) put_text(meta_, point.cursor_details);
  put_varint(meta_, point.next_line);
  // Labels are for held lines; without any there is nobody to wear them.
  put_pairs(meta_, point.held.empty() ? TextPairs() : point.labels);
  put_varint(meta_, point.held.size());
  for (const HeldLine& line : point.held) {
    const bool text_known =
        known != nullptr && std::binary_search(known->held.begin(), known->held.end(), line,
                                               [](const HeldLine& a, const HeldLine& b) {
                                                 return a.number < b.number;
                                               });
    const bool attached = !text_known && (!line.labels.empty() || !line.metadata.empty());
    put_varint(meta_, line.number);
    put_varint(meta_, line.begin);
    put_signed(meta_, line.time_ns);
    put_varint(meta_, (line.context ? std::uint64_t{kContext} : 0) |
                          (text_known ? std::uint64_t{kTextKnown} : 0) |
                          (attached ? std::uint64_t{kAttached} : 0));
    if (!text_known) put_text(meta_, line.text);
    if (attached) {
      put_pairs(meta_, line.labels);
      put_pairs(meta_, line.metadata);
    }
  }
}

void RecordEncoder::add_forgotten(SourceId source) {
  meta_.push_back(kTagForgotten);
  put_varint(meta_, source);
}

void RecordEncoder::add_note(const AbsorbNote& note) {
  meta_.push_back(kTagNote);
  put_varint(meta_, note.origin);
  put_text(meta_, note.lane.client);
  put_text(meta_, note.lane.tenant);
  put_varint(meta_, note.next);
}

void RecordEncoder::add_outcome(const OutcomeRecord& outcome) {
  meta_.push_back(kTagOutcome);
  put_varint(meta_, outcome.lane);
  put_varint(meta_, outcome.entries);
  put_varint(meta_, outcome.accepted ? 1 : 0);
  put_text(meta_, outcome.reason);
}

void RecordEncoder::add_fragment(const FragmentRecord& fragment, std::string_view bytes) {
  const std::uint32_t checksum = crc32c(0, bytes);
  meta_.push_back(kTagFragment);
  put_varint(meta_, fragment.lane);
  put_varint(meta_, fragment.sequence);
  put_varint(meta_, fragment.entries);
  put_varint(meta_, fragment.done_entries);
  put_varint(meta_, fragment.line_bytes);
  put_signed(meta_, fragment.first_time_ns);
  put_varint(meta_, bytes.size());
  put_varint(meta_, checksum);
  parts_.push_back(bytes);
  checksums_.push_back(checksum);
  fragment_bytes_ += bytes.size();
}

std::vector<std::string_view> RecordEncoder::finish() {
  TAILRACE_CHECK(total_bytes() <= 0xffffffffU);
  const std::size_t meta_bytes = meta_.size() - kRecordHeaderBytes;
  put_fixed(&meta_[4], static_cast<std::uint32_t>(meta_bytes + fragment_bytes_));
  put_fixed(&meta_[8], static_cast<std::uint32_t>(meta_bytes));
  put_fixed(&meta_[14], header_check(meta_));
  put_fixed(&meta_[0], crc32c(0, std::string_view(meta_).substr(4)));
  std::vector<std::string_view> parts;
  parts.reserve(parts_.size() + 1);
  parts.emplace_back(meta_);
  parts.insert(parts.end(), parts_.begin(), parts_.end());
  return parts;
}

std::uint64_t RecordEncoder::fragment_offset(std::size_t index) const {
  std::uint64_t offset = meta_.size();
  for (std::size_t i = 0; i < index; ++i)
    offset += parts_[i].size();
  return offset;
}

Result<RecordHeader> decode_record_header(std::string_view bytes) {
  if (bytes.size() < kRecordHeaderBytes) return fail(Error::kCorrupt, "no whole record header");
  RecordHeader header;
  header.checksum = get_fixed<std::uint32_t>(&bytes[0]);
  header.payload_bytes = get_fixed<std::uint32_t>(&bytes[4]);
  header.meta_bytes = get_fixed<std::uint32_t>(&bytes[8]);
  const auto type = static_cast<std::uint8_t>(bytes[12]);
  header.run = get_fixed<std::uint64_t>(&bytes[16]);
  header.cut = get_fixed<std::uint64_t>(&bytes[24]);
  if (type < static_cast<std::uint8_t>(RecordType::kSnapshot) ||
      type > static_cast<std::uint8_t>(RecordType::kDrop) ||
      header.meta_bytes > header.payload_bytes ||
      get_fixed<std::uint16_t>(&bytes[14]) != header_check(bytes)) {
    return fail(Error::kCorrupt, "a record header makes no sense");
  }
  header.type = static_cast<RecordType>(type);
  return header;
}

Result<Record> decode_record(std::string_view bytes) {
  Result<RecordHeader> header = decode_record_header(bytes);
  if (!header) return fail(header.error());
  if (bytes.size() - kRecordHeaderBytes != header->payload_bytes) {
    return fail(Error::kCorrupt, "a record is not whole");
  }
  const std::string_view checked = bytes.substr(4, kRecordHeaderBytes - 4 + header->meta_bytes);
  if (crc32c(0, checked) != header->checksum) {
    return fail(Error::kCorrupt, "the checksum of a record is wrong");
  }
  Record record;
  record.header = *header;
  Fields fields(bytes.substr(kRecordHeaderBytes, header->meta_bytes));
  while (!fields.empty()) {
    if (!take_item(fields, record) || !fields.good()) {
      return fail(Error::kCorrupt, "a record's items make no sense");
    }
  }
  if (!fields.good() || !check_fragments(bytes, record)) {
    return fail(Error::kCorrupt, "the fragments of a record are not what it says");
  }
  return record;
}

}  // namespace tailrace::positions

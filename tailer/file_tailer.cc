// Reading a file that grows, and noticing when it is not the same any more.
//
// A read covers [offset - 64, offset + buffer). The 64 bytes before the offset are compared with
// what was there when the line before ended; the first kHeadBytes are compared by hash as long as
// they are in reach or still growing; and the size may not fall below what was seen. Whoever
// rewrites a file in place (copytruncate, an editor, `> x.log`) is noticed by one of the three.
// What cannot be noticed: new content that is the same in those places.
//
// Positions move in two ways. consume() moves behind a line that ran. Bytes that are no line (the
// rest of a line over the limit, holes) are passed by read() itself: doing that twice after a
// restart does no harm.
#include "tailer/file_tailer.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/check.h"

namespace tailrace::tailer {
namespace {

// One read() makes at most so many preads while it meets no line.
constexpr int kReadsPerCall = 16;
// A run of NUL bytes at the start of a line is no text when it is at least so long: a hole, space
// that was allocated ahead, or what a writer without O_APPEND leaves behind after a truncation.
constexpr std::size_t kNulRunMin = 512;
// Of a buffer for encoded text, one part in so many is for the stored bytes.
constexpr std::size_t kEncodedFactor = 4;

std::size_t without_trailing_nuls(std::span<const char> bytes) {
  std::size_t size = bytes.size();
  while (size > 0 && bytes[size - 1] == '\0')
    --size;
  return size;
}

std::size_t count_leading_nuls(std::span<const char> bytes) {
  const auto end = std::find_if(bytes.begin(), bytes.end(), [](char c) { return c != '\0'; });
  return static_cast<std::size_t>(end - bytes.begin());
}

}  // namespace

FileTailer::FileTailer(ResumePoint point, const LabelSet& labels,
                       std::shared_ptr<const FileReadOptions> options)
    : first_position_(point.position),
      point_(std::move(point)),
      labels_(&labels),
      options_(std::move(options)) {
  labels_->pin();
  point_.held.clear();
  state_ = point_.skipping_line ? LineState::kSkipping : LineState::kAtStart;
  if (counts_lines()) {
    lines_position_ = point_.position;
    state_ = LineState::kAtStart;
  } else {
    offset_ = point_.position;
  }
  size_seen_ = std::max<std::uint64_t>(offset_, counts_lines() ? 0 : point_.identity.head_bytes);
}

FileTailer::~FileTailer() {
  labels_->unpin();
}

// ---- Opening ----

Result<FileTailer::Opened> FileTailer::open(FileSystem& file_system) {
  Result<std::unique_ptr<File>> file = open_content(
      file_system, point_.path,
      counts_lines() ? std::nullopt : compressed_meanwhile(point_.path, point_.label_path));
  if (!file) return fail(file.error());
  const Result<FileStat> stat = (*file)->stat();
  if (!stat) return fail(stat.error());
  if (stat->inode != point_.identity.inode || stat->device != point_.identity.device) {
    return Opened::kOther;
  }
  nul_scan_ = 0;
  if (!counts_lines()) {
    file_ = std::move(*file);
    return Opened::kSame;
  }
  auto unpacked = CompressedFile::open(
      std::move(*file), {.format = options_->decompression.format,
                         .encoding = options_->encoding,
                         .line_bytes_max = static_cast<std::size_t>(options_->line_bytes_max),
                         .position = lines_position_});
  if (!unpacked) return fail(unpacked.error());
  unpacked_ = std::move(*unpacked);
  return Opened::kSame;
}

void FileTailer::close() {
  file_.reset();
  unpacked_.reset();
  decoder_.reset();
  window_ = {};
  block_ = nullptr;
}

void FileTailer::move_to(const MoveFile& target) {
  close();
  point_.path = target.path;
  point_.identity.device = target.device;
  point_.identity.inode = target.inode;
  displaced_ = false;
  size_seen_ = offset_;
  if (target.position) {
    offset_ = size_seen_ = *target.position;
    point_.identity.before_bytes = 0;
    before_known_ = false;
    state_ = LineState::kAtStart;
  }
  if (counts_lines()) size_seen_ = 0;
}

void FileTailer::set_labels(const AdoptFile& adoption, const LabelSet& labels) {
  labels.pin();
  labels_->unpin();
  labels_ = &labels;
  options_ = adoption.options;
  point_.job = adoption.point.job;
}

void FileTailer::finish(WallTime now) {
  point_.finished = true;
  point_.finished_ns = unix_nanoseconds(now);
  close();
}

// ---- Resume points ----

std::size_t FileTailer::before_bytes() const {
  return static_cast<std::size_t>(std::min<std::uint64_t>(kBeforeBytes, offset_));
}

void FileTailer::fill_resume_point(ResumePoint& point) const {
  point.source = point_.source;
  point.job = point_.job;
  point.kind = SourceKind::kFile;
  point.path = point_.path;
  point.label_path = point_.label_path;
  point.identity = point_.identity;
  point.predecessor = point_.predecessor;
  point.position = position();
  point.skipping_line = state_ == LineState::kSkipping;
  point.finished = point_.finished;
  point.finished_ns = point_.finished_ns;
  point.modified_ns = point_.modified_ns;
  point.cursor.clear();
  if (counts_lines()) {
    point.identity.before_bytes = 0;
    point.identity.before_hash = 0;
  } else if (before_known_) {
    const std::span<const char> before(before_.data(), before_bytes());
    point.identity.before_bytes = static_cast<std::uint32_t>(before.size());
    point.identity.before_hash = before.empty() ? 0 : fingerprint(before);
  }
}

void FileTailer::remember_before(std::uint64_t offset) {
  const std::size_t wanted =
      static_cast<std::size_t>(std::min<std::uint64_t>(kBeforeBytes, offset));
  TAILRACE_CHECK(offset - wanted >= window_begin_ && offset <= window_begin_ + window_.size());
  if (wanted > 0) {
    std::memcpy(before_.data(), window_.data() + (offset - wanted - window_begin_), wanted);
  }
  before_known_ = true;
}

void FileTailer::advance(std::uint64_t offset, LineState state) {
  remember_before(offset);
  offset_ = offset;
  state_ = state;
}

void FileTailer::consume(const Line& last) {
  TAILRACE_CHECK(block_ != nullptr);
  while (lines_consumed_ < block_->lines.size()) {
    const Line& line = block_->lines[lines_consumed_];
    ++lines_consumed_;
    ++lines_read_;
    if (line.cut_short) ++lines_cut_;
    if (line.next >= last.next) break;
  }
  if (counts_lines()) {
    TAILRACE_CHECK(unpacked_ != nullptr);
    unpacked_->consume(last.next);
    lines_position_ = last.next;
    return;
  }
  advance(last.next, last.cut_short ? LineState::kSkipping : LineState::kAtStart);
}

// ---- Reading ----

Result<FileTailer::End> FileTailer::load(ReadBuffer& buffer) {
  window_begin_ = offset_ - before_bytes();
  const std::span<char> span = input_of(buffer);
  std::size_t got = 0;
  End end = End::kNotSeen;
  std::int64_t modified_ns = 0;
  while (got < span.size() && end == End::kNotSeen) {
    const Result<std::size_t> count = file_->read_at(window_begin_ + got, span.subspan(got));
    if (!count) return fail(count.error());
    got += *count;
    if (got == span.size()) break;
    const Result<FileStat> stat = file_->stat();
    if (!stat) return fail(stat.error());
    if (stat->size < size_seen_) displaced_ = true;
    if (*count == 0 || window_begin_ + got >= stat->size) {
      end = End::kSeen;
      modified_ns = unix_nanoseconds(stat->modified);
    }
  }
  window_ = span.first(got);
  if (displaced_) return end;
  if (!window_is_as_before()) {
    displaced_ = true;
    return end;
  }
  // Space allocated ahead (NUL bytes up to the end) is no content: it may be given back.
  const std::uint64_t content_end =
      std::max<std::uint64_t>(offset_, window_begin_ + without_trailing_nuls(window_));
  size_seen_ = end == End::kSeen ? content_end : std::max(size_seen_, content_end);
  if (!before_known_) remember_before(offset_);
  if (const Status status = grow_head(end); !status) return fail(status.error());
  if (!displaced_) point_.modified_ns = std::max(point_.modified_ns, modified_ns);
  return end;
}

bool FileTailer::window_is_as_before() const {
  const std::size_t before = before_bytes();
  if (window_.size() < before) return false;
  if (before_known_) return std::memcmp(window_.data(), before_.data(), before) == 0;
  const std::size_t known = point_.identity.before_bytes;
  if (known == 0 || known > before) return true;
  return fingerprint(window_.subspan(before - known, known)) == point_.identity.before_hash;
}

// Compares the head with its known hash, as far as that goes, and takes over what came since.
void FileTailer::check_head(std::span<const char> head) {
  FileIdentity& identity = point_.identity;
  if (head.size() < identity.head_bytes ||
      (identity.head_bytes > 0 &&
       fingerprint(head.first(identity.head_bytes)) != identity.head_hash)) {
    displaced_ = true;
    return;
  }
  const std::size_t content = without_trailing_nuls(head);
  if (content <= identity.head_bytes) return;
  identity.head_bytes = static_cast<std::uint32_t>(content);
  identity.head_hash = fingerprint(head.first(content));
}

Status FileTailer::grow_head(End end) {
  if (window_begin_ == 0 && (end == End::kSeen || window_.size() >= kHeadBytes)) {
    check_head(window_.first(std::min(window_.size(), kHeadBytes)));
    return {};
  }
  if (window_begin_ > 0 &&
      point_.identity.head_bytes >= std::min<std::uint64_t>(kHeadBytes, size_seen_)) {
    return {};
  }
  std::array<char, kHeadBytes> head{};
  const Result<std::size_t> got = read_range(*file_, 0, head);
  if (!got) return fail(got.error());
  check_head(std::span<const char>(head).first(*got));
  return {};
}

void FileTailer::observe(Thoroughness thoroughness) {
  if (displaced_ || !is_open()) return;
  const Result<FileStat> stat = file()->stat();
  if (!stat) return;
  if (stat->size < size_seen_) {
    displaced_ = true;
    return;
  }
  if (counts_lines()) return;
  const std::size_t before = before_bytes();
  if (thoroughness == Thoroughness::kContent && before_known_ && before > 0) {
    std::array<char, kBeforeBytes> now{};
    const Result<std::size_t> got =
        read_range(*file_, offset_ - before, std::span<char>(now).first(before));
    if (got && (*got < before || std::memcmp(now.data(), before_.data(), before) != 0)) {
      displaced_ = true;
      return;
    }
  }
  const bool head_is_full =
      point_.identity.head_bytes >= std::min<std::uint64_t>(kHeadBytes, stat->size);
  if (head_is_full && !(thoroughness == Thoroughness::kContent && before < kBeforeBytes)) return;
  std::array<char, kHeadBytes> head{};
  const Result<std::size_t> got = read_range(*file_, 0, head);
  if (!got) return;
  const std::span<const char> bytes(head.data(), *got);
  check_head(bytes);
  // What was seen may not go away unnoticed.
  if (!displaced_) size_seen_ = std::max<std::uint64_t>(size_seen_, without_trailing_nuls(bytes));
}

// ---- What is no text ----

Result<FileTailer::Nuls> FileTailer::pass_nuls(ReadBuffer& buffer, End end) {
  if (encoded()) return Nuls::kText;
  const std::span<const char> bytes = window_.subspan(before_bytes());
  const std::size_t run = count_leading_nuls(bytes);
  if (run == 0) return Nuls::kText;
  if (run < bytes.size()) {
    if (run < kNulRunMin || state_ == LineState::kSkipping) return Nuls::kText;
    nul_bytes_skipped_ += run;
    advance(offset_ + run, state_);
    return Nuls::kPassed;
  }
  if (end == End::kSeen) return Nuls::kToTheEnd;
  return scan_nuls(buffer);
}

// The buffer holds NUL bytes only and the file goes on. Without consuming them (they may be space
// allocated ahead, to be written yet) looks for what comes behind.
Result<FileTailer::Nuls> FileTailer::scan_nuls(ReadBuffer& buffer) {
  std::uint64_t at = std::max<std::uint64_t>(nul_scan_, window_begin_ + window_.size());
  window_ = {};
  for (int reads = 0; reads < kReadsPerCall; ++reads) {
    const Result<std::uint64_t> data = file_->next_data(at);
    if (data) at = std::max(at, *data);
    const Result<std::size_t> got = file_->read_at(at, buffer.span());
    if (!got) return fail(got.error());
    nul_scan_ = at;
    if (*got == 0) return Nuls::kToTheEnd;
    const std::size_t run = count_leading_nuls(buffer.span().first(*got));
    at += run;
    if (run == *got) continue;
    nul_bytes_skipped_ += at - offset_;
    before_.fill('\0');
    offset_ = at;
    return Nuls::kPassed;
  }
  nul_scan_ = at;
  return Nuls::kMore;
}

// As pass_nuls(), for lines further back in the buffer.
void FileTailer::trim_nuls(LineBlock& block) {
  for (Line& line : block.lines) {
    if (line.text.empty() || line.text.front() != '\0') continue;
    const std::size_t run = count_leading_nuls(line.text);
    if (run < kNulRunMin) continue;
    line.text.remove_prefix(run);
    line.begin += run;
    nul_bytes_skipped_ += run;
  }
}

// ---- Lines ----

// Encoded text is read into the last quarter of the buffer and decoded into what is in front of it:
// UTF-8 takes at most three times as much.
std::span<char> FileTailer::input_of(ReadBuffer& buffer) const {
  const std::span<char> all = buffer.span();
  return encoded() ? all.last(all.size() / kEncodedFactor) : all;
}

bool FileTailer::grow(ReadBuffer& buffer) const {
  std::size_t most = static_cast<std::size_t>(options_->line_bytes_max) + kBeforeBytes + 1;
  if (encoded()) {
    most = (decoder_ ? decoder_->input_bytes_max() : 0) + kBeforeBytes + 1;
    most *= kEncodedFactor;
  }
  if (buffer.size() >= most) return false;
  buffer.grow(std::min(most, buffer.size() * 2));
  return true;
}

// false: the file is too short to tell its encoding.
Result<bool> FileTailer::make_decoder() {
  if (!encoded() || decoder_) return true;
  std::array<char, 4> head{};
  const std::span<char> wanted(head.data(),
                               std::min(head.size(), TextDecoder::head_bytes(options_->encoding)));
  const Result<std::size_t> got = read_range(*file_, 0, wanted);
  if (!got) return fail(got.error());
  if (*got < wanted.size() && ending_ == Ending::kNone) return false;
  auto decoder = TextDecoder::create(options_->encoding, wanted.first(*got),
                                     static_cast<std::size_t>(options_->line_bytes_max));
  if (!decoder) return fail(decoder.error());
  decoder_ = std::move(*decoder);
  return true;
}

FrameResult FileTailer::cut(ReadBuffer& buffer, End end, LineBlock& block) {
  const bool to_end = end == End::kSeen && ending_ != Ending::kNone;
  const std::span<const char> bytes = window_.subspan(before_bytes());
  if (decoder_) {
    using InputEnd = TextDecoder::Input::End;
    const std::span<char> all = buffer.span();
    return decoder_
        ->decode({.bytes = bytes,
                  .begin = offset_,
                  .state = state_,
                  .end = to_end ? InputEnd::kEnd : InputEnd::kMoreMayFollow},
                 all.first(all.size() - all.size() / kEncodedFactor), block)
        .frame;
  }
  const LineFramer framer(static_cast<std::size_t>(options_->line_bytes_max));
  return to_end ? framer.frame_to_end(bytes, offset_, state_, block)
                : framer.frame(bytes, offset_, state_, block);
}

Source::Outcome FileTailer::at_end() {
  if (ending_ == Ending::kEnd) return Outcome::kEnded;
  ending_ = Ending::kNone;
  return Outcome::kUpToDate;
}

Result<Source::Outcome> FileTailer::read(ReadBuffer& buffer, LineBlock& block) {
  block.clear();
  block_ = &block;
  lines_consumed_ = 0;
  wants_more_ = false;
  if (point_.finished) return Outcome::kEnded;
  if (displaced_ || !is_open()) return Outcome::kUpToDate;
  if (unpacked_) return read_unpacked(block);
  const Result<bool> decodable = make_decoder();
  if (!decodable) return fail(decodable.error());
  if (!*decodable) return at_end();
  for (int reads = 0; reads < kReadsPerCall; ++reads) {
    const Result<End> end = load(buffer);
    if (!end) return fail(end.error());
    if (displaced_) return Outcome::kUpToDate;
    const Result<Nuls> nuls = pass_nuls(buffer, *end);
    if (!nuls) return fail(nuls.error());
    if (*nuls == Nuls::kToTheEnd) return at_end();
    if (*nuls == Nuls::kMore) break;
    if (*nuls == Nuls::kPassed) continue;
    const FrameResult framed = cut(buffer, *end, block);
    if (!encoded()) trim_nuls(block);
    if (!block.lines.empty()) return Outcome::kLines;
    if (framed.consumed > 0) advance(offset_ + framed.consumed, framed.state);
    if (*end == End::kSeen && (framed.consumed == 0 || offset_ >= size_seen_)) return at_end();
    if (framed.consumed == 0 && window_.size() == input_of(buffer).size()) {
      if (!grow(buffer)) break;  // Not reached: the framer cuts what fills the largest buffer.
    }
  }
  wants_more_ = true;
  return Outcome::kUpToDate;
}

// Lines are counted by CompressedFile; here is only what their ends mean.
Result<Source::Outcome> FileTailer::read_unpacked(LineBlock& block) {
  while (true) {
    const Result<CompressedFile::Outcome> outcome = unpacked_->read(block);
    if (!block.lines.empty()) return Outcome::kLines;
    const bool damaged = !outcome && (outcome.error().code == Error::kCorrupt ||
                                      outcome.error().code == Error::kExhausted);
    if (!outcome && !damaged) return fail(outcome.error());
    if (outcome && *outcome == CompressedFile::Outcome::kMore) {
      wants_more_ = true;
      return Outcome::kUpToDate;
    }
    if (outcome && *outcome == CompressedFile::Outcome::kIncomplete && ending_ == Ending::kEnd) {
      unpacked_->give_up_waiting();
      continue;
    }
    if (damaged && !damage_) damage_ = outcome.error();
    const Result<FileStat> stat = file()->stat();
    if (!stat) return fail(stat.error());
    if (stat->size < size_seen_) {
      displaced_ = true;
      return Outcome::kUpToDate;
    }
    size_seen_ = stat->size;
    point_.modified_ns = std::max(point_.modified_ns, unix_nanoseconds(stat->modified));
    return at_end();
  }
}

}  // namespace tailrace::tailer

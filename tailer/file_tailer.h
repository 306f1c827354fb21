// One file being followed: turns the bytes appended to it into lines.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "base/result.h"
#include "model/label_set.h"
#include "model/resume_point.h"
#include "model/source.h"
#include "tailer/compressed_file.h"
#include "tailer/file_commands.h"
#include "tailer/line_framer.h"
#include "tailer/rotation.h"
#include "tailer/text_decoder.h"

namespace tailrace::tailer {

// Follows one file from a position, by identity: renaming the file does not disturb it.
//
// The file is the buffer. A partial last line is not kept in memory but read again, so an idle
// tailer costs a descriptor and a few hundred bytes. Every read begins up to 64 bytes before the
// position; when these are not what was there before, or the file is shorter than it was, nothing
// is handed out and displaced() is true until reopened().
//
// Files of jobs with `decompression` count positions in lines, as Promtail does; all others in
// stored bytes (for a file that was compressed after rotation: of its plain text).
//
// Ownership: owns its descriptor. Lines view into the ReadBuffer given to read() or, for a
//   compressed file, into the tailer; both until the next read. Pins its label set.
// Threading: confined to one worker.
// Errors: read() fails on I/O errors only. The owner closes the file and opens it again later.
class FileTailer final : public Source {
 public:
  // What read() does with an unterminated last line at the end of the file.
  enum class Ending {
    kNone,   // It stays until it is complete.
    kFlush,  // It is a line, once; then kNone.
    kEnd,    // It is a line, and then the source has ended.
  };
  enum class Opened {
    kSame,   // The file meant.
    kOther,  // Another file has the path now.
  };

  // `labels` is interned in the worker's table.
  FileTailer(ResumePoint point, const LabelSet& labels,
             std::shared_ptr<const FileReadOptions> options);
  ~FileTailer() override;

  SourceId id() const override { return point_.source; }
  std::string_view job() const override { return point_.job; }
  const LabelSet& labels() const override { return *labels_; }
  Result<Outcome> read(ReadBuffer& buffer, LineBlock& block) override;
  // `last` is of the last block; `buffer` and `block` of that read are still as they were.
  void consume(const Line& last) override;
  void fill_resume_point(ResumePoint& point) const override;

  // Opens path(). Fails as FileSystem::open() does. With kOther nothing is open.
  Result<Opened> open(FileSystem& file_system);
  void close();
  bool is_open() const { return file_ != nullptr || unpacked_ != nullptr; }
  // For a watch; nullptr when closed.
  File* file() { return unpacked_ != nullptr ? &unpacked_->file() : file_.get(); }

  // What was read is not in the file any more; stays so until move_to().
  bool displaced() const { return displaced_; }
  void set_displaced() { displaced_ = true; }
  // Looks at the file without reading lines: notices that it shrank, and takes its fingerprint.
  // With kContent it also compares what read() would.
  enum class Thoroughness { kSize, kContent };
  void observe(Thoroughness thoroughness);
  // The content is in another file: read on there, once opened.
  void move_to(const MoveFile& target);
  void rename(std::string path) { point_.path = std::move(path); }
  void set_labels(const AdoptFile& adoption, const LabelSet& labels);

  void set_ending(Ending ending) { ending_ = ending; }
  Ending ending() const { return ending_; }
  void finish(WallTime now);
  bool finished() const { return point_.finished; }

  // The last read stopped before the end of the file without lines: read again.
  bool wants_more() const { return wants_more_; }
  // Compressed data that cannot be unpacked: what is behind it is not read.
  const std::optional<Error>& damage() const { return damage_; }
  // Bytes behind the position when the end was last seen: an unterminated line.
  std::uint64_t unread_bytes() const {
    return !counts_lines() && size_seen_ > offset_ ? size_seen_ - offset_ : 0;
  }

  const std::string& path() const { return point_.path; }
  const std::string& label_path() const { return point_.label_path; }
  const ResumePoint& point() const { return point_; }
  const FileReadOptions& options() const { return *options_; }
  SourcePosition position() const { return counts_lines() ? lines_position_ : offset_; }
  // Of the file as last seen, in the bytes that it is read in (of a file that counts lines: as
  // stored).
  std::uint64_t size() const { return size_seen_; }
  // Where reading began when it was adopted; after a restart: where it went on.
  SourcePosition first_position() const { return first_position_; }
  std::uint64_t lines_read() const { return lines_read_; }
  std::uint64_t nul_bytes_skipped() const { return nul_bytes_skipped_; }
  std::uint64_t lines_cut() const { return lines_cut_; }

 private:
  // What the last read has in the buffer: the file's bytes from window_begin_ on.
  enum class End { kSeen, kNotSeen };

  bool counts_lines() const { return options_->decompression.enabled; }
  std::size_t before_bytes() const;
  Result<End> load(ReadBuffer& buffer);
  bool window_is_as_before() const;
  Status grow_head(End end);
  void check_head(std::span<const char> head);
  enum class Nuls { kText, kPassed, kToTheEnd, kMore };
  Result<Nuls> pass_nuls(ReadBuffer& buffer, End end);
  Result<Nuls> scan_nuls(ReadBuffer& buffer);
  void trim_nuls(LineBlock& block);
  // Takes what the framer consumed without handing out a line.
  void advance(std::uint64_t offset, LineState state);
  void remember_before(std::uint64_t offset);
  Result<bool> make_decoder();
  FrameResult cut(ReadBuffer& buffer, End end, LineBlock& block);
  std::span<char> input_of(ReadBuffer& buffer) const;
  Result<Outcome> read_unpacked(LineBlock& block);
  bool encoded() const { return !options_->encoding.empty(); }
  bool grow(ReadBuffer& buffer) const;
  Outcome at_end();

  const SourcePosition first_position_;
  ResumePoint point_;  // Position, before_hash and skipping_line are kept below instead.
  const LabelSet* labels_;
  std::shared_ptr<const FileReadOptions> options_;  // Shared by the files of a job.
  std::unique_ptr<File> file_;
  std::unique_ptr<TextDecoder> decoder_;      // Of an encoded file, once its beginning was seen.
  std::unique_ptr<CompressedFile> unpacked_;  // Instead of file_, for files that count lines.

  std::uint64_t offset_ = 0;  // Where reading goes on, in bytes.
  LineState state_ = LineState::kAtStart;
  std::uint64_t lines_position_ = 0;  // The same place in lines, for files that count them.
  std::array<char, kBeforeBytes> before_{};
  bool before_known_ = false;  // Otherwise only its hash is, from the resume point.

  // Of the last read; dies with the next.
  std::span<const char> window_;
  std::uint64_t window_begin_ = 0;
  const LineBlock* block_ = nullptr;
  std::size_t lines_consumed_ = 0;

  std::uint64_t size_seen_ = 0;
  std::uint64_t nul_scan_ = 0;  // Up to here there are only NUL bytes behind the position.
  Ending ending_ = Ending::kNone;
  bool displaced_ = false;
  bool wants_more_ = false;
  std::optional<Error> damage_;
  std::uint64_t lines_read_ = 0;
  std::uint64_t lines_cut_ = 0;
  std::uint64_t nul_bytes_skipped_ = 0;
};

}  // namespace tailrace::tailer

// Standard input as a source.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "model/label_set.h"
#include "model/source.h"

namespace tailrace::receivers {

// Reads lines from a descriptor until its end. Runs of CR and LF at the end of a line are removed,
// blank lines skipped, and an unterminated last line is a line (docs/compatibility.md, stdin). Of a
// line over line_bytes_max the beginning is given once, cut_short.
//
// Ownership: borrows the descriptor, which is set to non-blocking.
// Threading: confined to one worker.
// Errors: a read error ends the source as its end does; it is in error().
// Memory: what was read and not yet consumed, at most two buffers and one line of line_bytes_max.
class StdinReceiver final : public Source {
 public:
  StdinReceiver(int descriptor, SourceId id, std::string job, const LabelSet& labels,
                std::uint32_t line_bytes_max);
  ~StdinReceiver() override;

  SourceId id() const override { return id_; }
  std::string_view job() const override { return job_; }
  const LabelSet& labels() const override { return labels_; }
  Result<Outcome> read(ReadBuffer& buffer, LineBlock& block) override;
  void consume(const Line& last) override;
  void fill_resume_point(ResumePoint& point) const override;

  const std::string& error() const { return error_; }

 private:
  std::size_t pending_bytes_max() const;
  void drop_consumed();
  void fill();

  const int descriptor_;
  const SourceId id_;
  const std::string job_;
  const LabelSet& labels_;
  const std::uint32_t line_bytes_max_;
  std::string pending_;       // Bytes from position begin_ on.
  SourcePosition begin_ = 0;  // Position of pending_[0], in bytes read.
  SourcePosition consumed_ = 0;
  bool skipping_ = false;  // consumed_ is inside a line that was cut short; its rest goes.
  bool ended_ = false;
  std::string error_;
};

}  // namespace tailrace::receivers

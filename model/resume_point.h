// Where a source goes on after a restart: the unit that a cut makes durable.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/entry.h"
#include "model/line_block.h"

namespace tailrace {

// What a file is recognised by (docs/tailing.md): content first, device and inode as hints.
struct FileIdentity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  // Hash of the first min(1024, size) bytes and how many these were; grows with the file.
  std::uint64_t head_hash = 0;
  std::uint32_t head_bytes = 0;
  // Hash of the last min(64, offset) bytes before the resume point's offset.
  std::uint64_t before_hash = 0;
  std::uint32_t before_bytes = 0;
  friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

// Who can open a source again. In the outbox it is the name.
enum class SourceKind : std::uint8_t {
  kOther,  // Of another version of tailrace: nobody's here.
  kFile,
  kStdin,
  kJournal,
  kDocker,
  kKafka,
  kCloudflare,
  kGcplog,    // By pull.
  kReceiver,  // What is sent to us once: only held lines are gone on with.
};

constexpr std::string_view to_text(SourceKind kind) {
  switch (kind) {
    case SourceKind::kFile:
      return "file";
    case SourceKind::kStdin:
      return "stdin";
    case SourceKind::kJournal:
      return "journal";
    case SourceKind::kDocker:
      return "docker";
    case SourceKind::kKafka:
      return "kafka";
    case SourceKind::kCloudflare:
      return "cloudflare";
    case SourceKind::kGcplog:
      return "gcplog";
    case SourceKind::kReceiver:
      return "receiver";
    case SourceKind::kOther:
      break;
  }
  return "other";
}

constexpr SourceKind source_kind(std::string_view text) {
  for (const SourceKind kind :
       {SourceKind::kFile, SourceKind::kStdin, SourceKind::kJournal, SourceKind::kDocker,
        SourceKind::kKafka, SourceKind::kCloudflare, SourceKind::kGcplog, SourceKind::kReceiver}) {
    if (text == to_text(kind)) return kind;
  }
  return SourceKind::kOther;
}

// A line that was read and that a stage still holds (multiline, cri, a limit that waits).
struct HeldLine {
  std::uint64_t number = 0;  // LineOrigin::line.
  SourcePosition begin = 0;  // Where it starts in its source.
  std::int64_t time_ns = 0;  // Its time, kept when it runs again.
  bool context = false;      // Already sent; kept for the labels that later lines take from it.
  std::string text;          // Raw, without line end.
  // Its own labels and metadata (Line), sorted by name and as they came; empty: the source's, none.
  std::vector<std::pair<std::string, std::string>> labels;
  std::vector<std::pair<std::string, std::string>> metadata;
};

// Everything needed to go on with one source exactly behind the last cut.
struct ResumePoint {
  SourceId source = 0;
  SourceKind kind = SourceKind::kOther;
  std::string job;  // The scrape config's job_name.
  // Files: the path it has now and the one its labels were made from. Others: what it is called in
  // its job, "cursor-<job>" or "syslog/0". It is the key in positions.yaml when there is a cursor.
  std::string path;
  std::string label_path;
  FileIdentity identity;
  // The label set of its first adoption, which its held lines run with again. Sorted by name.
  std::vector<std::pair<std::string, std::string>> labels;
  // The file that was followed under this name before and is read first; 0: none.
  SourceId predecessor = 0;
  SourcePosition position = 0;
  bool skipping_line = false;    // position is inside a line over the limit; its rest is skipped.
  bool finished = false;         // Read to its end for good; kept for a while to know rotations by.
  std::int64_t finished_ns = 0;  // When, in wall time.
  // Files: when the file was last written to, as of the last read, or adopted, if that is later.
  std::int64_t modified_ns = 0;
  // Kinds that resume by a text: the value in positions.yaml, and what else the input needs.
  std::string cursor;
  std::string cursor_details;
  std::uint64_t next_line = 0;  // The number that the next line read gets.
  std::vector<HeldLine> held;   // In line order; lines before `position`.

  // What positions.yaml shows: the earliest line that is held (and not mere context) or unread.
  SourcePosition earliest() const {
    for (const HeldLine& line : held) {
      if (!line.context) return line.begin;
    }
    return position;
  }
};

}  // namespace tailrace

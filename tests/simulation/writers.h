// The programs whose logs are shipped, and what became of each line they wrote.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "tests/fakes/memory_file_system.h"
#include "tests/simulation/stand_in_loki.h"

namespace tailrace::simulation {

// How a file's lines look.
enum class Format {
  kPlain,      // id
  kMultiline,  // "START id", then " next id" lines
  kCri,        // "<time> stdout P|F id..."
};

// One log file and the program that writes it.
struct LogFile {
  std::string path;
  Format format = Format::kPlain;
  std::uint64_t next_id = 0;
  bool in_event = false;   // Multiline: something began; cri: a line in parts is open.
  std::string unfinished;  // The rest of a line of which half is written.
  int generation = 0;      // Of rotations.
};

// What a written line must become.
struct WrittenLine {
  std::string path;
  int generation = 0;
  std::string id;            // Unique, in the text: "<a0:17>".
  bool poison = false;       // Loki refuses it.
  bool may_be_lost = false;  // Its file was deleted.
};

// All log files of a run.
class Writers {
 public:
  Writers(testing::MemoryFileSystem& files, Random& random);

  const std::vector<std::string>& directories() const { return directories_; }

  // The actions. Each picks a file by the seed.
  void append();
  void append_half();
  void rotate_by_rename();
  void rotate_by_late_rename();
  void copy_truncate();
  void delete_and_recreate();
  // Completes what is half written.
  void finish_all();

  // Whether a client must have taken every line, or may have been removed before it had.
  enum class Completeness { kWhole, kMayHaveGaps };
  // Checks what a tenant has: every line once, in order per file, parts where they belong. Returns
  // what is wrong, empty when nothing.
  std::vector<std::string> check(const StandInLoki& loki, const std::string& tenant,
                                 Completeness completeness) const;
  std::uint64_t lines_written() const { return written_.size(); }

 private:
  LogFile& pick();
  std::string next_line(LogFile& file);
  void write(LogFile& file, const std::string& text);
  void finish(LogFile& file);
  void forget_oldest_generation(LogFile& file);
  void make_durable();
  void check_order(const StandInLoki& loki, const std::string& tenant,
                   std::vector<std::string>& wrong) const;

  testing::MemoryFileSystem& files_;
  Random& random_;
  std::vector<std::string> directories_;
  std::vector<LogFile> logs_;
  std::vector<WrittenLine> written_;
};

}  // namespace tailrace::simulation

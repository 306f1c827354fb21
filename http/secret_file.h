// A secret that stands in a file and may be changed there at any time.
#pragma once

#include <optional>
#include <string>

#include "base/file_system.h"
#include "base/result.h"

namespace tailrace::http {

// Reads the file when it changed (inode, size or time), so that a rotated secret needs no reload.
//
// Ownership: borrows the FileSystem.
// Threading: confined to one worker. Blocks on the disk, for a small file.
class SecretFile {
 public:
  SecretFile(FileSystem& file_system, std::string path);

  // The text without white space around it.
  Result<std::string> read();

 private:
  FileSystem& file_system_;
  const std::string path_;
  std::optional<FileStat> known_;
  std::string text_;
};

}  // namespace tailrace::http

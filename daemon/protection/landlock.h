// Where the running program may write: Landlock, by the kernel's own interface.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace tailrace::daemon {

// Folders that exist. Reading is allowed everywhere: a reload may add any path.
struct WritableFolders {
  std::vector<std::string> files;    // Files, folders and sockets are made, written and removed.
  std::vector<std::string> sockets;  // Sockets are made, and what is in their way is removed.
};

// From here on this thread, and every thread that it starts, writes only below `folders`, executes
// nothing, and signals nobody outside. There is no way back.
//
// Returns which version of the interface the kernel has.
// Threading: holds for the calling thread and its children alone.
// Errors: ENOSYS, EOPNOTSUPP and EPERM with what they mean: the kernel has no Landlock, it is
//   switched off, something forbids it; ENOENT and the like for a folder.
Result<int> restrict_writing(const WritableFolders& folders);

// Of the kernel; 0: it has none.
int landlock_version();

}  // namespace tailrace::daemon

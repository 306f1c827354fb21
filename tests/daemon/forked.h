// What a process gives up for good is given up in a child.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <functional>

namespace tailrace::daemon {

// The exit status of a child that ran `work`; 1000 + the signal that ended it.
inline int in_child(const std::function<int()>& work) {
  const pid_t child = fork();
  if (child == 0) _exit(work());
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child) return -1;
  return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace tailrace::daemon

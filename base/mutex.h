// A mutex that clang's thread-safety analysis understands.
#pragma once

#include <mutex>

#if defined(__clang__)
#define TAILRACE_THREAD_ATTRIBUTE(x) __attribute__((x))
#else
#define TAILRACE_THREAD_ATTRIBUTE(x)
#endif

#define TAILRACE_GUARDED_BY(mutex) TAILRACE_THREAD_ATTRIBUTE(guarded_by(mutex))
#define TAILRACE_REQUIRES(mutex) TAILRACE_THREAD_ATTRIBUTE(requires_capability(mutex))

namespace tailrace {

// std::mutex with annotations. Lock it with MutexLock only.
class TAILRACE_THREAD_ATTRIBUTE(capability("mutex")) Mutex {
 public:
  void lock() TAILRACE_THREAD_ATTRIBUTE(acquire_capability()) { mutex_.lock(); }
  void unlock() TAILRACE_THREAD_ATTRIBUTE(release_capability()) { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

// Holds a Mutex for the length of a scope.
class TAILRACE_THREAD_ATTRIBUTE(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) TAILRACE_THREAD_ATTRIBUTE(acquire_capability(mutex))
      : mutex_(mutex) {
    mutex_.lock();
  }
  ~MutexLock() TAILRACE_THREAD_ATTRIBUTE(release_capability()) { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

}  // namespace tailrace

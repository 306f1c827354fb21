// Where connections wait between the input that a reload ends and the one that follows it.
#pragma once

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "receivers/stream_connection.h"

namespace tailrace::receivers {

// One per listening socket. Senders that never look whether their peer has closed would lose what
// they send to a connection that a reload closes.
//
// Ownership: of the connections that wait; they are closed with it.
// Threading: any thread.
class ConnectionPark {
 public:
  // Whoever is to listen on the socket, from the plan on; lives as long as the plan or the input.
  struct Use {
    std::string definition;  // Its name and InputPlan::definition: equal ones are one input.
    std::string tls;         // What it wants of its peers.
  };
  // Shared by the plan, its copies and its input.
  std::shared_ptr<const Use> join(std::string definition, std::string tls = {}) {
    auto use = std::make_shared<const Use>(Use{std::move(definition), std::move(tls)});
    const MutexLock lock(mutex_);
    std::erase_if(uses_, [](const auto& one) { return one.expired(); });
    uses_.push_back(use);
    return use;
  }

  // Whether another is to listen here after `mine`.
  bool has_successor(const Use& mine) const {
    const MutexLock lock(mutex_);
    for (const auto& one : uses_) {
      const auto use = one.lock();
      if (use && use->definition != mine.definition) return true;
    }
    return false;
  }

  // Whether all who are to listen here after `mine` want the same of their peers.
  bool goes_on_alike(const Use& mine) const {
    const MutexLock lock(mutex_);
    return std::all_of(uses_.begin(), uses_.end(), [&mine](const auto& one) {
      const auto use = one.lock();
      return !use || use->definition == mine.definition || use->tls == mine.tls;
    });
  }

  void park(std::unique_ptr<StreamConnection> connection) {
    const MutexLock lock(mutex_);
    waiting_.push_back(std::move(connection));
    any_ = true;
  }
  std::vector<std::unique_ptr<StreamConnection>> take() {
    if (!any_) return {};
    const MutexLock lock(mutex_);
    any_ = false;
    return std::exchange(waiting_, {});
  }

 private:
  mutable Mutex mutex_;
  std::vector<std::weak_ptr<const Use>> uses_ TAILRACE_GUARDED_BY(mutex_);
  std::vector<std::unique_ptr<StreamConnection>> waiting_ TAILRACE_GUARDED_BY(mutex_);
  std::atomic<bool> any_ = false;
};

}  // namespace tailrace::receivers

// Questions to all workers at once, each answered on the worker's own thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "daemon/worker.h"

namespace tailrace::daemon {

// To a worker, which answers or drops it.
template <typename Answer>
class WorkerQuestion {
 public:
  WorkerQuestion() = default;
  ~WorkerQuestion() {
    if (!answered_) promise_.set_value(std::nullopt);
  }
  WorkerQuestion(const WorkerQuestion&) = delete;
  WorkerQuestion& operator=(const WorkerQuestion&) = delete;

  std::future<std::optional<Answer>> future() { return promise_.get_future(); }
  void answer(Answer answer) {
    answered_ = true;
    promise_.set_value(std::move(answer));
  }

 private:
  std::promise<std::optional<Answer>> promise_;
  bool answered_ = false;
};

template <typename Answer>
struct WorkerAnswers {
  std::vector<Answer> answered;
  std::vector<std::uint32_t> silent;  // Too busy to answer in time.
};

// Waits at most `patience` for all; a worker that has ended is in neither list. Any thread but a
// worker's. `question` may run after this returned: what it refers to is shared or copied.
template <typename Answer>
WorkerAnswers<Answer> ask_each_worker(std::span<const std::unique_ptr<Worker>> workers,
                                      std::chrono::milliseconds patience,
                                      const std::function<Answer(Worker&)>& question) {
  std::vector<std::future<std::optional<Answer>>> answers;
  for (const std::unique_ptr<Worker>& worker : workers) {
    // Shared by the copies of the task, which alone have it: it goes with the last of them.
    auto asked = std::make_shared<WorkerQuestion<Answer>>();
    answers.push_back(asked->future());
    worker->post(WorkerTask(
        [asked = std::move(asked), question](Worker& self) { asked->answer(question(self)); }));
  }
  WorkerAnswers<Answer> result;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (answers[i].wait_for(patience) != std::future_status::ready) {
      result.silent.push_back(workers[i]->number());
      patience = std::chrono::milliseconds(0);  // All were asked before; the others had it, too.
      continue;
    }
    if (std::optional<Answer> answer = answers[i].get()) {
      result.answered.push_back(std::move(*answer));
    }
  }
  return result;
}

}  // namespace tailrace::daemon

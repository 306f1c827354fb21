// sd_notify(3): datagrams with lines of NAME=VALUE.
#include "daemon/service_notifier.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <utility>

#include <fmt/format.h>

namespace tailrace::daemon {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

// A quarter of what may pass: a question, its answer at the next turn, and as much again to spare.
constexpr int kTurnsPerWatchdog = 4;
// Without a watchdog only the status line has to be kept.
constexpr seconds kStatusPeriod{30};
// Until all workers have answered once, and READY can be said.
constexpr milliseconds kStartPeriod{20};
constexpr seconds kSendPatience{2};
// The status is one line on a terminal.
constexpr std::size_t kTroubleBytesMax = 200;

std::int64_t number_of(const std::optional<std::string>& text) {
  std::int64_t number = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), number);
  return number;
}

// A diagnostic has a picture of the line below it, which a status has no room for.
std::string first_line(std::string_view text) {
  text = text.substr(0, text.find('\n'));
  return std::string(text.substr(0, kTroubleBytesMax));
}

std::string count_in_words(std::uint64_t number, std::string_view what) {
  return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
}

std::string words_of(const WorkerPulse& sum) {
  std::string words = "following " + count_in_words(sum.files, "file");
  if (sum.inputs != 0) words += " and " + count_in_words(sum.inputs, "other source");
  words += fmt::format("; not yet accepted: {}", sum.pending_entries);
  if (sum.stalled) words += "; reading waits: the outbox is full";
  return words;
}

}  // namespace

ServiceNotifier::Options ServiceNotifier::options_of(const Environment& environment,
                                                     std::int64_t process_id) {
  Options options;
  if (!environment) return options;
  options.socket = environment("NOTIFY_SOCKET").value_or("");
  const auto meant = environment("WATCHDOG_PID");
  if (!meant || number_of(meant) == process_id) {
    options.watchdog_for =
        microseconds(std::max<std::int64_t>(0, number_of(environment("WATCHDOG_USEC"))));
  }
  return options;
}

ServiceNotifier::ServiceNotifier(const Clock& clock, const Options& options)
    : clock_(clock),
      options_(options),
      period_(options.watchdog_for.count() > 0 ? options.watchdog_for / kTurnsPerWatchdog
                                               : nanoseconds(kStatusPeriod)) {
  // As sd_notify(3): a path or an abstract name; anything else is no address.
  if (options_.socket.size() < 2 || options_.socket.size() >= sizeof(sockaddr_un::sun_path) ||
      (options_.socket.front() != '/' && options_.socket.front() != '@')) {
    return;
  }
  descriptor_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor_ < 0) return;
  // A service manager that does not read must not hold us up for ever.
  const timeval patience{.tv_sec = kSendPatience.count(), .tv_usec = 0};
  setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

ServiceNotifier::~ServiceNotifier() {
  if (descriptor_ >= 0) close(descriptor_);
}

void ServiceNotifier::send(const std::string& message) const {
  if (descriptor_ < 0) return;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  options_.socket.copy(address.sun_path, options_.socket.size());
  if (address.sun_path[0] == '@') address.sun_path[0] = '\0';
  const auto size =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + options_.socket.size());
  static_cast<void>(sendto(descriptor_, message.data(), message.size(), MSG_NOSIGNAL,
                           reinterpret_cast<const sockaddr*>(&address), size));
}

void ServiceNotifier::turn(const AskWorkers& ask) {
  const SteadyTime now = clock_.steady_now();
  if (now < next_deadline()) return;
  const bool answered =
      asked_ && std::all_of(answers_.begin(), answers_.end(), [](const Answer& answer) {
        return answer.wait_for(seconds(0)) == std::future_status::ready;
      });
  if (answered) {
    WorkerPulse sum;
    for (Answer& answer : answers_) {
      const std::optional<WorkerPulse> pulse = answer.get();
      if (!pulse) continue;
      sum.files += pulse->files;
      sum.inputs += pulse->inputs;
      sum.pending_entries += pulse->pending_entries;
      sum.stalled = sum.stalled || pulse->stalled;
    }
    work_ = words_of(sum);
    if (!std::exchange(ready_, true)) send("READY=1");
    if (options_.watchdog_for.count() > 0) send("WATCHDOG=1");
    send_status();
  }
  if (answered || !asked_) {
    answers_ = ask();
    asked_ = true;
  }
  next_ = now + (ready_ ? period_ : nanoseconds(kStartPeriod));
}

SteadyTime ServiceNotifier::next_deadline() const {
  return descriptor_ < 0 ? SteadyTime::max() : next_;
}

void ServiceNotifier::send_status() {
  if (stopping_) return;
  std::string status = work_;
  if (!trouble_.empty()) status += "; not reloaded: " + trouble_;
  if (status == status_) return;
  status_ = std::move(status);
  send("STATUS=" + status_);
}

void ServiceNotifier::reloading() {
  const auto since_boot =
      std::chrono::duration_cast<microseconds>(clock_.steady_now().time_since_epoch());
  send(fmt::format("RELOADING=1\nMONOTONIC_USEC={}\nSTATUS=reading the configuration again",
                   since_boot.count()));
  status_.clear();
}

void ServiceNotifier::reloaded(std::string_view trouble) {
  trouble_ = first_line(trouble);
  send("READY=1");
  send_status();
}

void ServiceNotifier::waiting(std::string_view what) {
  send("STATUS=" + std::string(what));
}

void ServiceNotifier::stopping() {
  if (std::exchange(stopping_, true)) return;
  send("STOPPING=1\nSTATUS=stopping; what Loki has not accepted stays in the outbox");
}

}  // namespace tailrace::daemon

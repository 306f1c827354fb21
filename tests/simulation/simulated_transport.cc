// Requests on simulated time.
#include "tests/simulation/simulated_transport.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace tailrace::simulation {

SimulatedTransport::SimulatedTransport(testing::FakeClock& clock, Random& random, StandInLoki& loki,
                                       ChooseAnswer choose_answer, Living& living)
    : clock_(clock),
      random_(random),
      loki_(loki),
      choose_answer_(std::move(choose_answer)),
      living_(living) {
  living_.push_back(this);
}

SimulatedTransport::~SimulatedTransport() {
  std::erase(living_, this);
}

int SimulatedTransport::add_endpoint(const http::EndpointOptions& /*options*/) {
  return next_endpoint_++;
}
void SimulatedTransport::remove_endpoint(int /*endpoint*/) {}

void SimulatedTransport::submit(int endpoint, http::RequestTag tag, const http::Request& request) {
  if (dead_) return;
  Flight flight;
  flight.endpoint = endpoint;
  flight.tag = tag;
  for (const std::string_view part : request.body)
    flight.body += part;
  for (const auto& [name, value] : request.headers) {
    if (name == "X-Scope-OrgID") flight.tenant = value;
  }
  flight.answer = choose_answer_(flight.tenant);
  flight.arrives = clock_.steady_now() + std::chrono::milliseconds(random_.below(20));
  flight.answered = flight.arrives + std::chrono::milliseconds(random_.below(100));
  if (flight.answer == Answer::kNothing) flight.answered = clock_.steady_now() + request.timeout;
  flights_.push_back(std::move(flight));
}

void SimulatedTransport::cancel(http::RequestTag tag) {
  for (Flight& flight : flights_) {
    // What was sent cannot be called back.
    if (flight.tag == tag && !flight.arrived && random_.below(2) == 0) deliver(flight);
  }
  std::erase_if(flights_, [tag](const Flight& flight) { return flight.tag == tag; });
}

void SimulatedTransport::deliver(Flight& flight) {
  flight.reply = loki_.push(flight.tenant, flight.body, flight.answer);
  flight.arrived = true;
}

std::vector<http::Completion> SimulatedTransport::take_completions(int endpoint) {
  std::vector<http::Completion> done;
  if (dead_) return done;
  const SteadyTime now = clock_.steady_now();
  std::stable_sort(flights_.begin(), flights_.end(),
                   [](const Flight& a, const Flight& b) { return a.arrives < b.arrives; });
  for (Flight& flight : flights_) {
    if (!flight.arrived && flight.arrives <= now) deliver(flight);
    if (flight.endpoint != endpoint || !flight.arrived || flight.answered > now) continue;
    http::Completion completion;
    completion.tag = flight.tag;
    completion.response.status = flight.reply.status;
    completion.response.body = flight.reply.body;
    if (flight.reply.status == 0) completion.response.error = "injected";
    done.push_back(std::move(completion));
  }
  std::erase_if(flights_, [now, endpoint](const Flight& flight) {
    return flight.endpoint == endpoint && flight.arrived && flight.answered <= now;
  });
  return done;
}

SteadyTime SimulatedTransport::next_deadline() const {
  SteadyTime next = SteadyTime::max();
  for (const Flight& flight : flights_) {
    next = std::min(next, flight.arrived ? flight.answered : flight.arrives);
  }
  return next;
}

void SimulatedTransport::die() {
  dead_ = true;
  for (Flight& flight : flights_) {
    if (!flight.arrived && random_.below(2) == 0) deliver(flight);
  }
  flights_.clear();
}

}  // namespace tailrace::simulation

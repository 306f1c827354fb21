// Requests on simulated time to the stand-in Loki.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/random.h"
#include "http/transport.h"
#include "tests/fakes/fake_clock.h"
#include "tests/simulation/stand_in_loki.h"

namespace tailrace::simulation {

// Each request arrives after a while and is answered after another, both from the seed.
class SimulatedTransport final : public http::Transport {
 public:
  // Decides what a request of this tenant meets.
  using ChooseAnswer = std::function<Answer(const std::string& tenant)>;

  // All that live; a reload replaces some.
  using Living = std::vector<SimulatedTransport*>;  // In order of birth: a seed decides all.

  SimulatedTransport(testing::FakeClock& clock, Random& random, StandInLoki& loki,
                     ChooseAnswer choose_answer, Living& living);
  ~SimulatedTransport() override;

  int add_endpoint(const http::EndpointOptions& options) override;
  void remove_endpoint(int endpoint) override;
  void submit(int endpoint, http::RequestTag tag, const http::Request& request) override;
  void cancel(http::RequestTag tag) override;
  std::vector<http::Completion> take_completions(int endpoint) override;
  SteadyTime next_deadline() const override;

  // The process dies: of what is on its way, some arrives and some does not. Nothing is sent after.
  void die();

 private:
  struct Flight {
    int endpoint = 0;
    http::RequestTag tag = 0;
    std::string tenant;
    std::string body;
    SteadyTime arrives;
    SteadyTime answered;
    Answer answer = Answer::kAccepted;
    bool arrived = false;
    StandInLoki::Reply reply;
  };
  void deliver(Flight& flight);

  testing::FakeClock& clock_;
  Random& random_;
  StandInLoki& loki_;
  const ChooseAnswer choose_answer_;
  Living& living_;
  std::vector<Flight> flights_;
  int next_endpoint_ = 0;
  bool dead_ = false;
};

}  // namespace tailrace::simulation

// Nobody's request stays without an answer.
#include "http/responder.h"

#include <utility>

namespace tailrace::http {

Responder& Responder::operator=(Responder&& other) noexcept {
  if (this != &other) {
    give_up();
    exchange_ = std::move(other.exchange_);
  }
  return *this;
}

void Responder::answer(ServerResponse response, Done done) {
  if (exchange_ == nullptr) return;
  std::exchange(exchange_, nullptr)->answer(std::move(response), std::move(done));
}

void Responder::give_up() {
  if (exchange_ != nullptr) answer(unavailable("the server stops"));
}

ServerResponse unavailable(std::string reason) {
  reason += '\n';
  return {.status = 503, .body = std::move(reason), .headers = {{"Retry-After", "1"}}};
}

}  // namespace tailrace::http

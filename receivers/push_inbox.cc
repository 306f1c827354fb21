// Routes, early answers, and the way to the worker.
#include "receivers/push_inbox.h"

#include <algorithm>
#include <utility>

#include "http/page_path.h"

namespace tailrace::receivers {

PushInbox::PushInbox(const PushFormat& format, const Clock& clock, Metrics& metrics,
                     Options options, std::function<void()> wake)
    : format_(format),
      clock_(clock),
      meter_(metrics, options.metrics_prefix),
      options_(std::move(options)),
      mailbox_(std::move(wake)) {}

const PushFormat::Route* PushInbox::route(const http::ServerRequest& request) const {
  const auto path = http::below_prefix(request.path, options_.path_prefix);
  if (!path) return nullptr;
  for (const PushFormat::Route& one : format_.routes()) {
    if (one.path == *path) return &one;
  }
  return nullptr;
}

std::optional<http::ServerResponse> PushInbox::early_answer(
    const http::ServerRequest& request) const {
  if (route(request) == nullptr) {
    if (http::below_prefix(request.path, options_.path_prefix) == "/ready") {
      return http::ServerResponse{.body = "ready", .headers = {}};
    }
    return http::ServerResponse{.status = 404, .body = "404 page not found\n", .headers = {}};
  }
  if (request.method != "POST") {
    return http::ServerResponse{.status = 405, .body = {}, .headers = {{"Allow", "POST"}}};
  }
  switch (refusing()) {
    case Refusing::kNoRoom:
      return http::unavailable("there is no room for more lines");
    case Refusing::kStopping:
      return http::unavailable("the server stops");
    case Refusing::kNobody:
      break;
  }
  return std::nullopt;
}

std::optional<http::ServerResponse> PushInbox::early(const http::ServerRequest& request) {
  auto answer = early_answer(request);
  if (!answer) return std::nullopt;
  const auto* const found = request.method == "POST" ? route(request) : nullptr;
  std::string_view name = "other";
  if (found != nullptr) name = found->name;
  if (answer->status == 200) name = "ready";
  meter_.in_flight(request.method, name).add(0);
  meter_.count({.method = request.method,
                .route = name,
                .status = answer->status,
                .response_bytes = answer->body.size()});
  return answer;
}

void PushInbox::request(http::ServerRequest&& request, http::Responder responder) {
  Ticket ticket{.number = next_number_++,
                .responder = std::move(responder),
                .at = clock_.steady_now(),
                .route = route(request),
                .bytes = request.body.size()};
  // Of a path that is none the answer was early.
  meter_.in_flight(request.method, ticket.route->name).add(1);
  mailbox_.post(Arrived{std::move(request), std::move(ticket)});
}

void PushInbox::answer(Ticket& ticket, http::ServerResponse response) {
  constexpr std::string_view kMethod = "POST";
  meter_.in_flight(kMethod, ticket.route->name).add(-1);
  meter_.count({.method = kMethod,
                .route = ticket.route->name,
                .status = response.status,
                .took = clock_.steady_now() - ticket.at,
                .request_bytes = ticket.bytes,
                .response_bytes = response.body.size()});
  const bool taken = response.status < 300;
  ticket.responder.answer(
      std::move(response), [this, number = ticket.number, taken](http::Responder::Outcome outcome) {
        mailbox_.post(Answered{number, taken ? outcome : http::Responder::Outcome::kLost});
      });
}

}  // namespace tailrace::receivers

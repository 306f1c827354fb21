// Targets that DNS lists.
#include "discovery/dns_discovery.h"

#include <algorithm>

#include "discovery/label_name.h"

namespace tailrace::discovery {
namespace {

DnsType wire_type(config::DnsSdConfig::Type type) {
  switch (type) {
    case config::DnsSdConfig::Type::kSrv:
      return DnsType::kSrv;
    case config::DnsSdConfig::Type::kA:
      return DnsType::kA;
    case config::DnsSdConfig::Type::kAaaa:
      return DnsType::kAaaa;
    case config::DnsSdConfig::Type::kMx:
      return DnsType::kMx;
    case config::DnsSdConfig::Type::kNs:
      break;
  }
  return DnsType::kNs;
}

std::string_view without_last_dot(std::string_view name) {
  return name.substr(0, name.find_last_not_of('.') + 1);
}

Target target_of(const DnsRecord& record, const std::string& name, std::uint16_t port) {
  Target target;
  target.labels["__meta_dns_name"] = name;
  // The labels keep the dot at the end, the address does not.
  std::string address(without_last_dot(record.text));
  switch (record.type) {
    case DnsType::kSrv:
      target.labels["__meta_dns_srv_record_target"] = record.text;
      target.labels["__meta_dns_srv_record_port"] = std::to_string(record.port);
      port = record.port;
      break;
    case DnsType::kMx:
      target.labels["__meta_dns_mx_record_target"] = record.text;
      break;
    case DnsType::kNs:
      target.labels["__meta_dns_ns_record_target"] = record.text;
      break;
    case DnsType::kA:
    case DnsType::kAaaa:
      break;
  }
  target.labels["__address__"] = host_and_port(address, std::to_string(port));
  return target;
}

}  // namespace

// One look-up: filled aside, taken when it is done.
struct DnsDiscovery::Question {
  std::string name;
  DnsType type = DnsType::kSrv;
  DnsLookup lookup;
  Result<DnsAnswer> answer;
  bool done = false;  // Set on the main thread.
};

DnsDiscovery::DnsDiscovery(config::DnsSdConfig config, std::string name,
                           const DiscoveryWorld& world, DnsLookup lookup)
    : config_(std::move(config)),
      name_(std::move(name)),
      world_(world),
      lookup_(std::move(lookup)),
      random_(random_seed(name_, world)) {
  for (const std::string& text : config_.names)
    names_.emplace_back(text, Retry(name_ + " " + text, world_, random_));
}

void DnsDiscovery::ask(Name& name) {
  name.asked = std::make_shared<Question>();  // Shared: see Name.
  name.asked->name = name.name;
  name.asked->type = wire_type(config_.type);
  name.asked->lookup = lookup_;
  name.due = SteadyTime::max();
  world_.run_aside(
      [question = name.asked] {
        question->answer = question->lookup(question->name, question->type);
      },
      [weak = std::weak_ptr(name.asked)] {
        if (const auto question = weak.lock()) question->done = true;
      });
}

bool DnsDiscovery::take(Name& name, SteadyTime now) {
  const auto question = std::exchange(name.asked, nullptr);
  Result<DnsAnswer>& answer = question->answer;
  if (!answer) {
    name.due = name.retry.failed(answer.error().message, now);
    return false;
  }
  // 3 is "no such name"; everything else is a server that cannot.
  if (answer->code != 0 && answer->code != 3) {
    name.due = name.retry.failed(
        "look up " + name.name + ": the server answers with code " + std::to_string(answer->code),
        now);
    return false;
  }
  name.due = now + config_.refresh_interval;
  name.retry.worked();
  std::vector<DnsRecord> records = std::move(answer->records);
  // Others come too: a CNAME's target, what a search list found on the way.
  std::erase_if(records, [&](const DnsRecord& r) { return r.type != question->type; });
  // Servers turn their order round with every answer.
  const auto by_text = [](const DnsRecord& a, const DnsRecord& b) {
    return std::tie(a.text, a.port) < std::tie(b.text, b.port);
  };
  std::sort(records.begin(), records.end(), by_text);
  records.erase(std::unique(records.begin(), records.end()), records.end());
  if (records.size() > kRecordsMax) records.resize(kRecordsMax);
  const bool first = !std::exchange(name.knows, true);
  if (records == name.records) return first;
  name.records = std::move(records);
  return true;
}

bool DnsDiscovery::poll(SteadyTime now) {
  bool changed = false;
  for (Name& name : names_) {
    if (name.asked && name.asked->done) changed = take(name, now) || changed;
    if (!name.asked && name.due <= now) ask(name);
  }
  if (changed) rebuild();
  return changed;
}

void DnsDiscovery::rebuild() {
  targets_.clear();
  for (const Name& name : names_) {
    for (const DnsRecord& record : name.records) {
      Target& target = targets_.emplace_back(target_of(record, name.name, config_.port));
      target.found_by = name_ + " " + name.name;
    }
  }
}

SteadyTime DnsDiscovery::next_deadline() const {
  SteadyTime next = SteadyTime::max();
  for (const Name& name : names_)
    next = std::min(next, name.due);
  return next;
}

bool DnsDiscovery::knows() const {
  return std::all_of(names_.begin(), names_.end(), [](const Name& name) { return name.knows; });
}

std::string DnsDiscovery::trouble() const {
  for (const Name& name : names_) {
    if (!name.retry.trouble().empty()) return name.retry.trouble();
  }
  return {};
}

}  // namespace tailrace::discovery

// `kafka` and `azure_event_hubs` of a job: from their blocks to inputs.
#include <utility>

#include "daemon/build_inputs.h"
#include "tailer/azure_records.h"
#include "tailer/kafka_options.h"
#include "tailer/kafka_reader.h"

namespace tailrace::daemon {
namespace {

using tailer::AzureRecords;
using tailer::KafkaReader;

// What is the same for both.
struct KafkaInput {
  std::string type;
  KafkaReader::Options options;
  std::vector<config::RelabelConfig> rules;
  // Event hubs: messages are split.
  std::optional<AzureRecords::Custom> records;
};

Result<std::unique_ptr<Input>> make_reader(const KafkaInput& input, const InputWorld& world,
                                           const InputStart& start) {
  std::vector<config::Diagnostic> diagnostics;
  auto relabeler = discovery::Relabeler::compile(input.rules, diagnostics);
  if (!relabeler) return fail(relabeler.error());
  KafkaReader::Options options = input.options;
  options.id = start.id;
  options.resume = start.resume;
  options.line_bytes_max = world.line_bytes_max;
  std::unique_ptr<tailer::RecordSplitter> splitter;
  if (input.records) splitter = std::make_unique<AzureRecords>(*input.records);
  return KafkaReader::create(std::move(options), std::move(*relabeler), std::move(splitter),
                             {world.clock, world.log, world.metrics, world.loop, world.label_sets});
}

void add(KafkaInput input, const std::vector<std::string>& topics, const config::TextPairs& labels,
         const InputBuild& build) {
  InputPlan plan;
  plan.job = build.job.job_name;
  plan.kind = SourceKind::kKafka;
  plan.name = input.type + "/" + build.job.job_name;
  plan.type = input.type;
  plan.definition = build.job.keys_as_yaml;
  // Secrets are not in the dump.
  for (const auto& [name, value] : input.options.settings)
    plan.definition += name + "=" + value + "\n";
  input.options.job = plan.job;
  input.options.name = plan.name;
  input.options.topics = tailer::kafka_topics(topics);
  for (const auto& [name, value] : labels) {
    input.options.labels.insert_or_assign(name, value);
    if (!name.starts_with("__")) plan.labels.insert_or_assign(name, value);
  }
  input.rules = build.job.relabel_configs;
  plan.make = [input = std::move(input)](const InputWorld& world, InputStart start) {
    return make_reader(input, world, start);
  };
  build.plans.push_back(std::move(plan));
}

KafkaReader::Options::Time time_of(const auto& block) {
  return block.use_incoming_timestamp ? KafkaReader::Options::Time::kTheirs
                                      : KafkaReader::Options::Time::kOurs;
}

}  // namespace

void add_input(const config::KafkaConfig& kafka, const InputBuild& build) {
  KafkaInput input;
  input.type = "kafka";
  input.options.group = kafka.group_id;
  input.options.settings = tailer::kafka_settings(kafka);
  input.options.time = time_of(kafka);
  add(std::move(input), kafka.topics, kafka.labels, build);
}

void add_input(const config::AzureEventHubsConfig& hubs, const InputBuild& build) {
  KafkaInput input;
  input.type = "azure_event_hubs";
  input.options.group = hubs.group_id;
  input.options.settings = tailer::kafka_settings(hubs);
  input.options.time = time_of(hubs);
  input.records = hubs.disallow_custom_messages ? AzureRecords::Custom::kDisallowed
                                                : AzureRecords::Custom::kAllowed;
  add(std::move(input), hubs.event_hubs, hubs.labels, build);
}

}  // namespace tailrace::daemon

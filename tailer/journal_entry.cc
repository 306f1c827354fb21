// What a journal entry becomes: the text of a line, and the labels it is discovered with.
#include "tailer/journal_entry.h"

#include <algorithm>
#include <array>

#include "pipeline/json/json_text.h"

namespace tailrace::tailer {
namespace {

constexpr std::size_t kNamesMax = 4096;  // Whoever writes into the journal makes up names.
constexpr std::string_view kMessage = "MESSAGE";
constexpr std::string_view kPriority = "PRIORITY";
// docs/compatibility.md, journal.
constexpr std::string_view kLabelPrefix = "__journal_";
constexpr std::string_view kKeywordLabel = "__journal_priority_keyword";
constexpr std::array<std::string_view, 8> kKeywords = {"emerg",   "alert",  "crit", "error",
                                                       "warning", "notice", "info", "debug"};

std::string_view keyword_of(std::string_view priority) {
  const bool known = priority.size() == 1 && priority[0] >= '0' && priority[0] <= '7';
  return known ? kKeywords[static_cast<std::size_t>(priority[0] - '0')] : priority;
}

std::string label_of(std::string_view field) {
  std::string label(kLabelPrefix);
  for (const char c : field)
    label.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c);
  return label;
}

}  // namespace

const JournalEntry::Use& JournalEntry::use_of(std::string_view name) {
  const auto known = uses_.find(name);
  if (known != uses_.end()) return known->second;
  Use use;
  use.is_message = name == kMessage;
  use.is_priority = name == kPriority && relabeler_.matters(kKeywordLabel);
  std::string label = label_of(name);
  if (relabeler_.matters(label)) use.label = std::move(label);
  return uses_.emplace(name, std::move(use)).first->second;
}

void JournalEntry::copy(const Use& use, std::string_view name, std::string_view value) {
  Copied field;
  field.use = &use;
  // However large the labels are, there is room for the message.
  const std::size_t copied_max =
      (use.is_message ? kCopiedLines : kCopiedLines - 1) * (line_bytes_max_ + std::size_t{1});
  const std::size_t room = copied_max - std::min(copied_max, bytes_.size());
  if (form_ == Form::kJson) {
    field.name_begin = bytes_.size();
    field.name_size = std::min(name.size(), room);
    bytes_.append(name.substr(0, field.name_size));
  }
  field.value_begin = bytes_.size();
  field.value_size = std::min({value.size(), std::size_t{line_bytes_max_}, room});
  field.cut_short = field.value_size < value.size();
  bytes_.append(value.substr(0, field.value_size));
  fields_.push_back(field);
}

Result<JournalEntry::Outcome> JournalEntry::read(Journal& journal) {
  if (uses_.size() >= kNamesMax) uses_.clear();
  fields_.clear();
  bytes_.clear();
  journal.rewind_fields();
  while (true) {
    std::string_view field;
    const auto more = journal.next_field(field);
    if (!more) return fail(more.error());
    if (!*more) break;
    const std::size_t equals = field.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view name = field.substr(0, equals);
    const Use& use = use_of(name);
    if (form_ == Form::kJson || use.needed()) copy(use, name, field.substr(equals + 1));
  }
  collect_labels();
  cut_short_ = false;
  if (form_ == Form::kJson) {
    write_json();
    return Outcome::kLine;
  }
  return take_message() ? Outcome::kLine : Outcome::kNoMessage;
}

void JournalEntry::collect_labels() {
  discovered_.clear();
  for (const Copied& field : fields_) {
    if (!field.use->label.empty()) discovered_.push_back({field.use->label, value_of(field)});
    if (field.use->is_priority) discovered_.push_back({kKeywordLabel, keyword_of(value_of(field))});
  }
}

bool JournalEntry::take_message() {
  const auto message = std::find_if(fields_.rbegin(), fields_.rend(),
                                    [](const Copied& field) { return field.use->is_message; });
  if (message == fields_.rend()) return false;
  text_ = value_of(*message).substr(0, line_bytes_max_);
  cut_short_ = message->cut_short;
  return true;
}

// As Promtail writes it: names sorted, every value a text.
void JournalEntry::write_json() {
  std::stable_sort(fields_.begin(), fields_.end(),
                   [this](const Copied& a, const Copied& b) { return name_of(a) < name_of(b); });
  json_.assign(1, '{');
  bool whole = true;
  for (std::size_t i = 0; i < fields_.size() && json_.size() <= line_bytes_max_; ++i) {
    if (i + 1 < fields_.size() && name_of(fields_[i]) == name_of(fields_[i + 1])) continue;
    if (json_.size() > 1) json_.push_back(',');
    pipeline::json::append_valid_string(json_, name_of(fields_[i]));
    json_.push_back(':');
    pipeline::json::append_valid_string(json_, value_of(fields_[i]));
    whole = whole && !fields_[i].cut_short;
  }
  json_.push_back('}');
  cut_short_ = json_.size() > line_bytes_max_ || !whole;
  text_ = std::string_view(json_).substr(0, line_bytes_max_);
}

}  // namespace tailrace::tailer

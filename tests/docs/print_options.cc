// Prints every key that the parsers of the configuration ask for: path, kind and default, a line
// each.
//
// The file that it gives them grows by what they ask: a block that was asked for is there, empty,
// in the next round, until no round brings a new key. tools/option_reference.py makes documents of
// it.
#include <array>
#include <cstdio>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "config/key_recorder.h"
#include "config/parse.h"
#include "config/report.h"
#include "config/yaml_document.h"

namespace {

using namespace tailrace::config;

constexpr int kRoundsMax = 30;

// Where what else is asked depends on a value.
constexpr std::array<std::pair<std::string_view, std::string_view>, 2> kValues = {
    {{".authentication.type", "sasl"}, {".metrics.NAME.type", "histogram"}}};

// What stands for a list's index and for the names that users choose.
std::string without_numbers(std::string_view path) {
  std::string result;
  for (const char c : path) {
    if (c < '0' || c > '9' || result.empty() || (result.back() != '[')) result += c;
  }
  return result;
}

struct Key {
  std::string path;
  KeyKind kind;
  std::string fallback;
};

class Keys : public KeyRecorder {
 public:
  void on_key(std::string_view path, KeyKind kind, std::string_view fallback) override {
    const std::string general = without_numbers(path);
    const auto [place, fresh] = places_.try_emplace(general, keys_.size());
    if (fresh) keys_.push_back({general, kind, std::string(fallback)});
    Key& key = keys_[place->second];
    if (kind > key.kind) key = {general, kind, std::string(fallback)};
  }

  // A file in which all blocks are that were asked for.
  std::string as_yaml() const { return map_below(""); }
  const std::vector<Key>& all() const { return keys_; }

 private:
  // Keys directly below `parent`, which ends in "." or is empty.
  std::vector<const Key*> below(std::string_view parent) const {
    std::vector<const Key*> found;
    for (const Key& key : keys_) {
      if (!key.path.starts_with(parent)) continue;
      const std::string_view name = std::string_view(key.path).substr(parent.size());
      if (name.find_first_of(".[") == std::string_view::npos) found.push_back(&key);
    }
    return found;
  }

  std::string map_below(const std::string& parent) const {
    std::string text;
    for (const Key* key : below(parent)) {
      const std::string value = value_of(*key);
      if (value.empty()) continue;
      const std::string name = key->path.substr(parent.size());
      text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", name, value);
    }
    return "{" + text + "}";
  }

  std::string list_of(const Key& key) const {
    std::string stages;
    const std::string parent = key.path + "[].";
    for (const Key* stage : below(parent)) {
      if (stage->kind != KeyKind::kStage) continue;
      stages += fmt::format("{}{{{}: {}}}", stages.empty() ? "" : ", ",
                            stage->path.substr(parent.size()), value_of(*stage));
    }
    return fmt::format("[{}]", stages.empty() ? map_below(parent) : stages);
  }

  // Empty: the key is left out.
  std::string value_of(const Key& key) const {
    for (const auto& [end, value] : kValues) {
      if (key.path.ends_with(end)) return std::string(value);
    }
    const bool is_named = key.kind == KeyKind::kMap || key.path.ends_with("[].metrics");
    if (is_named) return fmt::format("{{NAME: {}}}", map_below(key.path + ".NAME."));
    switch (key.kind) {
      case KeyKind::kAny:
      case KeyKind::kIgnored:
      case KeyKind::kStage:
      case KeyKind::kBlock:
        return map_below(key.path + ".");
      case KeyKind::kTextMap:
        return "{}";
      case KeyKind::kList:
        return list_of(key);
      default:
        return "";
    }
  }

  std::vector<Key> keys_;
  std::map<std::string, std::size_t> places_;
};

constexpr std::array<std::string_view, 17> kKinds = {
    "any",    "refused", "ignored", "stage",   "map",     "block",  "list",     "texts", "secrets",
    "labels", "text",    "secret",  "boolean", "integer", "number", "duration", "bytes"};

}  // namespace

int main() {
  Keys keys;
  std::string file;
  for (int round = 0; file != keys.as_yaml(); ++round) {
    file = keys.as_yaml();
    if (round == kRoundsMax) {
      std::fputs("the keys have no end\n", stderr);
      return 1;
    }
    const YamlDocument document = YamlDocument::parse(file);
    if (document.root() == nullptr) {
      std::fputs(("this is no YAML: " + file + "\n").c_str(), stderr);
      return 1;
    }
    Report report(&keys);
    parse_file(*document.root(), JobSources::kTargets, report);
  }
  for (const Key& key : keys.all()) {
    const std::string_view kind = kKinds.at(static_cast<std::size_t>(key.kind));
    std::fputs(fmt::format("{}\t{}\t{}\n", key.path, kind, key.fallback).c_str(), stdout);
  }
  return 0;
}

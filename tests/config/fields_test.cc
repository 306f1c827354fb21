// The three manners of decoding.
#include "config/fields.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/config/loading.h"

namespace tailrace::config {
namespace {

enum class Manner { kStrict, kStage, kWeak };

// One map and its fields.
class Reading {
 public:
  Reading(std::string_view text, Manner manner)
      : document_(YamlDocument::parse(text)), fields_(make(manner)) {}

  Fields& fields() { return fields_; }
  std::vector<std::string> errors() { return messages(report_.take()); }

  template <typename T>
  T read(std::string_view key, T value) {
    fields_.read(key, value);
    return value;
  }

 private:
  Fields make(Manner manner) {
    const YamlNode& root = *document_.root();
    if (manner == Manner::kStrict) return Fields::strict(root, "p", report_);
    if (manner == Manner::kStage) return Fields::stage(root, "p", report_);
    return Fields::weak(root, "p", report_);
  }

  YamlDocument document_;
  Report report_;
  Fields fields_;
};

TEST(FieldsStrict, text_keeps_the_source_of_any_scalar) {
  Reading r("{a: 5, b: yes, c: 1_000, d: 'x', e: , f: 0x1f}", Manner::kStrict);
  EXPECT_EQ(r.read<std::string>("a", ""), "5");
  EXPECT_EQ(r.read<std::string>("b", ""), "yes");
  EXPECT_EQ(r.read<std::string>("c", ""), "1_000");
  EXPECT_EQ(r.read<std::string>("d", ""), "x");
  EXPECT_EQ(r.read<std::string>("e", "default"), "");
  EXPECT_EQ(r.read<std::string>("f", ""), "0x1f");
  EXPECT_EQ(r.read<std::string>("absent", "default"), "default");
  EXPECT_TRUE(r.errors().empty());
}

TEST(FieldsStrict, null_is_zero) {
  Reading r("{a: , b: , c: , d: , e: , f: }", Manner::kStrict);
  EXPECT_EQ(r.read<int>("a", 7), 0);
  EXPECT_EQ(r.read<bool>("b", true), false);
  EXPECT_EQ(r.read<double>("c", 7.0), 0.0);
  EXPECT_EQ(r.read<std::chrono::nanoseconds>("d", std::chrono::seconds(7)).count(), 0);
  EXPECT_EQ(r.read<std::optional<int>>("e", std::nullopt), std::nullopt);
  std::uint64_t bytes = 7;
  r.fields().read_bytes("f", bytes);
  EXPECT_EQ(bytes, 0U);
  EXPECT_TRUE(r.errors().empty());
}

TEST(FieldsStrict, integers_fit_their_type) {
  Reading r(
      "{a: 127, b: -128, c: 128, d: -129, e: -1, f: 18446744073709551615, g: -9223372036854775808, "
      "h: 1e3, i: 1e30, j: 2.5, k: '5', l: yes, m: 256}",
      Manner::kStrict);
  EXPECT_EQ(r.read<std::int8_t>("a", 0), 127);
  EXPECT_EQ(r.read<std::int8_t>("b", 0), -128);
  EXPECT_EQ(r.read<std::int8_t>("c", 1), 1);
  EXPECT_EQ(r.read<std::int8_t>("d", 1), 1);
  EXPECT_EQ(r.read<unsigned>("e", 1), 1U);
  EXPECT_EQ(r.read<std::uint64_t>("f", 0), 18446744073709551615U);
  EXPECT_EQ(r.read<std::int64_t>("g", 0), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(r.read<int>("h", 0), 1000);
  EXPECT_EQ(r.read<int>("i", 1), 1);
  EXPECT_EQ(r.read<int>("j", 0), 2);
  EXPECT_EQ(r.read<int>("k", 1), 1);
  EXPECT_EQ(r.read<int>("l", 1), 1);
  EXPECT_EQ(r.read<std::uint8_t>("m", 1), 1);
  EXPECT_EQ(
      r.errors(),
      (std::vector<std::string>{
          "p.c: is too large a number", "p.d: is too large a number", "p.e: may not be negative",
          "p.i: is too large a number", "warning: p.j: the fraction is ignored: 2",
          "p.k: must be a whole number, not text (\"5\"); take the quotes off",
          "p.l: must be a whole number, not a boolean (yes)", "p.m: is too large a number"}));
}

TEST(FieldsStrict, durations_may_be_nanoseconds) {
  using std::chrono::nanoseconds;
  Reading r("{a: 5, b: 5s, c: '5s', d: 1e9, e: -5, f: '5', g: 9223372036854775808, h: [1]}",
            Manner::kStrict);
  EXPECT_EQ(r.read<nanoseconds>("a", {}).count(), 5);
  EXPECT_EQ(r.read<nanoseconds>("b", {}).count(), 5'000'000'000);
  EXPECT_EQ(r.read<nanoseconds>("c", {}).count(), 5'000'000'000);
  EXPECT_EQ(r.read<nanoseconds>("d", {}).count(), 1'000'000'000);
  EXPECT_EQ(r.read<nanoseconds>("e", {}).count(), -5);
  EXPECT_EQ(r.read<nanoseconds>("f", nanoseconds(1)).count(), 1);
  EXPECT_EQ(r.read<nanoseconds>("g", nanoseconds(1)).count(), 1);
  EXPECT_EQ(r.read<nanoseconds>("h", nanoseconds(1)).count(), 1);
  EXPECT_EQ(r.errors().size(), 3U);
}

TEST(FieldsStrict, numbers_take_integers) {
  Reading r("{a: 5, b: -2, c: 1.5, d: x}", Manner::kStrict);
  EXPECT_EQ(r.read<double>("a", 0), 5.0);
  EXPECT_EQ(r.read<double>("b", 0), -2.0);
  EXPECT_EQ(r.read<double>("c", 0), 1.5);
  EXPECT_EQ(r.read<double>("d", 1), 1.0);
  EXPECT_EQ(r.errors().size(), 1U);
}

TEST(FieldsStrict, an_unknown_key_is_an_error_and_case_counts) {
  Reading r("{batch_wait: 1, URL: x, url: y}", Manner::kStrict);
  r.read<int>("batchwait", 0);
  EXPECT_EQ(r.read<std::string>("url", ""), "y");
  r.fields().finish();
  EXPECT_EQ(r.errors(),
            (std::vector<std::string>{"p.batch_wait: `batch_wait` is not a known key; did you mean "
                                      "\"batchwait\"?",
                                      "p.URL: `URL` is not a known key; did you mean \"url\"?"}));
}

TEST(FieldsStrict, lists_and_maps_of_text) {
  Reading r("{a: [x, 5, ~], b: {k: 5, y: z}, c: x, d: [[1]], e: , f: {k: [1]}}", Manner::kStrict);
  EXPECT_EQ(r.read<std::vector<std::string>>("a", {}), (std::vector<std::string>{"x", "5", ""}));
  EXPECT_EQ(r.read<TextPairs>("b", {}), (TextPairs{{"k", "5"}, {"y", "z"}}));
  EXPECT_EQ(r.read<std::vector<std::string>>("c", {"old"}), (std::vector<std::string>{"old"}));
  r.read<std::vector<std::string>>("d", {});
  EXPECT_EQ(r.read<std::vector<std::string>>("e", {"old"}), (std::vector<std::string>{"old"}));
  r.read<TextPairs>("f", {});
  EXPECT_EQ(r.errors(), (std::vector<std::string>{"p.c: must be a list, not text (x)",
                                                  "p.d[0]: must be text, not a list",
                                                  "p.f.k: must be text, not a list"}));
}

TEST(FieldsStrict, secrets_do_not_show_in_messages) {
  Reading r("{a: [hunter2], b: {c: hunter2}, c: <secret>, d: hunter2}", Manner::kStrict);
  std::string secret;
  std::vector<std::string> secrets;
  r.fields().read_secret("a", secret);
  r.fields().read_secrets("b", secrets);
  r.fields().read_secret("c", secret);
  r.fields().read_secrets("d", secrets);
  const auto errors = r.errors();
  EXPECT_EQ(errors, (std::vector<std::string>{
                        "p.a: must be text, not a list", "p.b: must be a list, not a map",
                        "warning: p.c: is the placeholder that a configuration dump shows, not the "
                        "secret itself",
                        "p.d: must be a list, not text"}));
}

TEST(FieldsStrict, refuse_lets_empty_values_pass) {
  Reading r("{a: , b: [], c: '', d: {}, e: x}", Manner::kStrict);
  for (const char* key : {"a", "b", "c", "d", "e", "absent"})
    r.fields().not_yet_supported(key);
  r.fields().finish();
  EXPECT_EQ(r.errors(), (std::vector<std::string>{"p.d: `d` is not yet supported",
                                                  "p.e: `e` is not yet supported"}));
}

TEST(FieldsStrict, require_asks_for_text) {
  Reading r("{a: , b: '', c: x, d: [1]}", Manner::kStrict);
  for (const char* key : {"a", "b", "c", "d", "absent"})
    r.fields().require(key);
  EXPECT_EQ(r.errors(), (std::vector<std::string>{"p.a: is required", "p.b: is required",
                                                  "p.absent: is required"}));
}

TEST(FieldsStrict, positions_are_those_of_value_key_or_map) {
  Reading r("a: b\nc:\n", Manner::kStrict);
  EXPECT_EQ(r.fields().location("a").column, 4);
  EXPECT_EQ(r.fields().key_location("a").column, 1);
  EXPECT_EQ(r.fields().location("c").line, 2);
  EXPECT_EQ(r.fields().location("c").column, 1);
  EXPECT_EQ(r.fields().location("absent").line, 1);
  EXPECT_EQ(r.fields().key_location("absent").path, "p.absent");
}

TEST(FieldsStage, types_must_be_what_they_are) {
  Reading r("{a: 5, b: 'x', c: 'true', d: true, e: [5], f: x, g: '5'}", Manner::kStage);
  EXPECT_EQ(r.read<std::string>("a", "old"), "old");
  EXPECT_EQ(r.read<std::string>("b", ""), "x");
  EXPECT_EQ(r.read<bool>("c", false), false);
  EXPECT_EQ(r.read<bool>("d", false), true);
  r.read<std::vector<std::string>>("e", {});
  r.read<std::vector<std::string>>("f", {});
  r.read<int>("g", 0);
  EXPECT_EQ(r.errors(), (std::vector<std::string>{
                            "p.a: must be text, not an integer (5); put it in quotes",
                            "p.c: must be true or false, not text (\"true\"); take the quotes off",
                            "p.e[0]: must be text, not an integer (5); put it in quotes",
                            "p.f: must be a list, not text (x)",
                            "p.g: must be a whole number, not text (\"5\"); take the quotes off"}));
}

TEST(FieldsStage, null_is_absent) {
  Reading r("{a: , b: , c: , d: , e: }", Manner::kStage);
  EXPECT_EQ(r.read<std::string>("a", "old"), "old");
  EXPECT_EQ(r.read<bool>("b", true), true);
  EXPECT_EQ(r.read<int>("c", 7), 7);
  EXPECT_EQ(r.read<double>("d", 7.0), 7.0);
  EXPECT_EQ(r.read<std::chrono::nanoseconds>("e", std::chrono::seconds(7)).count(), 7'000'000'000);
  EXPECT_TRUE(r.errors().empty());
}

TEST(FieldsStage, keys_match_in_any_case_and_the_exact_one_wins) {
  Reading r("{EXPRESSION: a, Source: b, source: c}", Manner::kStage);
  EXPECT_EQ(r.read<std::string>("expression", ""), "a");
  EXPECT_EQ(r.read<std::string>("source", ""), "c");
  r.fields().finish();
  EXPECT_TRUE(r.errors().empty());
}

TEST(FieldsStage, an_unknown_key_is_one_warning) {
  Reading r("{expresion: a}", Manner::kStage);
  r.read<std::string>("expression", "");
  r.fields().finish();
  EXPECT_EQ(r.errors(), (std::vector<std::string>{
                            "warning: p.expresion: `expresion` is not a key of this stage and does "
                            "nothing; did you mean \"expression\"?"}));
}

TEST(FieldsStage, a_duration_needs_its_unit) {
  Reading r("{a: 5, b: '5s'}", Manner::kStage);
  r.read<std::chrono::nanoseconds>("a", {});
  EXPECT_EQ(r.read<std::chrono::nanoseconds>("b", {}).count(), 5'000'000'000);
  EXPECT_EQ(r.errors().size(), 1U);
}

TEST(FieldsWeak, scalars_become_text) {
  Reading r("{a: 5, b: true, c: no, d: 1.50, e: 1e21, f: -0x10, g: x, h: [1]}", Manner::kWeak);
  EXPECT_EQ(r.read<std::string>("a", ""), "5");
  EXPECT_EQ(r.read<std::string>("b", ""), "1");
  EXPECT_EQ(r.read<std::string>("c", ""), "0");
  EXPECT_EQ(r.read<std::string>("d", ""), "1.5");
  EXPECT_EQ(r.read<std::string>("e", ""), "1000000000000000000000");
  EXPECT_EQ(r.read<std::string>("f", ""), "-16");
  EXPECT_EQ(r.read<std::string>("g", ""), "x");
  EXPECT_TRUE(r.errors().empty());
  r.read<std::string>("h", "");
  EXPECT_EQ(r.errors().size(), 1U);
}

TEST(FieldsWeak, text_becomes_numbers_and_booleans) {
  Reading r(
      "{a: '0x10', b: '017', c: true, d: '', e: 't', f: 'F', g: 2, h: 0, i: 'yes', j: 'x', k: 0.0, "
      "l: ''}",
      Manner::kWeak);
  EXPECT_EQ(r.read<int>("a", 0), 16);
  EXPECT_EQ(r.read<int>("b", 0), 15);
  EXPECT_EQ(r.read<int>("c", 0), 1);
  EXPECT_EQ(r.read<int>("d", 7), 0);
  EXPECT_EQ(r.read<bool>("e", false), true);
  EXPECT_EQ(r.read<bool>("f", true), false);
  EXPECT_EQ(r.read<bool>("g", false), true);
  EXPECT_EQ(r.read<bool>("h", true), false);
  EXPECT_EQ(r.read<bool>("k", true), false);
  EXPECT_EQ(r.read<bool>("l", true), false);
  EXPECT_TRUE(r.errors().empty());
  EXPECT_EQ(r.read<bool>("i", true), true);
  EXPECT_EQ(r.read<int>("j", 7), 7);
  EXPECT_EQ(r.errors().size(), 2U);
}

TEST(FieldsWeak, a_scalar_becomes_a_list) {
  Reading r("{a: x, b: 5}", Manner::kWeak);
  EXPECT_EQ(r.read<std::vector<std::string>>("a", {}), (std::vector<std::string>{"x"}));
  EXPECT_EQ(r.read<std::vector<std::string>>("b", {}), (std::vector<std::string>{"5"}));
}

TEST(FieldsWeak, a_bare_number_is_no_duration_but_zero) {
  Reading r("{a: 5, b: 0}", Manner::kWeak);
  EXPECT_EQ(r.read<std::chrono::nanoseconds>("b", std::chrono::seconds(1)).count(), 0);
  EXPECT_TRUE(r.errors().empty());
  r.read<std::chrono::nanoseconds>("a", {});
  EXPECT_EQ(r.errors().size(), 1U);
}

TEST(Fields, an_optional_stays_unset_when_the_value_does_not_fit) {
  Reading r("{a: 5, b: x, c: 5kb, d: 5kib, e: [5kb]}", Manner::kStrict);
  EXPECT_EQ(r.read<std::optional<int>>("a", std::nullopt), 5);
  EXPECT_EQ(r.read<std::optional<int>>("b", std::nullopt), std::nullopt);
  std::optional<std::uint64_t> bytes;
  r.fields().read_bytes("d", bytes);
  EXPECT_EQ(bytes, std::nullopt);
  r.fields().read_bytes("e", bytes);
  EXPECT_EQ(bytes, std::nullopt);
  EXPECT_EQ(r.errors().size(), 3U);
  r.fields().read_bytes("c", bytes);
  EXPECT_EQ(bytes, 5120U);
}

// Keeps what says most of each key.
class HeardKeys : public KeyRecorder {
 public:
  void on_key(std::string_view path, KeyKind kind, std::string_view fallback) override {
    auto& key = keys[std::string(path)];
    if (kind >= key.first) key = {kind, std::string(fallback)};
  }
  std::map<std::string, std::pair<KeyKind, std::string>> keys;
};

TEST(KeyRecorder, hears_of_keys_with_their_defaults_whether_the_file_has_them_or_not) {
  HeardKeys heard;
  Report report(&heard);
  const YamlDocument document = YamlDocument::parse("{there: {}, text: x}");
  Fields fields = Fields::strict(*document.root(), "p", report);
  std::string text = "y";
  fields.read("text", text);
  std::chrono::nanoseconds wait = std::chrono::seconds(90);
  fields.read("wait", wait);
  int number = 7;
  fields.read("number", number);
  std::optional<bool> choice;
  fields.read("choice", choice);
  std::string secret;
  fields.read_secret("secret", secret);
  fields.refuse("gone", "is gone");
  if (auto block = fields.block("there")) block->find("inner");
  EXPECT_FALSE(fields.block("absent").has_value());

  using Key = std::pair<KeyKind, std::string>;
  const std::map<std::string, Key> expected = {
      {"p.text", {KeyKind::kText, "y"}},      {"p.wait", {KeyKind::kDuration, "1m30s"}},
      {"p.number", {KeyKind::kInteger, "7"}}, {"p.choice", {KeyKind::kBool, ""}},
      {"p.secret", {KeyKind::kSecret, ""}},   {"p.gone", {KeyKind::kRefused, ""}},
      {"p.there", {KeyKind::kBlock, ""}},     {"p.there.inner", {KeyKind::kAny, ""}},
      {"p.absent", {KeyKind::kBlock, ""}}};
  EXPECT_EQ(heard.keys, expected);
  EXPECT_EQ(report.error_count(), 0U);
  EXPECT_EQ(text, "x");
}

TEST(Report, keeps_a_bounded_number) {
  Report report;
  for (std::size_t i = 0; i < Report::kDiagnosticsMax + 10; ++i)
    report.error({}, "x");
  EXPECT_EQ(report.error_count(), Report::kDiagnosticsMax + 10);
  EXPECT_EQ(report.take().size(), Report::kDiagnosticsMax);
}

}  // namespace
}  // namespace tailrace::config

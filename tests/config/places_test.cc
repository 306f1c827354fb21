// Places of keys and values.
#include "config/places.h"

#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace tailrace::config {
namespace {

std::string shown(const SourceLocation& place) {
  return fmt::format("{}:{} {}", place.line, place.column, place.path);
}

constexpr std::string_view kPlacesText =
    "jobs:\n"
    "- name: a\n"
    "  stages:\n"
    "  - labels: {x: , y: z}\n"
    "  - timestamp: {Format: RFC3339, fallback_formats: [Unix, UnixMs]}\n";

TEST(Places, a_key_and_its_value_are_found_below_a_path) {
  const Places places(kPlacesText);
  const SourceLocation labels{"jobs[0].stages[0].labels", 4, 5};
  EXPECT_EQ(shown(places.key(labels, {"y"})), "4:19 jobs[0].stages[0].labels.y");
  EXPECT_EQ(shown(places.value(labels, {"y"})), "4:22 jobs[0].stages[0].labels.y");
  const SourceLocation job{"jobs[0]", 2, 3};
  EXPECT_EQ(shown(places.value(job, {"stages", "1", "timestamp", "fallback_formats", "1"})),
            "5:59 jobs[0].stages[1].timestamp.fallback_formats[1]");
}

TEST(Places, a_value_that_is_nothing_is_where_its_key_is) {
  const Places places(kPlacesText);
  EXPECT_EQ(shown(places.value({"jobs[0].stages[0].labels", 4, 5}, {"x"})),
            "4:14 jobs[0].stages[0].labels.x");
}

TEST(Places, keys_match_in_any_case_but_the_exact_one_first) {
  EXPECT_EQ(shown(Places(kPlacesText).value({"jobs[0].stages[1].timestamp", 5, 5}, {"format"})),
            "5:25 jobs[0].stages[1].timestamp.format");
  EXPECT_EQ(shown(Places("A: 1\na: 2\n").value({"", 1, 1}, {"a"})), "2:4 a");
}

TEST(Places, an_item_of_a_list_is_where_it_begins) {
  EXPECT_EQ(shown(Places(kPlacesText).key({"", 1, 1}, {"jobs", "0"})), "2:3 jobs[0]");
}

TEST(Places, a_scalar_is_found_by_its_text) {
  const Places places(kPlacesText);
  EXPECT_EQ(shown(places.scalar({"jobs[0]", 2, 3}, {"stages"}, "UnixMs")),
            "5:59 jobs[0].stages[1].timestamp.fallback_formats[1]");
  EXPECT_EQ(shown(places.scalar({"jobs[0]", 2, 3}, {}, "z")), "4:22 jobs[0].stages[0].labels.y");
}

TEST(Places, what_is_not_found_is_where_the_search_began) {
  const Places places(kPlacesText);
  const SourceLocation job{"jobs[0]", 2, 3};
  EXPECT_EQ(shown(places.key(job, {"nothing"})), "2:3 jobs[0]");
  EXPECT_EQ(shown(places.value(job, {"name", "deeper"})), "2:3 jobs[0]");
  EXPECT_EQ(shown(places.scalar(job, {"stages"}, "nothing")), "2:3 jobs[0]");
  EXPECT_EQ(shown(places.scalar(job, {"nothing"}, "a")), "2:3 jobs[0]");
  for (const char* path : {"jobs[1]", "jobs[x]", "jobs[0", "jobs.a", "[", "-client.url", "."}) {
    EXPECT_EQ(shown(places.key({path, 7, 8}, {"name"})), fmt::format("7:8 {}", path));
  }
  EXPECT_EQ(shown(Places("a: [").key({"", 1, 1}, {"a"})), "1:1 ");
}

TEST(Places, of_an_expanded_text_they_are_those_of_the_file) {
  const EnvLookup lookup = [](std::string_view name) -> std::optional<std::string> {
    return name == "LONG" ? std::optional<std::string>("a: 1\nb") : std::nullopt;
  };
  const Places places("${LONG}: {c: ${LONG:-}, d: e}\n", lookup);
  EXPECT_EQ(shown(places.value({"", 1, 1}, {"b", "d"})), "1:1 ");
  const Places simple("a: {b: ${NO:-word}, c: d}\n", lookup);
  EXPECT_EQ(shown(simple.value({"", 1, 1}, {"a", "c"})), "1:24 a.c");
  EXPECT_EQ(shown(simple.value({"", 1, 1}, {"a", "b"})), "1:8 a.b");
  EXPECT_EQ(shown(Places("a: ${", lookup).key({"", 1, 1}, {"a"})), "1:1 a");
}

}  // namespace
}  // namespace tailrace::config

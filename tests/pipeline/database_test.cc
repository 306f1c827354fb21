// Tests of reading MaxMind DB files, with files made here.
#include "pipeline/mmdb/database.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace tailrace::pipeline::mmdb {
namespace {

using namespace std::string_literals;

std::string control(unsigned type, std::size_t size) {
  std::string result;
  const bool extended = type > 7;
  result += static_cast<char>((extended ? 0U : type << 5U) | size);
  if (extended) result += static_cast<char>(type - 7);
  return result;
}
std::string text(const std::string& value) {
  return control(2, value.size()) + value;
}
std::string number(unsigned value) {
  return control(6, 2) + static_cast<char>(value >> 8U) + static_cast<char>(value);
}
using Members = std::vector<std::pair<std::string, std::string>>;
std::string map(const Members& members) {
  std::string result = control(7, members.size());
  for (const auto& [key, value] : members)
    result += text(key) + value;
  return result;
}

// The first bit of an address leads to nothing (0) or to the data (1).
std::string file(const std::string& data, unsigned ip_version, unsigned record_size = 24) {
  std::string tree;
  const auto record = [&](unsigned value, unsigned bytes) {
    for (unsigned i = bytes; i-- > 0;)
      tree += static_cast<char>(value >> (8 * i));
  };
  constexpr unsigned kData = 1 + 16;
  record(1, record_size == 32 ? 4 : 3);
  if (record_size == 28) tree += '\0';
  record(kData, record_size == 32 ? 4 : 3);
  return tree + std::string(16, '\0') + data + "\xAB\xCD\xEFMaxMind.com" +
         map({{"node_count", number(1)},
              {"record_size", number(record_size)},
              {"ip_version", number(ip_version)},
              {"database_type", text("Test-City")}});
}

std::string found(const std::string& content, std::string_view address,
                  const std::vector<std::string>& path) {
  const auto database = Database::parse(content);
  if (!database.has_value()) return database.error().message;
  const auto record = (*database)->find(*Address::parse(address));
  if (!record.has_value()) return "no record";
  const auto value = (*database)->value_at(*record, path);
  if (!value.has_value()) return "no value";
  switch (value->kind) {
    case Field::Kind::kText:
      return std::string(value->text);
    case Field::Kind::kUnsigned:
      return std::to_string(value->integer);
    case Field::Kind::kDouble:
      return std::to_string(value->number);
    default:
      return "other";
  }
}

TEST(Database, finds_values_by_their_path) {
  const std::string half = control(3, 8) + "\x3F\xE0\x00\x00\x00\x00\x00\x00"s;
  const std::string data =
      map({{"skipped", control(11, 2) + number(1) + map({{"x", text("y")}})},
           {"city", map({{"names", map({{"de", text("Ort")}, {"en", text("Town")}})}})},
           {"yes", control(14, 1)},
           {"half", half},
           {"quarter", control(15, 4) + "\x3E\x80\x00\x00"s},
           {"asn", number(700)},
           {"parts", control(11, 2) + map({{"code", text("A")}}) + map({{"code", text("B")}})}});
  for (const unsigned size : {24U, 28U, 32U}) {
    EXPECT_EQ(found(file(data, 4, size), "128.0.0.1", {"city", "names", "en"}), "Town") << size;
    EXPECT_EQ(found(file(data, 4, size), "1.2.3.4", {"city"}), "no record") << size;
  }
  const std::string content = file(data, 4);
  EXPECT_EQ(found(content, "128.0.0.1", {"asn"}), "700");
  EXPECT_EQ(found(content, "128.0.0.1", {"half"}), "0.500000");
  EXPECT_EQ(found(content, "128.0.0.1", {"quarter"}), "0.250000");
  EXPECT_EQ(found(content, "128.0.0.1", {"parts", "code"}), "B");
  EXPECT_EQ(found(content, "128.0.0.1", {"yes"}), "other");
  EXPECT_EQ(found(content, "128.0.0.1", {"city", "names", "fr"}), "no value");
  EXPECT_EQ(found(content, "128.0.0.1", {"asn", "x"}), "no value");
  EXPECT_EQ(found(content, "8000::", {"asn"}), "no record");
}

TEST(Database, follows_pointers) {
  // "a" is a pointer to "b"'s text, which begins behind map(1), a's key(2), pointer(2), b's key(2).
  const std::string data = control(7, 2) + text("a") + "\x20\x07" + text("b") + text("far");
  EXPECT_EQ(found(file(data, 4), "128.0.0.1", {"a"}), "far");
  EXPECT_EQ(found(file(data, 4), "128.0.0.1", {"b"}), "far");
  const std::string loop = control(7, 1) + text("a") + "\x20\x03"s;
  EXPECT_EQ(found(file(loop, 4), "128.0.0.1", {"a"}), "no value");
}

TEST(Database, reads_long_texts) {
  const std::string long_text(300, 'x');
  const std::string data = control(7, 1) + text("a") + "\x5E" + "\x00\x0F"s + long_text;
  EXPECT_EQ(found(file(data, 4), "128.0.0.1", {"a"}), long_text);
}

TEST(Database, refuses_what_is_no_database) {
  EXPECT_EQ(found("", "1.2.3.4", {}), "is no MaxMind DB file");
  EXPECT_EQ(found("\xAB\xCD\xEFMaxMind.com", "1.2.3.4", {}), "has no metadata");
  EXPECT_EQ(found("\xAB\xCD\xEFMaxMind.com" + map({}), "1.2.3.4", {}),
            "has metadata of another kind");
  EXPECT_EQ(found(file("", 5), "1.2.3.4", {}), "has metadata of another kind");
  EXPECT_EQ(found(file("", 4).substr(20), "1.2.3.4", {}), "is shorter than its search tree");
  EXPECT_EQ(found(file("\x5F", 4), "128.0.0.1", {}), "no record");
  EXPECT_FALSE(Database::open("/nowhere/x.mmdb").has_value());
}

TEST(Address, takes_addresses_and_nothing_else) {
  EXPECT_EQ(Address::parse("1.2.3.4")->size, 4U);
  EXPECT_EQ(Address::parse("::1")->size, 16U);
  EXPECT_EQ(Address::parse("::ffff:1.2.3.4")->size, 4U);
  EXPECT_EQ(Address::parse("::ffff:1.2.3.4")->bytes[3], 4U);
  for (const char* text : {"", "x", "1.2.3", "1.2.3.4:80", "[::1]", "fe80::1%eth0"}) {
    EXPECT_FALSE(Address::parse(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace tailrace::pipeline::mmdb

// Reads MaxMind DB files: what is known of an IP address.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tailrace::pipeline::mmdb {

// A value in a record. Text views the file.
struct Field {
  enum class Kind : std::uint8_t { kText, kDouble, kUnsigned, kMap, kArray, kOther };
  Kind kind = Kind::kOther;
  std::string_view text;
  double number = 0;
  std::uint64_t integer = 0;
  std::size_t size = 0;   // Of maps and arrays: how many there are in it.
  std::size_t begin = 0;  // Of maps and arrays: where the first is.
};

// An address in network order: 4 bytes or 16.
struct Address {
  std::uint8_t bytes[16] = {};
  std::size_t size = 0;

  // IPv4, IPv6, and IPv4 written as IPv6 (which is IPv4); nothing else, no port, no zone.
  static std::optional<Address> parse(std::string_view text);
};

// Ownership: owns the mapping of the file. Texts view it.
// Threading: immutable once open.
// Errors: open() fails; a damaged record gives nothing.
// Memory: the file is mapped, not read; finding allocates nothing.
class Database {
 public:
  struct Mapping;

  static Result<std::unique_ptr<Database>> open(const std::string& path);
  // A file's content that stays valid; for tests and fuzzing.
  static Result<std::unique_ptr<Database>> parse(std::string_view content);
  explicit Database(std::unique_ptr<Mapping> mapping);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Such as "GeoLite2-City".
  std::string_view type() const { return type_; }

  // The record of an address, a map as a rule.
  std::optional<Field> find(const Address& address) const;
  // The value at `path` within `record`. In an array the last item is meant.
  std::optional<Field> value_at(const Field& record, std::span<const std::string> path) const;

 private:
  Status read_metadata();
  std::optional<std::uint64_t> record_of(std::uint64_t node, unsigned bit) const;
  // The field at `at` of a section that begins at `section`; `at` moves behind it, but not behind
  // what is in a map or an array.
  std::optional<Field> field_at(std::size_t section, std::size_t& at) const;
  bool skip(std::size_t section, std::size_t& at, int depth) const;
  std::optional<Field> member(std::size_t section, const Field& map, std::string_view key) const;
  std::optional<Field> last_item(std::size_t section, const Field& array) const;
  std::optional<std::uint64_t> number(std::size_t at, std::size_t bytes) const;

  const std::unique_ptr<Mapping> mapping_;
  std::string_view file_;
  std::string_view type_;
  std::size_t metadata_ = 0;  // Where the sections begin.
  std::size_t data_ = 0;
  std::uint64_t nodes_ = 0;
  std::uint64_t record_bits_ = 0;
  std::uint64_t ip_version_ = 0;
};

}  // namespace tailrace::pipeline::mmdb

// Reads MaxMind DB files: what is known of an IP address.
#include "pipeline/mmdb/database.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>

namespace tailrace::pipeline::mmdb {
namespace {

// docs/formats/mmdb.md
constexpr std::string_view kMarker = "\xAB\xCD\xEFMaxMind.com";
constexpr std::size_t kMetadataMax = std::size_t{128} << 10U;
constexpr std::size_t kSeparatorBytes = 16;  // Between the tree and the data.
constexpr int kDepthMax = 64;
constexpr unsigned kPointer = 1;

}  // namespace

struct Database::Mapping {
  Mapping() = default;
  ~Mapping() {
    if (address != nullptr) munmap(address, size);
  }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  void* address = nullptr;
  std::size_t size = 0;
};

std::optional<Address> Address::parse(std::string_view text) {
  std::array<char, INET6_ADDRSTRLEN + 1> terminated{};
  if (text.empty() || text.size() >= terminated.size()) return std::nullopt;
  std::copy(text.begin(), text.end(), terminated.begin());
  Address address;
  if (inet_pton(AF_INET, terminated.data(), address.bytes) == 1) {
    address.size = 4;
    return address;
  }
  if (inet_pton(AF_INET6, terminated.data(), address.bytes) != 1) return std::nullopt;
  address.size = 16;
  constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  if (std::equal(kMapped.begin(), kMapped.end(), address.bytes)) {
    std::copy_n(address.bytes + 12, 4, address.bytes);
    address.size = 4;
  }
  return address;
}

Database::Database(std::unique_ptr<Mapping> mapping) : mapping_(std::move(mapping)) {}
Database::~Database() = default;

Result<std::unique_ptr<Database>> Database::open(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return fail(system_failure(errno, "open " + path));
  struct stat status {};
  auto mapping = std::make_unique<Mapping>();
  if (fstat(file, &status) == 0 && status.st_size > 0) {
    mapping->size = static_cast<std::size_t>(status.st_size);
    void* const address = mmap(nullptr, mapping->size, PROT_READ, MAP_SHARED, file, 0);
    if (address != MAP_FAILED) mapping->address = address;
  }
  ::close(file);
  if (mapping->address == nullptr) return fail(Error::kInvalid, path + " cannot be mapped");
  const std::string_view content(static_cast<const char*>(mapping->address), mapping->size);
  auto database = std::make_unique<Database>(std::move(mapping));
  database->file_ = content;
  if (const Status read = database->read_metadata(); !read) {
    return fail(read.error().code, path + ": " + read.error().message);
  }
  return database;
}

Result<std::unique_ptr<Database>> Database::parse(std::string_view content) {
  auto database = std::make_unique<Database>(nullptr);
  database->file_ = content;
  if (const Status read = database->read_metadata(); !read) return fail(read.error());
  return database;
}

Status Database::read_metadata() {
  const std::size_t marker = file_.rfind(kMarker);
  if (marker == std::string_view::npos || file_.size() - marker > kMetadataMax) {
    return fail(Error::kInvalid, "is no MaxMind DB file");
  }
  metadata_ = marker + kMarker.size();
  std::size_t at = 0;
  const std::optional<Field> root = field_at(metadata_, at);
  if (!root || root->kind != Field::Kind::kMap) return fail(Error::kInvalid, "has no metadata");
  const auto integer = [&](std::string_view key) -> std::uint64_t {
    const std::optional<Field> field = member(metadata_, *root, key);
    return field && field->kind == Field::Kind::kUnsigned ? field->integer : 0;
  };
  nodes_ = integer("node_count");
  record_bits_ = integer("record_size");
  ip_version_ = integer("ip_version");
  const std::optional<Field> type = member(metadata_, *root, "database_type");
  if (type) type_ = type->text;
  const bool known = (record_bits_ == 24 || record_bits_ == 28 || record_bits_ == 32) &&
                     (ip_version_ == 4 || ip_version_ == 6);
  if (!known || nodes_ > file_.size()) return fail(Error::kInvalid, "has metadata of another kind");
  data_ = static_cast<std::size_t>(nodes_ * (record_bits_ / 4)) + kSeparatorBytes;
  if (data_ > metadata_) return fail(Error::kInvalid, "is shorter than its search tree");
  return {};
}

std::optional<std::uint64_t> Database::number(std::size_t at, std::size_t bytes) const {
  if (at > file_.size() || file_.size() - at < bytes || bytes > 8) return std::nullopt;
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes; ++i)
    value = (value << 8U) | static_cast<unsigned char>(file_[at + i]);
  return value;
}

// Which record of a node a bit of the address leads to.
std::optional<std::uint64_t> Database::record_of(std::uint64_t node, unsigned bit) const {
  const auto bytes = static_cast<std::size_t>(record_bits_ / 4);
  const std::size_t at = static_cast<std::size_t>(node) * bytes;
  if (record_bits_ != 28) return number(at + bit * (bytes / 2), bytes / 2);
  // The byte in the middle holds the upper halves of both.
  const std::optional<std::uint64_t> low = number(at + std::size_t{bit} * 4, 3);
  const std::optional<std::uint64_t> middle = number(at + 3, 1);
  if (!low || !middle) return std::nullopt;
  return *low | ((bit == 0 ? *middle >> 4U : *middle & 15U) << 24U);
}

std::optional<Field> Database::find(const Address& address) const {
  if (address.size == 16 && ip_version_ == 4) return std::nullopt;
  std::uint64_t node = 0;
  const auto follow = [&](unsigned bit) {
    const std::optional<std::uint64_t> record = record_of(node, bit);
    node = record.value_or(nodes_);
  };
  // IPv4 addresses are those with 96 zero bits in front.
  for (int i = 0; address.size == 4 && ip_version_ == 6 && i < 96 && node < nodes_; ++i)
    follow(0);
  for (std::size_t i = 0; i < address.size * 8 && node < nodes_; ++i) {
    follow((unsigned{address.bytes[i / 8]} >> (7 - i % 8)) & 1U);
  }
  if (node < nodes_ + kSeparatorBytes) return std::nullopt;
  std::size_t at = static_cast<std::size_t>(node - nodes_) - kSeparatorBytes;
  return field_at(data_, at);
}

std::optional<Field> Database::field_at(std::size_t section, std::size_t& at) const {
  std::optional<std::size_t> behind_pointer;
  for (int hops = 0; hops < kDepthMax; ++hops) {
    const std::optional<std::uint64_t> control = number(section + at, 1);
    if (!control) return std::nullopt;
    ++at;
    auto type = static_cast<unsigned>(*control >> 5U);
    if (type == kPointer) {
      const auto bytes = static_cast<std::size_t>((*control >> 3U) & 3U) + 1;
      constexpr std::array<std::uint64_t, 4> kBases = {0, 2048, 526'336, 0};
      const std::optional<std::uint64_t> low = number(section + at, bytes);
      if (!low) return std::nullopt;
      const std::uint64_t high = bytes == 4 ? 0 : (*control & 7U) << (8 * bytes);
      if (!behind_pointer) behind_pointer = at + bytes;
      at = static_cast<std::size_t>((high | *low) + kBases[bytes - 1]);
      continue;
    }
    if (type == 0) {
      const std::optional<std::uint64_t> extended = number(section + at, 1);
      if (!extended) return std::nullopt;
      type = 7 + static_cast<unsigned>(*extended);
      ++at;
    }
    std::uint64_t size = *control & 31U;
    if (size >= 29) {
      const auto bytes = static_cast<std::size_t>(size - 28);
      constexpr std::array<std::uint64_t, 4> kBases = {0, 29, 285, 65'821};
      const std::optional<std::uint64_t> more = number(section + at, bytes);
      if (!more) return std::nullopt;
      size = kBases[bytes] + *more;
      at += bytes;
    }
    Field field;
    field.size = static_cast<std::size_t>(size);
    field.begin = at;
    const std::size_t place = section + at;
    if (type == 7 || type == 11) {
      field.kind = type == 7 ? Field::Kind::kMap : Field::Kind::kArray;
      if (behind_pointer) at = *behind_pointer;
      return field;
    }
    if (type == 14) {  // A boolean is its size.
      if (behind_pointer) at = *behind_pointer;
      return field;
    }
    if (place > file_.size() || file_.size() - place < size) return std::nullopt;
    if (type == 2) {
      field.kind = Field::Kind::kText;
      field.text = file_.substr(place, field.size);
    } else if (type == 3 && size == 8) {
      field.kind = Field::Kind::kDouble;
      field.number = std::bit_cast<double>(*number(place, 8));
    } else if (type == 15 && size == 4) {
      field.kind = Field::Kind::kDouble;
      field.number =
          static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(*number(place, 4))));
    } else if ((type == 5 || type == 6 || type == 9) && size <= 8) {
      field.kind = Field::Kind::kUnsigned;
      field.integer = *number(place, field.size);
    }
    at += field.size;
    if (behind_pointer) at = *behind_pointer;
    return field;
  }
  return std::nullopt;
}

// Moves `at` behind the field there and all that is in it.
bool Database::skip(std::size_t section, std::size_t& at, int depth) const {
  const std::size_t begin = at;
  const std::optional<Field> field = field_at(section, at);
  if (!field || depth > kDepthMax) return false;
  const bool is_container = field->kind == Field::Kind::kMap || field->kind == Field::Kind::kArray;
  // Behind a pointer `at` is right already.
  const std::optional<std::uint64_t> control = number(section + begin, 1);
  if (!is_container || (*control >> 5U) == kPointer) return true;
  const std::size_t count = field->size * (field->kind == Field::Kind::kMap ? 2 : 1);
  at = field->begin;
  for (std::size_t i = 0; i < count; ++i) {
    if (!skip(section, at, depth + 1)) return false;
  }
  return true;
}

std::optional<Field> Database::member(std::size_t section, const Field& map,
                                      std::string_view key) const {
  std::size_t at = map.begin;
  for (std::size_t i = 0; i < map.size; ++i) {
    const std::optional<Field> name = field_at(section, at);
    if (!name || name->kind != Field::Kind::kText) return std::nullopt;
    if (name->text == key) return field_at(section, at);
    if (!skip(section, at, 0)) return std::nullopt;
  }
  return std::nullopt;
}

std::optional<Field> Database::last_item(std::size_t section, const Field& array) const {
  if (array.size == 0) return std::nullopt;
  std::size_t at = array.begin;
  for (std::size_t i = 0; i + 1 < array.size; ++i) {
    if (!skip(section, at, 0)) return std::nullopt;
  }
  return field_at(section, at);
}

std::optional<Field> Database::value_at(const Field& record,
                                        std::span<const std::string> path) const {
  Field field = record;
  for (const std::string& name : path) {
    std::optional<Field> next = field;
    if (field.kind == Field::Kind::kArray) next = last_item(data_, field);
    if (!next || next->kind != Field::Kind::kMap) return std::nullopt;
    next = member(data_, *next, name);
    if (!next) return std::nullopt;
    field = *next;
  }
  return field;
}

}  // namespace tailrace::pipeline::mmdb

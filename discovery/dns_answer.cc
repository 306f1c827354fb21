// Answers of DNS servers, as bytes.
#include "discovery/dns_answer.h"

#include <array>
#include <optional>

#include <arpa/inet.h>
#include <fmt/format.h>

namespace tailrace::discovery {
namespace {

constexpr std::size_t kHeaderBytes = 12;
constexpr std::uint16_t kClassInternet = 1;
// A name has at most 255 bytes, so at most so many labels and pointers between them.
constexpr int kJumpsMax = 128;
constexpr std::size_t kNameBytesMax = 255;

// Reads from the front; after the first failure everything is zero and ok() is false.
class DnsReader {
 public:
  explicit DnsReader(std::string_view message) : message_(message) {}

  bool ok() const { return ok_; }
  std::size_t at() const { return at_; }
  void go_to(std::size_t offset) { at_ = offset; }

  std::uint8_t byte() {
    if (at_ >= message_.size()) ok_ = false;
    return ok_ ? static_cast<std::uint8_t>(message_[at_++]) : std::uint8_t{0};
  }
  std::uint16_t word() {
    const unsigned high = byte();
    return static_cast<std::uint16_t>((high << 8U) | byte());
  }
  std::string_view bytes(std::size_t count) {
    if (!ok_ || message_.size() - at_ < count) {
      ok_ = false;
      return {};
    }
    at_ += count;
    return message_.substr(at_ - count, count);
  }

  // A name, which may go on elsewhere; afterwards at() is behind its first part.
  std::string name() {
    std::string text;
    std::optional<std::size_t> behind;
    std::size_t name_bytes = 0;
    int jumps = 0;
    for (std::uint8_t length = byte(); ok_ && length != 0; length = byte()) {
      if ((length & 0xc0U) == 0xc0U) {
        const std::size_t target = ((length & 0x3fU) << 8U) | byte();
        if (++jumps > kJumpsMax) ok_ = false;
        if (!behind) behind = at_;
        at_ = target;
        continue;
      }
      if ((length & 0xc0U) != 0) ok_ = false;  // Kinds of labels that nobody uses.
      name_bytes += length + 1U;
      if (name_bytes > kNameBytesMax) ok_ = false;
      append_label(text, bytes(length));
    }
    if (behind) at_ = *behind;
    return text.empty() ? "." : text;
  }

 private:
  static void append_label(std::string& text, std::string_view label) {
    for (const char c : label) {
      const bool plain = c > ' ' && c < 0x7f && c != '.' && c != '\\';
      if (plain) {
        text += c;
      } else {
        text += fmt::format("\\{:03}", static_cast<unsigned>(static_cast<unsigned char>(c)));
      }
    }
    text += '.';
  }

  std::string_view message_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

template <std::size_t kBytes>
std::string address_text(int family, std::string_view data) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (data.size() != kBytes ||
      inet_ntop(family, data.data(), text.data(), text.size()) == nullptr) {
    return {};
  }
  return text.data();
}

// Reads the data of a record, of which `length` bytes follow.
std::optional<DnsRecord> read_data(DnsReader& reader, std::uint16_t type, std::uint16_t length) {
  DnsRecord record;
  record.type = static_cast<DnsType>(type);
  switch (record.type) {
    case DnsType::kA:
      record.text = address_text<4>(AF_INET, reader.bytes(length));
      break;
    case DnsType::kAaaa:
      record.text = address_text<16>(AF_INET6, reader.bytes(length));
      break;
    case DnsType::kSrv:
      reader.word();  // Priority and weight.
      reader.word();
      record.port = reader.word();
      record.text = reader.name();
      break;
    case DnsType::kMx:
      reader.word();  // Preference.
      record.text = reader.name();
      break;
    case DnsType::kNs:
      record.text = reader.name();
      break;
    default:
      return std::nullopt;
  }
  if (record.text.empty()) return std::nullopt;
  return record;
}

}  // namespace

Result<DnsAnswer> parse_dns_answer(std::string_view message) {
  if (message.size() < kHeaderBytes) return fail(Error::kInvalid, "a DNS answer without a header");
  DnsReader reader(message);
  DnsAnswer answer;
  reader.word();  // The number of the question.
  const std::uint16_t flags = reader.word();
  if ((flags & 0x8000U) == 0) return fail(Error::kInvalid, "a DNS message that is no answer");
  answer.code = flags & 0x0fU;
  answer.truncated = (flags & 0x0200U) != 0;
  const std::uint16_t questions = reader.word();
  const std::uint16_t answers = reader.word();
  reader.word();  // Other sections.
  reader.word();
  for (int i = 0; i < questions && reader.ok(); ++i) {
    reader.name();
    reader.word();
    reader.word();
  }
  for (int i = 0; i < answers && reader.ok(); ++i) {
    reader.name();
    const std::uint16_t type = reader.word();
    const std::uint16_t record_class = reader.word();
    reader.word();  // How long it may be kept.
    reader.word();
    const std::uint16_t length = reader.word();
    const std::size_t behind = reader.at() + length;
    if (behind > message.size()) return fail(Error::kInvalid, "a DNS answer that breaks off");
    if (record_class == kClassInternet) {
      if (auto record = read_data(reader, type, length)) answer.records.push_back(*record);
    }
    if (reader.ok() && reader.at() > behind) {
      return fail(Error::kInvalid, "a DNS record that is longer than it says");
    }
    reader.go_to(behind);
  }
  if (!reader.ok()) return fail(Error::kInvalid, "a DNS answer that breaks off or runs in circles");
  return answer;
}

}  // namespace tailrace::discovery

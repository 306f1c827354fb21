// Answers of DNS servers, for tests.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tailrace::discovery {

inline std::string dns_word(unsigned value) {
  return {static_cast<char>(value >> 8U), static_cast<char>(value & 0xffU)};
}

// "a.b." as bytes.
inline std::string dns_name(std::string_view name) {
  std::string bytes;
  while (!name.empty()) {
    const std::size_t dot = name.find('.');
    bytes += static_cast<char>(dot);
    bytes += name.substr(0, dot);
    name.remove_prefix(dot + 1);
  }
  return bytes + '\0';
}

// An answer to one question; records are for the name asked for.
class DnsMessage {
 public:
  DnsMessage(std::string_view name, unsigned type)
      : question_(dns_name(name) + dns_word(type) + dns_word(1)) {}

  void set_flags(unsigned flags) { flags_ = flags; }
  void add(unsigned type, const std::string& data) {
    answers_ += "\xc0\x0c" + dns_word(type) + dns_word(1) + dns_word(0) + dns_word(60) +
                dns_word(static_cast<unsigned>(data.size())) + data;
    ++count_;
  }
  std::string bytes() const {
    return dns_word(7) + dns_word(flags_) + dns_word(1) + dns_word(count_) + dns_word(0) +
           dns_word(0) + question_ + answers_;
  }

 private:
  std::string question_;
  std::string answers_;
  unsigned count_ = 0;
  unsigned flags_ = 0x8180;
};

}  // namespace tailrace::discovery

// What the functions of one template keep from call to call.
#include "pipeline/go_template/runtime.h"

#include <locale.h>

#include <array>
#include <cwctype>
#include <utility>

#include <openssl/evp.h>

namespace tailrace::pipeline::go_template {

struct Runtime::Hashing {
  Hashing() : context(EVP_MD_CTX_new()) {}
  ~Hashing() { EVP_MD_CTX_free(context); }
  Hashing(const Hashing&) = delete;
  Hashing& operator=(const Hashing&) = delete;

  EVP_MD_CTX* const context;
};

// The C library's tables, in a locale of our own: the process's stays as it is.
struct Runtime::Characters {
  Characters() : locale(newlocale(LC_CTYPE_MASK, "C.UTF-8", locale_t{})) {}
  ~Characters() {
    if (locale != locale_t{}) freelocale(locale);
  }
  Characters(const Characters&) = delete;
  Characters& operator=(const Characters&) = delete;

  const locale_t locale;
};

Runtime::Runtime(Surroundings surroundings)
    : surroundings_(std::move(surroundings)),
      hashing_(std::make_unique<Hashing>()),
      characters_(std::make_unique<Characters>()) {}
Runtime::~Runtime() = default;

RegexScanner* Runtime::regex(std::string_view pattern) {
  const auto known = patterns_.find(pattern);
  if (known != patterns_.end()) return known->second.get();
  auto scanner = RegexScanner::create(pattern);
  if (patterns_.size() >= kPatternsMax) patterns_.clear();
  return patterns_
      .emplace(std::string(pattern), scanner.has_value() ? std::move(*scanner) : nullptr)
      .first->second.get();
}

bool Runtime::append_digest(std::string& out, Digest digest, std::string_view first,
                            std::string_view second) {
  const EVP_MD* type = EVP_sha256();
  if (digest == Digest::kSha1) type = EVP_sha1();
  if (digest == Digest::kSha512) type = EVP_sha512();
  if (digest == Digest::kSha3) type = EVP_sha3_256();
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned size = 0;
  EVP_MD_CTX* const context = hashing_->context;
  const bool done = EVP_DigestInit_ex(context, type, nullptr) == 1 &&
                    EVP_DigestUpdate(context, first.data(), first.size()) == 1 &&
                    EVP_DigestUpdate(context, second.data(), second.size()) == 1 &&
                    EVP_DigestFinal_ex(context, bytes.data(), &size) == 1;
  if (!done) return false;
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (unsigned i = 0; i < size; ++i) {
    out += kDigits[bytes[i] >> 4U];
    out += kDigits[bytes[i] & 15U];
  }
  return true;
}

std::uint32_t Runtime::lower(std::uint32_t code_point) const {
  if (code_point < 0x80) {
    return code_point >= 'A' && code_point <= 'Z' ? code_point + 32 : code_point;
  }
  if (characters_->locale == locale_t{}) return code_point;
  return static_cast<std::uint32_t>(
      towlower_l(static_cast<wint_t>(code_point), characters_->locale));
}

std::uint32_t Runtime::upper(std::uint32_t code_point) const {
  if (code_point < 0x80) {
    return code_point >= 'a' && code_point <= 'z' ? code_point - 32 : code_point;
  }
  if (characters_->locale == locale_t{}) return code_point;
  return static_cast<std::uint32_t>(
      towupper_l(static_cast<wint_t>(code_point), characters_->locale));
}

bool Runtime::is_letter(std::uint32_t code_point) const {
  if (code_point < 0x80) return lower(code_point) >= 'a' && lower(code_point) <= 'z';
  return characters_->locale != locale_t{} &&
         iswalpha_l(static_cast<wint_t>(code_point), characters_->locale) != 0;
}

}  // namespace tailrace::pipeline::go_template

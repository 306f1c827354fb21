// Certificates made for a test: an authority and what it signs.
#pragma once

#include <memory>
#include <string>

namespace tailrace::testing {

// A certificate and its key, as PEM.
struct Identity {
  std::string certificate;
  std::string key;
};

enum class KeyKind { kEllipticCurve, kRsa };

// Signs certificates.
class Authority {
 public:
  explicit Authority(const std::string& name);
  ~Authority();
  Authority(const Authority&) = delete;
  Authority& operator=(const Authority&) = delete;

  const std::string& certificate() const { return certificate_; }
  // `name` is the common name; `alternative` its other names: "DNS:a.example,IP:127.0.0.1".
  Identity issue(const std::string& name, const std::string& alternative,
                 KeyKind kind = KeyKind::kEllipticCurve) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
  std::string certificate_;
};

}  // namespace tailrace::testing

// Asks the system's DNS servers, by libresolv.
#include "discovery/dns_lookup.h"

#include <netdb.h>
#include <resolv.h>

#include <vector>

#include <arpa/nameser.h>
#include <fmt/format.h>
#include <netinet/in.h>

namespace tailrace::discovery {
namespace {

constexpr std::size_t kAnswerBytesMax = 65535;  // DNS has no longer ones.

// The resolver's state, closed at the end.
class ResolverState {
 public:
  ResolverState() : ok_(res_ninit(&state_) == 0) {}
  ~ResolverState() {
    if (ok_) res_nclose(&state_);
  }
  ResolverState(const ResolverState&) = delete;
  ResolverState& operator=(const ResolverState&) = delete;

  bool ok() const { return ok_; }
  struct __res_state& state() {
    return state_;
  }

 private:
  struct __res_state state_ = {};
  bool ok_;
};

}  // namespace

Result<DnsAnswer> look_up_dns(const std::string& name, DnsType type) {
  ResolverState resolver;
  if (!resolver.ok()) return fail(Error::kOther, "the resolver cannot be initialised");
  std::vector<unsigned char> buffer(kAnswerBytesMax);
  const int length = res_nsearch(&resolver.state(), name.c_str(), ns_c_in, static_cast<int>(type),
                                 buffer.data(), static_cast<int>(buffer.size()));
  if (length < 0) {
    const int reason = resolver.state().res_h_errno;
    if (reason == HOST_NOT_FOUND || reason == NO_DATA) return DnsAnswer{};
    return fail(Error::kOther, fmt::format("look up {}: {}", name, hstrerror(reason)));
  }
  const auto bytes = std::min(static_cast<std::size_t>(length), buffer.size());
  return parse_dns_answer({reinterpret_cast<const char*>(buffer.data()), bytes});
}

}  // namespace tailrace::discovery

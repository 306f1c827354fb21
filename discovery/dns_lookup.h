// Asks the system's DNS servers.
#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "discovery/dns_answer.h"

namespace tailrace::discovery {

// What looks a name up: a name that does not exist, or has no such records, is an empty answer.
//
// Threading: any thread; waits, for as long as resolv.conf allows.
// Errors: no server answered, or one said that it cannot.
using DnsLookup = std::function<Result<DnsAnswer>(const std::string& name, DnsType type)>;

// By the servers and the search list of /etc/resolv.conf, which is read anew each time.
Result<DnsAnswer> look_up_dns(const std::string& name, DnsType type);

}  // namespace tailrace::discovery

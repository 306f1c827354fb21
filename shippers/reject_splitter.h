// Sending a part of a request: a range of its entries as a request of its own.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "shippers/shipper.h"

namespace tailrace::shippers {

// Entries of a request, counted in wire order from 0.
struct EntryRange {
  std::uint32_t first = 0;
  std::uint32_t count = 0;
};

// Header and elements of `body`, as they are sent one behind the other.
std::vector<std::string_view> body_parts(const PushBody& body);
std::uint64_t body_bytes(const PushBody& body);

// The entries `range` of `body` (the skipped ones are counted, too) as a snappy block of their own.
// Streams keep their order and labels; those without an entry in the range are left out.
// Errors: kCorrupt when the body is not a push request; kInvalid when it has not so many entries.
Result<std::string> encode_range(const PushBody& body, EntryRange range);

}  // namespace tailrace::shippers

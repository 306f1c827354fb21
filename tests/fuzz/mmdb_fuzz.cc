// Fuzzes MaxMind DB files: whatever is in one, looking up stays within it and ends.
// libraries: tailrace_pipeline_mmdb
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/mmdb/database.h"

namespace tailrace::mmdb_fuzz {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tailrace::pipeline::mmdb;
  const auto database = Database::parse({reinterpret_cast<const char*>(data), size});
  if (!database) return 0;
  const std::vector<std::string> path = {"subdivisions", "names", "en"};
  for (const char* text : {"0.0.0.0", "255.255.255.255", "::1", "2001:db8::1"}) {
    const auto record = (*database)->find(*Address::parse(text));
    if (record) (void)(*database)->value_at(*record, path);
  }
  return 0;
}

}  // namespace tailrace::mmdb_fuzz

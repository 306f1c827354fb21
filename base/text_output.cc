// Text to a descriptor.
#include "base/text_output.h"

#include <unistd.h>

#include <cstddef>

namespace tailrace {

void write_text(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(descriptor, text.data(), text.size());
    if (written <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace tailrace

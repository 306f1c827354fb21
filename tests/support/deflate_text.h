// Compresses text with zlib.
#pragma once

#include <zlib.h>

#include <string>
#include <string_view>

namespace tailrace::testing {

// windowBits of zlib: 15 zlib's own format, 31 gzip, -15 neither header nor check.
inline std::string deflate_text(std::string_view text, int window_bits) {
  std::string in(text);
  z_stream stream{};
  deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, static_cast<uLong>(text.size())) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.erase(stream.total_out);
  deflateEnd(&stream);
  return out;
}

}  // namespace tailrace::testing

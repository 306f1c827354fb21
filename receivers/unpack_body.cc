// zlib and snappy, each told when to stop.
#include "receivers/unpack_body.h"

#include <snappy.h>
#include <zlib.h>

#include <algorithm>

namespace tailrace::receivers {
namespace {

constexpr std::size_t kKeptBytes = 4U << 20U;
constexpr std::size_t kStepBytes = 64U << 10U;
// Of joined gzip files: each costs some time, however little is in it.
constexpr std::size_t kMembersMax = 10'000;
constexpr int kAnyHeader = 15 + 32;  // gzip's or zlib's.
constexpr int kNoHeader = -15;

Status too_large() {
  return fail(Error::kExhausted, "the request is too large when unpacked");
}

Status inflate_body(std::string_view body, std::uint64_t raw_bytes_max, int window_bits,
                    std::string& out) {
  z_stream stream{};
  if (inflateInit2(&stream, window_bits) != Z_OK) {
    return fail(Error::kInvalid, "zlib cannot be initialised");
  }
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
  stream.avail_in = static_cast<uInt>(body.size());
  out.clear();
  std::size_t size = 0;  // Unpacked; beyond, `out` is room.
  std::size_t members = 1;
  int code = Z_OK;
  while (code == Z_OK && size <= raw_bytes_max && members <= kMembersMax) {
    if (size == out.size()) {
      const std::size_t wanted = std::max(2 * size, kStepBytes);
      out.resize(std::min<std::size_t>(wanted, raw_bytes_max + kStepBytes));
    }
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + size);
    stream.avail_out = static_cast<uInt>(out.size() - size);
    code = inflate(&stream, Z_NO_FLUSH);
    size = out.size() - stream.avail_out;
    // Files that were compressed one by one and joined are one stream for every reader of gzip.
    const bool joined = code == Z_STREAM_END && stream.avail_in > 0 && window_bits == kAnyHeader;
    if (!joined || *stream.next_in != 0x1f) continue;
    code = inflateReset(&stream);
    ++members;
  }
  inflateEnd(&stream);
  out.resize(size);
  if (size > raw_bytes_max || members > kMembersMax) return too_large();
  if (code != Z_STREAM_END) return fail(Error::kInvalid, "the compressed body is damaged");
  return {};
}

// One element of a block makes at most 64 bytes of at least two: a claim beyond is a lie.
Status unsnap(std::string_view body, std::uint64_t raw_bytes_max, std::string& out) {
  std::size_t raw_bytes = 0;
  if (!snappy::GetUncompressedLength(body.data(), body.size(), &raw_bytes)) {
    return fail(Error::kInvalid, "the body is not in snappy block format");
  }
  if (raw_bytes > raw_bytes_max) return too_large();
  if (raw_bytes / 32 > body.size()) {
    return fail(Error::kInvalid, "the body is not in snappy block format");
  }
  out.resize(raw_bytes);
  if (!snappy::RawUncompress(body.data(), body.size(), out.data())) {
    return fail(Error::kInvalid, "the body is not in snappy block format");
  }
  return {};
}

}  // namespace

Status unpack_body(std::string_view encoding, std::string_view body, std::uint64_t raw_bytes_max,
                   std::string& out) {
  shrink(out);
  if (encoding == "snappy") return unsnap(body, raw_bytes_max, out);
  if (encoding == "gzip") return inflate_body(body, raw_bytes_max, kAnyHeader, out);
  if (encoding != "deflate") {
    return fail(Error::kInvalid, "Content-Encoding " + std::string(encoding) + " is not supported");
  }
  // Some clients send it without zlib's header.
  const bool has_header =
      body.size() >= 2 && (static_cast<unsigned char>(body[0]) & 0x0fU) == 8 &&
      (static_cast<unsigned char>(body[0]) * 256U + static_cast<unsigned char>(body[1])) % 31 == 0;
  return inflate_body(body, raw_bytes_max, has_header ? kAnyHeader : kNoHeader, out);
}

std::string media_type(std::string_view content_type) {
  std::string type(content_type.substr(0, content_type.find(';')));
  while (type.ends_with(' '))
    type.pop_back();
  std::transform(type.begin(), type.end(), type.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return type;
}

void shrink(std::string& buffer) {
  if (buffer.capacity() > kKeptBytes) std::string().swap(buffer);
}

}  // namespace tailrace::receivers

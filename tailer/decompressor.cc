// The three libraries, each with its own words for the same thing.
#include "tailer/decompressor.h"

#include <bzlib.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

namespace tailrace::tailer {
namespace {

using Step = Decompressor::Step;

constexpr int kZstdWindowLogMax = 23;
static_assert(Decompressor::kZstdWindowBytesMax == 1U << kZstdWindowLogMax);

// The libraries count in unsigned int.
unsigned int as_count(std::size_t bytes) {
  return static_cast<unsigned int>(
      std::min<std::size_t>(bytes, std::numeric_limits<unsigned int>::max()));
}

Error damaged(const std::string& format, const std::string& why) {
  return {.code = Error::kCorrupt, .message = "damaged " + format + " data: " + why};
}
Error no_memory(const std::string& format) {
  return {.code = Error::kExhausted, .message = "no memory to unpack " + format};
}

// gzip and zlib.
class Inflate {
 public:
  explicit Inflate(const char* name) : name_(name) {}
  ~Inflate() {
    if (ready_) inflateEnd(&stream_);
  }
  Inflate(const Inflate&) = delete;
  Inflate& operator=(const Inflate&) = delete;

  // `window_bits`: zlib's way to choose the format.
  Status start(int window_bits) {
    if (inflateInit2(&stream_, window_bits) != Z_OK) {
      return fail(Error::kExhausted, "no memory for zlib");
    }
    ready_ = true;
    return {};
  }

  Step run(std::span<const char> in, std::span<char> out) {
    // zlib does not write to its input; its type is older than const.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
    stream_.avail_in = as_count(in.size());
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = as_count(out.size());
    const unsigned int in_before = stream_.avail_in;
    const unsigned int out_before = stream_.avail_out;
    const int code = inflate(&stream_, Z_NO_FLUSH);
    Step step{.consumed = in_before - stream_.avail_in,
              .produced = out_before - stream_.avail_out,
              .member_ended = code == Z_STREAM_END,
              .failure = {}};
    if (code == Z_MEM_ERROR) {
      step.failure = no_memory(name_);
    } else if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR) {
      step.failure = damaged(name_, stream_.msg != nullptr ? stream_.msg : "it cannot be unpacked");
    }
    if (step.member_ended) inflateReset(&stream_);
    return step;
  }

 private:
  const std::string name_;
  z_stream stream_{};
  bool ready_ = false;
};

class Bunzip {
 public:
  Bunzip() = default;
  ~Bunzip() { end(); }
  Bunzip(const Bunzip&) = delete;
  Bunzip& operator=(const Bunzip&) = delete;

  Step run(std::span<const char> in, std::span<char> out) {
    if (!ready_) {
      stream_ = {};
      if (BZ2_bzDecompressInit(&stream_, 0, 0) != BZ_OK) return {.failure = no_memory("bzip2")};
      ready_ = true;
    }
    stream_.next_in = const_cast<char*>(in.data());  // As zlib's.
    stream_.avail_in = as_count(in.size());
    stream_.next_out = out.data();
    stream_.avail_out = as_count(out.size());
    const unsigned int in_before = stream_.avail_in;
    const unsigned int out_before = stream_.avail_out;
    const int code = BZ2_bzDecompress(&stream_);
    Step step{.consumed = in_before - stream_.avail_in,
              .produced = out_before - stream_.avail_out,
              .member_ended = code == BZ_STREAM_END,
              .failure = {}};
    if (code == BZ_MEM_ERROR) {
      step.failure = no_memory("bzip2");
    } else if (code == BZ_DATA_ERROR_MAGIC) {
      step.failure = damaged("bzip2", "it does not begin as bzip2 does");
    } else if (code != BZ_OK && code != BZ_STREAM_END) {
      step.failure = damaged("bzip2", "a checksum is wrong");
    }
    if (step.member_ended) end();
    return step;
  }

 private:
  void end() {
    if (ready_) BZ2_bzDecompressEnd(&stream_);
    ready_ = false;
  }

  bz_stream stream_{};
  bool ready_ = false;
};

class Unzstd {
 public:
  Unzstd() : context_(ZSTD_createDCtx()) {
    if (context_) ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, kZstdWindowLogMax);
  }

  // zstd does not say what it has unpacked in a call that ends in a failure, so it gets one block
  // at a time. What it asks for is a block with the header of the next one.
  Step run(std::span<const char> in, std::span<char> out) {
    if (!context_) return {.failure = no_memory("zstd")};
    const std::size_t block = wanted_ > kBlockHeaderBytes ? wanted_ - kBlockHeaderBytes : wanted_;
    ZSTD_inBuffer input{in.data(), std::min(in.size(), block), 0};
    ZSTD_outBuffer output{out.data(), out.size(), 0};
    const std::size_t code = ZSTD_decompressStream(context_.get(), &output, &input);
    Step step{
        .consumed = input.pos, .produced = output.pos, .member_ended = code == 0, .failure = {}};
    if (ZSTD_isError(code) == 0) {
      wanted_ = code == 0 ? kFrameHeaderBytes : code;
    } else if (ZSTD_getErrorCode(code) == ZSTD_error_frameParameter_windowTooLarge) {
      step.failure = Error{.code = Error::kExhausted,
                           .message = "zstd data needs a window of more than 8 MiB"};
    } else {
      step.failure = damaged("zstd", ZSTD_getErrorName(code));
    }
    return step;
  }

 private:
  struct Free {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  };
  static constexpr std::size_t kFrameHeaderBytes = 5;  // At least.
  static constexpr std::size_t kBlockHeaderBytes = 3;

  const std::unique_ptr<ZSTD_DCtx, Free> context_;
  std::size_t wanted_ = kFrameHeaderBytes;
};

}  // namespace

struct Decompressor::State {
  std::variant<std::monostate, Inflate, Bunzip, Unzstd> library;
};

Decompressor::Decompressor(std::unique_ptr<State> state) : state_(std::move(state)) {}
Decompressor::~Decompressor() = default;

Result<std::unique_ptr<Decompressor>> Decompressor::create(Format format) {
  auto state = std::make_unique<State>();
  switch (format) {
    case Format::kGzip: {
      const Status started = state->library.emplace<Inflate>("gzip").start(16 + MAX_WBITS);
      if (!started) return fail(started.error());
      break;
    }
    case Format::kZlib: {
      const Status started = state->library.emplace<Inflate>("zlib").start(MAX_WBITS);
      if (!started) return fail(started.error());
      break;
    }
    case Format::kBzip2:
      state->library.emplace<Bunzip>();
      break;
    case Format::kZstd:
      state->library.emplace<Unzstd>();
      break;
  }
  return std::make_unique<Decompressor>(std::move(state));
}

Step Decompressor::run(std::span<const char> in, std::span<char> out) {
  return std::visit(
      [&](auto& library) -> Step {
        if constexpr (std::is_same_v<std::decay_t<decltype(library)>, std::monostate>) {
          return {};  // Not after create().
        } else {
          return library.run(in, out);
        }
      },
      state_->library);
}

}  // namespace tailrace::tailer

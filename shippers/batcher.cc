// Open batches: entries in wire form per client, tenant and stream, until a cut seals them.
//
// A stream is found without hashing: each client has an array by LabelSet::index(), and a slot is
// valid when its serial is the set's. Only a set that a client has not seen goes the long way: its
// label text is built, with the external labels under it, and looked up in the tenant's streams.
// A stream's parts hold its entries only; its length and labels are written when it is sealed, so
// nothing is patched or moved.
#include "shippers/batcher.h"

#include <algorithm>
#include <limits>
#include <map>
#include <unordered_map>
#include <utility>

#include "shippers/label_text.h"
#include "shippers/push_encoder.h"
#include "shippers/snappy_block.h"
#include "shippers/wire_buffer_pool.h"

namespace tailrace::shippers {

namespace {

// What an entry may add beyond its text: tags, lengths, the timestamp.
constexpr std::uint64_t kEntryOverheadBytes = 64;
// What a stream costs beside its entries and label text.
constexpr std::uint64_t kStreamOverheadBytes = 256;
// A stream that was not used for so many seals is forgotten.
constexpr std::uint64_t kIdleSeals = 32;

struct DropCount {
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;
  void add(std::uint64_t count) {
    ++entries;
    bytes += count;
  }
};

struct TenantBatch;

struct Stream {
  std::string label_text;
  TenantBatch* batch = nullptr;
  WireParts parts;
  std::size_t bytes_hint = 0;   // How much it held when it was last sealed.
  std::uint64_t last_used = 0;  // The seal before which it was last used.
  bool open = false;            // It has entries in the open batch.
};

// The open batch of one tenant of one client.
struct TenantBatch {
  std::string tenant;
  std::unordered_map<std::string_view, std::unique_ptr<Stream>> streams;  // By its label text.
  std::vector<Stream*> open_streams;                                      // By their first entry.
  std::uint64_t wire_bytes = 0;
  std::uint64_t line_bytes = 0;
  std::uint32_t entries = 0;
  std::int64_t first_time_ns = 0;
  DropCount too_long;
  DropCount truncated;
  DropCount stream_limited;

  bool idle() const {
    return streams.empty() && too_long.entries == 0 && truncated.entries == 0 &&
           stream_limited.entries == 0;
  }
};

struct Slot {
  std::uint64_t serial = 0;  // 0: empty; also the serial of a set that is in no table.
  Stream* stream = nullptr;
};

struct Client {
  BatchOptions options;
  std::vector<Slot> slots;  // By LabelSet::index().
  std::map<std::string, std::unique_ptr<TenantBatch>> tenants;
  // The greatest of any open batch of this client, and the earliest.
  std::uint64_t line_bytes_max = 0;
  std::uint64_t wire_bytes_max = 0;
  std::int64_t first_time_ns = std::numeric_limits<std::int64_t>::max();
};

}  // namespace

struct Batcher::State {
  std::vector<Client> clients;
  std::uint64_t pool_bytes = 0;
  std::uint64_t open_bytes = 0;
  std::uint64_t seals = 0;
  WireBufferPool buffers;
  SnappyCompressor compressor;
  // Scratch of seal(): the headers of all streams of a batch, and its parts.
  std::string headers;
  std::vector<std::string_view> parts;

  Stream& find_stream(Client& client, const LabelSet& labels);
  Stream& find_stream_by_text(Client& client, const LabelSet& labels);
  void append_to(Client& client, const LabelSet& labels, const Entry& entry, std::int64_t now_ns);
  void open_stream(Client& client, Stream& stream, std::int64_t now_ns);
  SealedBatch seal_batch(const Client& client, TenantBatch& batch);
  void forget_idle(Client& client);
};

Stream& Batcher::State::find_stream(Client& client, const LabelSet& labels) {
  const std::size_t index = labels.index();
  if (index < client.slots.size()) {
    const Slot& slot = client.slots[index];
    if (slot.serial == labels.serial() && slot.serial != 0) return *slot.stream;
  } else {
    client.slots.resize(index + 1);
  }
  Stream& stream = find_stream_by_text(client, labels);
  client.slots[index] = {.serial = labels.serial(), .stream = &stream};
  return stream;
}

Stream& Batcher::State::find_stream_by_text(Client& client, const LabelSet& labels) {
  StreamLabels found = stream_labels(labels, client.options.external_labels, client.options.tenant);
  std::unique_ptr<TenantBatch>& batch = client.tenants[found.tenant];
  if (batch == nullptr) {
    batch = std::make_unique<TenantBatch>();
    batch->tenant = found.tenant;
  }
  auto place = batch->streams.find(found.text);
  if (place == batch->streams.end()) {
    auto made = std::make_unique<Stream>();
    made->label_text = std::move(found.text);
    made->batch = batch.get();
    const std::string_view key = made->label_text;
    place = batch->streams.emplace(key, std::move(made)).first;
  }
  Stream& stream = *place->second;
  // Also when it is not opened now, so that it is not forgotten while its set is in use.
  stream.last_used = seals;
  return stream;
}

void Batcher::State::open_stream(Client& client, Stream& stream, std::int64_t now_ns) {
  TenantBatch& batch = *stream.batch;
  if (batch.entries == 0) {
    batch.first_time_ns = now_ns;
    client.first_time_ns = std::min(client.first_time_ns, now_ns);
  }
  stream.open = true;
  stream.last_used = seals;
  buffers.extend(stream.parts, std::min(stream.bytes_hint, WireBufferPool::kPartBytesMax));
  batch.open_streams.push_back(&stream);
  const std::uint64_t cost = stream.label_text.size() + kStreamOverheadBytes;
  batch.wire_bytes += cost;
  open_bytes += cost;
}

void Batcher::State::append_to(Client& client, const LabelSet& labels, const Entry& entry,
                               std::int64_t now_ns) {
  Stream& stream = find_stream(client, labels);
  TenantBatch& batch = *stream.batch;
  std::string_view line = entry.line;
  const std::uint64_t line_max = client.options.line_bytes_max;
  if (line_max != 0 && line.size() > line_max) {
    if (!client.options.truncate_lines) {
      batch.too_long.add(line.size());
      return;
    }
    // Exactly there, also inside a UTF-8 character (docs/compatibility.md, limits_config).
    batch.truncated.add(line.size() - line_max);
    line = line.substr(0, line_max);
  }
  if (!stream.open) {
    const std::uint32_t streams_max = client.options.streams_max;
    if (streams_max != 0 && batch.open_streams.size() >= streams_max) {
      batch.stream_limited.add(line.size());
      return;
    }
    open_stream(client, stream, now_ns);
  }
  const EntryEncoder encoder(entry.time, line, entry.metadata);
  const std::size_t bytes = encoder.bytes();
  if (stream.parts.open.room() < bytes) buffers.extend(stream.parts, bytes);
  encoder.write(stream.parts.open.end());
  stream.parts.open.used += bytes;
  stream.parts.bytes += bytes;

  ++batch.entries;
  batch.wire_bytes += bytes;
  batch.line_bytes += line.size();
  if (!entry.metadata.empty()) batch.line_bytes += metadata_bytes(entry.metadata);
  open_bytes += bytes;
  client.line_bytes_max = std::max(client.line_bytes_max, batch.line_bytes);
  client.wire_bytes_max = std::max(client.wire_bytes_max, batch.wire_bytes);
}

SealedBatch Batcher::State::seal_batch(const Client& client, TenantBatch& batch) {
  std::size_t headers_bytes = 0;
  for (const Stream* stream : batch.open_streams) {
    headers_bytes += stream->label_text.size() + kStreamOverheadBytes;
  }
  headers.clear();
  headers.reserve(headers_bytes);  // The parts view into it, so it must not move.
  parts.clear();
  for (const Stream* stream : batch.open_streams) {
    const std::size_t begin = headers.size();
    append_stream_header(headers, stream->label_text, stream->parts.bytes);
    parts.emplace_back(headers.data() + begin, headers.size() - begin);
    for (const WireBuffer& part : stream->parts.full)
      parts.emplace_back(part.memory.get(), part.used);
    parts.emplace_back(stream->parts.open.memory.get(), stream->parts.open.used);
  }
  SealedBatch sealed{.client_key = client.options.client_key,
                     .tenant = batch.tenant,
                     .bytes = std::string(compressor.compress(parts)),
                     .entries = batch.entries,
                     .line_bytes = batch.line_bytes,
                     .first_time_ns = batch.first_time_ns};
  for (Stream* stream : batch.open_streams) {
    stream->bytes_hint = stream->parts.bytes;
    stream->open = false;
    stream->last_used = seals;
    buffers.give_back(stream->parts);
  }
  batch.open_streams.clear();
  batch.wire_bytes = 0;
  batch.line_bytes = 0;
  batch.entries = 0;
  return sealed;
}

// Label sets that nobody uses any more are swept from their table, and their numbers are used
// again; streams go the same way, a little later.
void Batcher::State::forget_idle(Client& client) {
  const auto idle = [this](const Stream& stream) { return stream.last_used + kIdleSeals <= seals; };
  for (Slot& slot : client.slots) {
    if (slot.stream != nullptr && idle(*slot.stream)) slot = {};
  }
  for (auto& [tenant, batch] : client.tenants) {
    std::erase_if(batch->streams, [&idle](const auto& item) { return idle(*item.second); });
  }
  std::erase_if(client.tenants, [](const auto& item) { return item.second->idle(); });
}

Batcher::Batcher(std::vector<BatchOptions> clients, std::uint64_t pool_bytes)
    : state_(std::make_unique<State>()) {
  state_->pool_bytes = pool_bytes;
  for (BatchOptions& options : clients) {
    Client& client = state_->clients.emplace_back();
    client.options = std::move(options);
    std::sort(client.options.external_labels.begin(), client.options.external_labels.end());
  }
}

Batcher::~Batcher() = default;

bool Batcher::room_for(std::uint64_t line_bytes) const {
  if (empty()) return true;
  const std::uint64_t wire_bytes = line_bytes + kEntryOverheadBytes + kStreamOverheadBytes;
  if (state_->open_bytes + wire_bytes * state_->clients.size() > state_->pool_bytes) return false;
  return std::all_of(state_->clients.begin(), state_->clients.end(), [&](const Client& client) {
    return client.line_bytes_max + line_bytes <= client.options.batch_bytes &&
           client.wire_bytes_max + wire_bytes <= state_->pool_bytes / 4;
  });
}

void Batcher::append(const LabelSet& labels, const Entry& entry, std::int64_t now_ns) {
  for (Client& client : state_->clients)
    state_->append_to(client, labels, entry, now_ns);
}

bool Batcher::empty() const {
  return state_->open_bytes == 0;
}

bool Batcher::any_open(
    const std::function<bool(std::string_view, std::string_view)>& wanted) const {
  return std::any_of(state_->clients.begin(), state_->clients.end(), [&](const Client& client) {
    return std::any_of(client.tenants.begin(), client.tenants.end(), [&](const auto& tenant) {
      return tenant.second->entries > 0 && wanted(client.options.client_key, tenant.first);
    });
  });
}

std::uint64_t Batcher::open_bytes() const {
  return state_->open_bytes;
}

bool Batcher::full() const {
  return std::any_of(state_->clients.begin(), state_->clients.end(), [this](const Client& client) {
    return client.wire_bytes_max > 0 && (client.line_bytes_max >= client.options.batch_bytes ||
                                         client.wire_bytes_max >= state_->pool_bytes / 4);
  });
}

std::int64_t Batcher::due_ns() const {
  std::int64_t due = std::numeric_limits<std::int64_t>::max();
  for (const Client& client : state_->clients) {
    std::int64_t client_due = 0;
    if (!__builtin_add_overflow(client.first_time_ns, client.options.batch_wait.count(),
                                &client_due)) {
      due = std::min(due, client_due);
    }
  }
  return due;
}

std::vector<SealedBatch> Batcher::seal() {
  std::vector<SealedBatch> sealed;
  const bool sweep = ++state_->seals % kIdleSeals == 0;
  for (Client& client : state_->clients) {
    for (auto& [tenant, batch] : client.tenants) {
      if (batch->entries > 0) sealed.push_back(state_->seal_batch(client, *batch));
    }
    client.line_bytes_max = 0;
    client.wire_bytes_max = 0;
    client.first_time_ns = std::numeric_limits<std::int64_t>::max();
    if (sweep) state_->forget_idle(client);
  }
  state_->open_bytes = 0;
  state_->buffers.trim(state_->pool_bytes / 2);
  return sealed;
}

std::vector<BatchCounts> Batcher::take_counts() {
  std::vector<BatchCounts> counts;
  for (Client& client : state_->clients) {
    for (auto& [tenant, batch] : client.tenants) {
      const DropCount too_long = std::exchange(batch->too_long, {});
      const DropCount truncated = std::exchange(batch->truncated, {});
      const DropCount limited = std::exchange(batch->stream_limited, {});
      if (too_long.entries + truncated.entries > 0) {
        counts.push_back({.client_key = client.options.client_key,
                          .tenant = tenant,
                          .reason = "line_too_long",
                          .dropped_entries = too_long.entries,
                          .dropped_bytes = too_long.bytes,
                          .mutated_entries = truncated.entries,
                          .mutated_bytes = truncated.bytes});
      }
      if (limited.entries > 0) {
        counts.push_back({.client_key = client.options.client_key,
                          .tenant = tenant,
                          .reason = "stream_limited",
                          .dropped_entries = limited.entries,
                          .dropped_bytes = limited.bytes});
      }
    }
  }
  return counts;
}

}  // namespace tailrace::shippers

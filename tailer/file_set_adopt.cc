// New files: whether a file is new at all, what was missed before it, and where to begin.
//
// A copy. Copytruncate makes the copy first and truncates then, so for a moment there is a new file
// that begins as a followed one does. Where its name is of the same family as a followed file's and
// its content does not tell yet, it is put off: either the followed file turns out to be truncated
// (its worker reports kDisplaced) and the copy gets its rest read, or after copy_patience the two
// are compared: what is still a prefix of the followed file is a copy and is left alone, everything
// else is adopted.
//
// Missed generations. When a name gets a new file, siblings with a number or date that are not
// known and were written later than the name's last known file came and went in between (several
// rotations in one stall, or while stopped). They are read whole, oldest first.
#include <algorithm>
#include <array>
#include <utility>

#include "tailer/file_set.h"

namespace tailrace::tailer {
namespace {

constexpr std::chrono::milliseconds kSuspectPause{250};
constexpr std::chrono::seconds kEmptyPause{1};
// An event is told so late at most.
constexpr std::chrono::seconds kLatest{5};
constexpr std::size_t kWarnedMax = 1000;

bool is_compressed(File& file) {
  std::array<char, 4> magic{};
  const Result<std::size_t> got = read_range(file, 0, magic);
  if (!got || *got < 3) return false;
  const std::string_view text(magic.data(), *got);
  return text.starts_with("\x1f\x8b") || text.starts_with("BZh") ||
         text.starts_with("\x28\xb5\x2f\xfd");
}

}  // namespace

Compression FileSet::compression_of(const Target& target, const std::string& path,
                                    const std::string& label_path) const {
  // Jobs with decompression know their files by the stored bytes.
  if (target.what.options->decompression.enabled) return std::nullopt;
  return compressed_meanwhile(path, label_path);
}

// ---- Copies ----

// What is known here of a followed file's head may be from when it was short. What is too little
// to recognise it by is left to its worker, who knows what it read (kIdentified).
void FileSet::refresh_head(KnownFile& file) {
  FileIdentity& identity = file.point.identity;
  if (identity.head_bytes < kProofBytes || identity.head_bytes >= kHeadBytes || !file.active() ||
      !is_still_at_its_path(file))
    return;
  const auto content =
      open_content(file_system_, file.point.path,
                   compression_of(targets_[file.target], file.point.path, file.point.label_path));
  if (!content) return;
  const Result<FileHead> known = read_head(**content, identity.head_bytes);
  if (!known || known->bytes < identity.head_bytes ||
      (known->bytes > 0 && known->hash != identity.head_hash)) {
    return;  // It was truncated.
  }
  const Result<FileHead> head = read_head(**content);
  if (!head || head->bytes <= identity.head_bytes) return;
  identity.head_bytes = head->bytes;
  identity.head_hash = head->hash;
}

// The first look at the content of a file of which nothing was known.
void FileSet::take_head(KnownFile& file) {
  const auto content =
      open_content(file_system_, file.point.path,
                   compression_of(targets_[file.target], file.point.path, file.point.label_path));
  if (!content) return;
  const Result<FileHead> head = read_head(**content);
  if (!head) return;
  file.point.identity.head_bytes = head->bytes;
  file.point.identity.head_hash = head->hash;
}

FileSet::CopyGuess FileSet::compare_with(KnownFile& file, const std::string& path,
                                         const FileStat& stat) {
  if (file.state == KnownFile::State::kWaiting || file.point.label_path == path ||
      file.adopted_pass == pass_) {
    return CopyGuess::kNo;
  }
  // A copy has the name of a generation.
  const std::string& name = file.point.label_path;
  if (name != family_of(path) && !is_generation_of(path, name)) return CopyGuess::kNo;
  const bool live = file.active() && file.point.path == file.point.label_path;
  const CopyGuess too_short = live ? CopyGuess::kMaybe : CopyGuess::kNo;
  if (stat.size == 0) return too_short;
  const Compression compression =
      compression_of(targets_[file.target], path, file.point.label_path);
  const auto content = open_content(file_system_, path, compression);
  if (!content) return CopyGuess::kNo;
  refresh_head(file);
  const FileIdentity& identity = file.point.identity;
  const Result<FileHead> head = read_head(**content, identity.head_bytes);
  if (!head) return compression ? too_short : CopyGuess::kNo;
  if (identity.head_bytes == 0) return too_short;
  if (head->bytes == identity.head_bytes) {
    return head->hash == identity.head_hash ? CopyGuess::kMaybe : CopyGuess::kNo;
  }
  if (!live || compression) return too_short;
  // Shorter than what is known of the file: compare with the file itself, if it is still that.
  const auto original = file_system_.open(file.point.path, OpenMode::kRead);
  if (!original) return CopyGuess::kMaybe;
  const Result<FileHead> same = read_head(**original, head->bytes);
  const bool intact = match_content(**original, file.point).kind != ContentMatch::Kind::kOther;
  if (!intact || !same) return CopyGuess::kMaybe;
  return same->bytes == head->bytes && same->hash == head->hash ? CopyGuess::kMaybe
                                                                : CopyGuess::kNo;
}

// Whether the file at `path` is a copy of what `file` has, or had when it was read.
bool FileSet::is_copy_of(KnownFile& file, const std::string& path, const FileStat& stat) {
  const Compression compression =
      compression_of(targets_[file.target], path, file.point.label_path);
  const auto content = open_content(file_system_, path, compression);
  if (!content || stat.size == 0) return false;
  refresh_head(file);
  if (!compression && file.active() && is_still_at_its_path(file) &&
      compressed_meanwhile(file.point.path, file.point.label_path) == std::nullopt) {
    const auto original = file_system_.open(file.point.path, OpenMode::kRead);
    if (original && match_content(**original, file.point).kind == ContentMatch::Kind::kSame) {
      // Both are there: heads and the end of the copy decide.
      const std::size_t tail = std::min<std::uint64_t>(kBeforeBytes, stat.size);
      std::array<char, kBeforeBytes> ours{};
      std::array<char, kBeforeBytes> theirs{};
      const std::span<char> a(ours.data(), tail);
      const std::span<char> b(theirs.data(), tail);
      const auto got_a = read_range(**content, stat.size - tail, a);
      const auto got_b = read_range(**original, stat.size - tail, b);
      if (!got_a || !got_b || *got_a != tail || *got_b != tail || !std::ranges::equal(a, b)) {
        return false;
      }
      const std::size_t head =
          static_cast<std::size_t>(std::min<std::uint64_t>(kHeadBytes, stat.size));
      const Result<FileHead> head_a = read_head(**content, head);
      const Result<FileHead> head_b = read_head(**original, head);
      return head_a && head_b && head_a->bytes == head_b->bytes && head_a->hash == head_b->hash;
    }
  }
  const ContentMatch match = match_content(**content, file.point);
  if (match.kind == ContentMatch::Kind::kOther || match.proof_bytes == 0) return false;
  return match.proven() || (match.kind == ContentMatch::Kind::kSame && was_truncated(file));
}

// Whether the unknown file at `path` is left alone for now, because it may be a copy, or for good,
// because it is one.
bool FileSet::put_off(TargetIndex index, const std::string& path, const FileStat& stat) {
  Target& target = targets_[index];
  if (target.what.options->decompression.enabled) return false;
  if (const auto copy = target.copies.find(stat.inode); copy != target.copies.end()) {
    if (copy->second == stat.size) return true;
    target.copies.erase(copy);
  }
  const std::string family = family_of(path);
  if (family == path) return false;
  std::vector<KnownFile*> originals = table_.of_family(index, family);
  std::erase_if(originals,
                [&](KnownFile* file) { return compare_with(*file, path, stat) == CopyGuess::kNo; });
  if (originals.empty()) return false;
  const SteadyTime now = clock_.steady_now();
  const auto [place, added] =
      target.suspects.try_emplace(path, Suspect{.since = now, .next = now, .size = stat.size});
  Suspect& suspect = place->second;
  if (suspect.size != stat.size) suspect.since = now;
  suspect.size = stat.size;
  suspect.next = now + kSuspectPause;
  if (added) {
    for (const KnownFile* const file : originals)
      post(*file, NudgeFile{file->point.source});
  }
  if (now - suspect.since < options_.copy_patience) return true;
  if (stat.size == 0) {
    // There is nothing to read in it, and nothing to tell by.
    suspect.next = now + kEmptyPause;
    return true;
  }
  target.suspects.erase(place);
  for (KnownFile* const file : originals) {
    if (!is_copy_of(*file, path, stat)) continue;
    target.copies[stat.inode] = stat.size;
    return true;
  }
  return false;
}

// ---- New files ----

bool FileSet::wanted(const Target& target, const std::string& path, const FileStat& stat) {
  const FileReadOptions& options = *target.what.options;
  if (options.files.ignore_older.count() > 0 &&
      clock_.wall_now() - stat.modified > options.files.ignore_older) {
    return false;
  }
  if (options.decompression.enabled || compression_suffix(path).empty()) return true;
  const auto file = file_system_.open(path, OpenMode::kRead);
  if (!file || !is_compressed(**file)) return true;
  if (warned_.size() < kWarnedMax && warned_.insert(path).second) {
    log_.warn("a compressed file matches the pattern of a job without decompression; left out",
              {{"path", path}, {"job", target.what.job}});
  }
  return false;
}

void FileSet::adopt_new(TargetIndex index, const std::string& path, const FileStat& stat,
                        KnownFile* holder) {
  KnownFile* known = table_.newest_of(index, path);
  if (known == nullptr && !wanted(targets_[index], path, stat)) return;
  if (known == nullptr && adopt_as_generation(index, path, stat)) return;
  if (known == nullptr) known = holder;
  note_link(path);
  SourceId predecessor = 0;
  if (known != nullptr) {
    const std::vector<Candidate> missed = missed_generations(index, *known, path, stat);
    if (known->active()) {
      retire(*known, after_end(*known));
      predecessor = known->point.source;
    }
    predecessor = adopt_generations(index, missed, path, predecessor);
  }
  if (holder != nullptr && holder != known && holder->active()) {
    retire(*holder, after_end(*holder));
  }
  adopt(index, {.path = path,
                .label_path = path,
                .stat = stat,
                .predecessor = predecessor,
                .as = Adoption::As::kCurrent});
}

// Returns the last one, or `predecessor`.
SourceId FileSet::adopt_generations(TargetIndex index, const std::vector<Candidate>& generations,
                                    const std::string& name, SourceId predecessor) {
  for (const Candidate& generation : generations) {
    const KnownFile* const file = adopt(index, {.path = generation.path,
                                                .label_path = name,
                                                .stat = generation.stat,
                                                .predecessor = predecessor,
                                                .as = Adoption::As::kGeneration});
    if (file == nullptr) continue;
    ++counters_.missed_generations;
    predecessor = file->point.source;
  }
  return predecessor;
}

// A name has no file now. Generations that came and went since its last known one are not kept
// waiting for the next.
void FileSet::look_for_unborn(TargetIndex index, const std::string& name) {
  KnownFile* const last = table_.newest_of(index, name);
  if (last == nullptr || last->point.path == name) return;
  FileStat unborn;
  unborn.modified = clock_.wall_now();
  const std::vector<Candidate> missed = missed_generations(index, *last, name, unborn);
  if (missed.empty()) return;
  const SourceId predecessor = last->active() ? last->point.source : 0;
  if (last->active()) retire(*last, after_end(*last));
  adopt_generations(index, missed, name, predecessor);
}

// A generation turned up while its name has a new file. Nearly always it is the one that was
// followed. It may also have been the name's file for the moment between two of our looks, at the
// folder and at the name; then it is known to nobody.
void FileSet::look_for_late(TargetIndex index, const std::string& name) {
  const auto held = targets_[index].holders.find(name);
  if (held == targets_[index].holders.end()) return;
  const KnownFile* const holder = table_.find(held->second);
  KnownFile* const before = holder == nullptr ? nullptr : table_.find(holder->point.predecessor);
  if (before == nullptr || clock_.steady_now() - holder->adopted_at > kLatest) return;
  FileStat successor;
  successor.inode = holder->point.identity.inode;
  successor.modified = wall_time_from_unix(holder->adopted_modified_ns);
  adopt_generations(index, missed_generations(index, *before, name, successor), name,
                    before->point.source);
}

// A file with the name of a generation, whose name's last known file was rotated away and has no
// successor yet: it came and went in between.
bool FileSet::adopt_as_generation(TargetIndex index, const std::string& path,
                                  const FileStat& stat) {
  for (KnownFile* const file : table_.of_family(index, family_of(path))) {
    const std::string name = file->point.label_path;
    if (!is_generation_of(path, name) || table_.newest_of(index, name) != file ||
        file->point.path == name || stat_file(name)) {
      continue;
    }
    FileStat unborn = stat;  // The successor, which is not there yet.
    unborn.inode = 0;
    const std::vector<Candidate> missed = missed_generations(index, *file, name, unborn);
    if (missed.empty()) continue;
    const SourceId last = file->active() ? file->point.source : 0;
    if (file->active()) retire(*file, after_end(*file));
    adopt_generations(index, missed, name, last);
    return targets_[index].holders.contains(path);
  }
  return false;
}

// A file that had no content when it was adopted has some now. Whether it is its first content
// cannot be told by looking at it; generations that came since its adoption tell.
void FileSet::look_for_missed(KnownFile& file) {
  const std::optional<FileStat> stat = stat_file(file.point.path);
  if (!stat) return;
  KnownFile empty = file;
  empty.point.modified_ns = file.adopted_modified_ns;
  adopt_generations(file.target,
                    missed_generations(file.target, empty, file.point.label_path, *stat),
                    file.point.label_path, file.point.predecessor);
}

// nullptr: the file is not there any more (or again another one); it is looked at again soon.
KnownFile* FileSet::adopt(TargetIndex index, const Adoption& adoption) {
  Target& target = targets_[index];
  KnownFile file;
  const auto content = open_content(file_system_, adoption.path,
                                    compression_of(target, adoption.path, adoption.label_path));
  if (content) {
    const Result<FileStat> opened = (*content)->stat();
    const Result<FileHead> head = read_head(**content);
    if (!opened || opened->inode != adoption.stat.inode || opened->device != adoption.stat.device) {
      dirty_.emplace(index, adoption.path);
      return nullptr;
    }
    if (head) {
      file.point.identity.head_hash = head->hash;
      file.point.identity.head_bytes = head->bytes;
    }
  } else if (content.error().code == ENOENT) {
    dirty_.emplace(index, adoption.path);
    return nullptr;
  }
  const KnownFile* const namesake = table_.newest_of(index, adoption.label_path);
  file.worker = namesake != nullptr ? namesake->worker : least_loaded();
  file.point.source = options_.new_source_id();
  file.point.job = target.what.job;
  file.point.kind = SourceKind::kFile;
  file.point.path = adoption.path;
  file.point.label_path = adoption.label_path;
  file.point.identity.device = adoption.stat.device;
  file.point.identity.inode = adoption.stat.inode;
  file.point.predecessor = adoption.predecessor;
  file.target = index;
  file.size = adoption.stat.size;
  file.adopted_pass = pass_;
  file.adopted_at = clock_.steady_now();
  note_link(adoption.path);
  const bool current = adoption.as == Adoption::As::kCurrent;
  if (current && namesake == nullptr) {
    set_start(file, adoption.stat, content ? content->get() : nullptr);
  }
  // What is a generation of this name now was not missed after it.
  file.point.modified_ns = unix_nanoseconds(adoption.stat.modified);
  if (current) {
    for (const Candidate& sibling : generations_of(adoption.path)) {
      file.point.modified_ns =
          std::max(file.point.modified_ns, unix_nanoseconds(sibling.stat.modified));
    }
  }
  file.adopted_modified_ns = file.point.modified_ns;
  file.state = current ? KnownFile::State::kFollowed : KnownFile::State::kRetired;
  if (!current && target.what.matches(adoption.path)) file.after = AfterEnd::kKeep;
  KnownFile& added = table_.add(std::move(file));
  if (target.what.matches(adoption.path)) target.holders[adoption.path] = added.point.source;
  target.suspects.erase(adoption.path);
  ++counters_.adopted;
  const bool orphan = !current && added.after == AfterEnd::kEnd;
  AdoptFile command = adoption_of(added);
  command.orphan = orphan;
  post(added, std::move(command));
  if (!current && !orphan) post(added, RetireFile{added.point.source, AfterEnd::kKeep});
  return &added;
}

// A file that had ended is back under a name that matches: it goes on where it was.
void FileSet::adopt_again(KnownFile& ended, const std::string& path, const FileStat& stat) {
  KnownFile file = ended;
  table_.erase(ended.point.source);
  file.point.source = options_.new_source_id();
  file.point.path = path;
  file.point.predecessor = 0;
  file.point.finished = false;
  file.point.finished_ns = 0;
  file.point.held.clear();
  file.state = KnownFile::State::kFollowed;
  file.size = stat.size;
  file.adopted_pass = pass_;
  KnownFile& added = table_.add(std::move(file));
  table_.bind(added, stat);
  targets_[added.target].holders[path] = added.point.source;
  note_link(path);
  ++counters_.adopted;
  post(added, adoption_of(added));
}

// Where a name begins that was never followed: at 0, at the end, or where positions.yaml says.
void FileSet::set_start(KnownFile& file, const FileStat& stat, File* content) {
  const FileReadOptions& options = *targets_[file.target].what.options;
  const auto known = known_positions_.find(file.point.path);
  if (known != known_positions_.end()) {
    // Positions of compressed files are lines. An offset beyond the end is of another file.
    if (options.decompression.enabled || known->second.offset <= stat.size) {
      file.point.position = known->second.offset;
    }
    return;
  }
  if (options.files.start_at != config::FileOptionsConfig::StartAt::kEnd || !first_sync_ ||
      options.decompression.enabled || stat.size == 0 || content == nullptr) {
    return;
  }
  file.point.position = stat.size;
  std::array<char, 1> last{};
  const Result<std::size_t> got = content->read_at(stat.size - 1, last);
  file.point.skipping_line = got && *got == 1 && last[0] != '\n';
}

// ---- Generations ----

std::vector<Candidate> FileSet::generations_of(const std::string& path) {
  std::vector<Candidate> result;
  std::vector<std::string> names{path};
  if (const auto real = real_paths_.find(path); real != real_paths_.end()) {
    names.push_back(real->second);
  }
  for (const std::string& name : names) {
    for (const Candidate& sibling : folders_.with_prefix(directory_of(name), name)) {
      if (is_generation_of(sibling.path, name)) result.push_back(sibling);
    }
  }
  return result;
}

std::vector<Candidate> FileSet::missed_generations(TargetIndex index, const KnownFile& known,
                                                   const std::string& path,
                                                   const FileStat& successor) {
  std::vector<Candidate> missed;
  const std::int64_t after = known.point.modified_ns;
  if (after == 0 || targets_[index].what.options->decompression.enabled) return missed;
  const std::int64_t until = unix_nanoseconds(successor.modified) + options_.rotation_wait.count();
  const bool located = !known.point.path.empty() && known.point.path != path;
  for (const Candidate& sibling : generations_of(path)) {
    const std::int64_t modified = unix_nanoseconds(sibling.stat.modified);
    if (sibling.stat.size == 0 || modified < after || modified > until ||
        sibling.stat.inode == successor.inode) {
      continue;
    }
    // Times are coarse; names decide between equal ones.
    if (modified == after && !(located && generation_rank(sibling.path, path) >
                                              generation_rank(known.point.path, path))) {
      continue;
    }
    if (is_being_compressed(sibling.path)) continue;
    if (owner_of(index, sibling.path, sibling.stat) != nullptr) continue;
    const std::vector<KnownFile*> family = table_.of_family(index, family_of(path));
    if (std::any_of(family.begin(), family.end(), [&](KnownFile* file) {
          return file->state != KnownFile::State::kWaiting &&
                 is_copy_of(*file, sibling.path, sibling.stat);
        })) {
      continue;
    }
    missed.push_back(sibling);
  }
  std::sort(missed.begin(), missed.end(), [&](const Candidate& a, const Candidate& b) {
    if (a.stat.modified != b.stat.modified) return a.stat.modified < b.stat.modified;
    return generation_rank(a.path, path) < generation_rank(b.path, path);
  });
  return missed;
}

// A compressed file beside its plain original is not complete yet.
bool FileSet::is_being_compressed(const std::string& path) {
  const std::size_t suffix = compression_suffix(path).size();
  if (suffix == 0) return false;
  const std::string plain = path.substr(0, path.size() - suffix);
  for (const Candidate& sibling : folders_.with_prefix(directory_of(plain), plain)) {
    if (sibling.path == plain) return true;
  }
  return false;
}

// ---- Links ----

void FileSet::note_link(const std::string& path) {
  if (const auto before = real_paths_.find(path); before != real_paths_.end()) {
    auto& links = link_targets_[before->second];
    links.erase(path);
    if (links.empty()) link_targets_.erase(before->second);
    real_paths_.erase(before);
  }
  const Result<std::string> real = file_system_.real_path(path);
  if (!real || *real == path) return;
  real_paths_[path] = *real;
  link_targets_[*real].insert(path);
  // The folder that it leads to may not be watched yet.
  if (!watched_.contains(directory_of(*real))) next_full_ = SteadyTime::min();
}

}  // namespace tailrace::tailer

#include "shell/script_run.h"

#define XXH_INLINE_ALL
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cinttypes>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <system_error>

namespace cairn::shell {

namespace {

constexpr size_t kHashesMax = 100'000;
/// What nobody has come back for in so long goes when another script begins.
constexpr auto kKept = std::chrono::days(7);
constexpr std::string_view kFirstLine = "cairn script 1";

uint64_t hash_of(std::string_view text) { return XXH3_64bits(text.data(), text.size()); }

[[noreturn]] void fail(const std::string& what) { throw std::system_error(errno, std::generic_category(), what); }

using FilePtr = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

/// A line without its end; false behind the last one.
bool read_line(std::FILE* file, std::string& line) {
  char* text = nullptr;
  size_t capacity = 0;
  const ssize_t length = ::getline(&text, &capacity, file);
  if (length > 0) line.assign(text, static_cast<size_t>(length) - (text[length - 1] == '\n'));
  std::free(text);
  return length > 0;
}

std::vector<uint64_t> line_hashes(const std::string& path) {
  const FilePtr file(std::fopen(path.c_str(), "rb"), std::fclose);
  if (file == nullptr) fail("cannot open \"" + path + "\"");
  std::vector<uint64_t> hashes;
  for (std::string line; read_line(file.get(), line);) hashes.push_back(hash_of(line));
  return hashes;
}

/// Some lines share a hash where there are many.
std::vector<uint64_t> combined(const std::vector<uint64_t>& hashes, size_t lines_per_hash) {
  std::vector<uint64_t> out;
  for (size_t begin = 0; begin < hashes.size(); begin += lines_per_hash) {
    const size_t count = std::min(lines_per_hash, hashes.size() - begin);
    out.push_back(XXH3_64bits(hashes.data() + begin, count * sizeof(uint64_t)));
  }
  return out;
}

std::string real_path(const std::string& path) {
  char* resolved = ::realpath(path.c_str(), nullptr);
  if (resolved == nullptr) fail("cannot open \"" + path + "\"");
  std::string out = resolved;
  std::free(resolved);
  return out;
}

std::string random_id() {
  std::random_device device;
  return fmt::format("{:08x}{:08x}", device(), device());
}

/// What may be replaced: nothing, or a file that a run has begun.
bool is_free_or_ours(const std::string& path) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0) return errno == ENOENT;
  if (!S_ISREG(status.st_mode)) return false;
  const FilePtr file(std::fopen(path.c_str(), "rb"), std::fclose);
  std::string line;
  return file != nullptr && (status.st_size == 0 || (read_line(file.get(), line) && line == kFirstLine));
}

void sweep(const std::string& directory) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    const std::string path = entry.path().string();
    const auto written = entry.last_write_time(error);
    if (error || std::filesystem::file_time_type::clock::now() - written < kKept || !is_free_or_ours(path)) continue;
    ::unlink(path.c_str());
  }
}

std::string capitals(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

/// The words of a statement in capitals, names in quotes among them, without texts and comments; a command's begin with '.'
/// or '\'.
std::vector<std::string> words_of(std::string_view text) {
  constexpr size_t kWordsMax = 10'000;
  std::vector<std::string> words;
  const auto is_word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
  for (size_t at = 0; at < text.size() && words.size() < kWordsMax;) {
    const std::string_view rest = text.substr(at);
    if (rest.starts_with("--")) {
      at = std::min(text.find('\n', at), text.size());
    } else if (rest.starts_with("/*")) {
      size_t depth = 0;
      do {
        const std::string_view here = text.substr(at, 2);
        depth += here == "/*", depth -= here == "*/";
        at += here == "/*" || here == "*/" ? 2 : 1;
      } while (depth > 0 && at < text.size());
    } else if (rest[0] == '\'' || rest[0] == '"') {
      const size_t end = std::min(text.find(rest[0], at + 1), text.size() - 1);
      if (rest[0] == '"') words.push_back(capitals(text.substr(at + 1, end - at - 1)));
      at = end + 1;
    } else if (is_word(rest[0]) || (words.empty() && (rest[0] == '.' || rest[0] == '\\'))) {
      std::string& word = words.emplace_back();
      do word += static_cast<char>(std::toupper(static_cast<unsigned char>(text[at])));
      while (++at < text.size() && is_word(text[at]));
    } else {
      ++at;
    }
  }
  return words;
}

}  // namespace

StepKind step_kind(std::string_view text) {
  const std::vector<std::string> words = words_of(text);
  const auto word = [&](size_t i) -> std::string_view { return i < words.size() ? std::string_view(words[i]) : ""; };
  const auto is_one_of = [](std::string_view one, std::initializer_list<std::string_view> all) {
    return std::ranges::find(all, one) != all.end();
  };
  const auto is_temporary = [&](std::string_view each) { return is_one_of(each, {"TEMP", "TEMPORARY"}); };
  if (word(0) == "SET") return is_one_of(word(1), {"LOCAL", "TRANSACTION"}) ? StepKind::kReads : StepKind::kSetting;
  if (word(0) == "RESET") return StepKind::kSetting;
  if (word(0) == "PREPARE") return StepKind::kPrepare;
  if (is_one_of(word(0), {"DEALLOCATE", ".MODE", ".TIMER", "\\TIMING", ".EXPANDED", "\\X", ".OUTPUT", "\\O", ".QUIT", ".EXIT", "\\Q"}))
    return StepKind::kSession;
  if (is_one_of(word(0), {"COMMIT", "END", "ROLLBACK", "ABORT"})) {
    const bool chains = words.size() > 2 && words.back() == "CHAIN" && words[words.size() - 2] == "AND";
    return chains ? StepKind::kChain : StepKind::kChanges;
  }
  if (word(0) == "CREATE") {
    size_t i = 1;
    while (is_one_of(word(i), {"OR", "REPLACE", "LOCAL", "GLOBAL"})) ++i;
    if (is_temporary(word(i))) return StepKind::kTemporary;
    for (size_t end = i + 6; i < end; ++i)
      if (word(i) == "PG_TEMP") return StepKind::kTemporary;
  } else if (is_one_of(word(0), {"SELECT", "WITH"})) {
    const auto into = std::ranges::find(words, "INTO");
    const bool selects = into != words.end() && !is_one_of(into[-1], {"INSERT", "MERGE"});
    if (selects && words.end() - into > 2 && is_temporary(into[1]) && into[2] != "FROM") return StepKind::kTemporary;
    if (selects && words.end() - into > 1 && into[1] == "PG_TEMP") return StepKind::kTemporary;
    if (word(0) == "SELECT" && into == words.end()) return StepKind::kReads;
  } else if (is_one_of(word(0), {"VALUES", "TABLE", "SHOW", "EXPLAIN", "DESCRIBE", "BEGIN", "START"}) || word(0).starts_with('.') ||
             word(0).starts_with('\\')) {
    return StepKind::kReads;
  }
  return StepKind::kChanges;
}

ScriptRun::ScriptRun(std::string database, const std::string& script)
    : directory_(std::move(database) + "/scripts"), script_(real_path(script)) {
  const std::string name = fmt::format("{:016x}", hash_of(script_));
  path_ = directory_ + "/" + name;
  receipt_name_ = "script " + name;
  hashes_ = line_hashes(script_);
  lines_per_hash_ = 1 + hashes_.size() / kHashesMax;
  hashes_ = combined(hashes_, lines_per_hash_);
  script_hash_ = fmt::format("{:016x}", XXH3_64bits(hashes_.data(), hashes_.size() * sizeof(uint64_t)));
}

ScriptRun::~ScriptRun() {
  if (file_ >= 0) ::close(file_);
}

bool ScriptRun::read(std::FILE* file) {
  std::string line;
  if (!read_line(file, line) || line != kFirstLine || !read_line(file, run_id_) || run_id_.size() != 16) return false;
  if (!read_line(file, line) || line != fmt::format("{:016x}", hash_of(script_)) || !read_line(file, line)) return false;
  size_t lines_per_hash = 0, count = 0;
  if (std::sscanf(line.c_str(), "%zu %zu", &lines_per_hash, &count) != 2) return false;
  edited_line_ = 0;
  for (size_t i = 0; i < count; ++i) {
    uint64_t hash = 0;
    if (!read_line(file, line) || std::sscanf(line.c_str(), "%" SCNx64, &hash) != 1) return false;
    if (edited_line_ == 0 && (i >= hashes_.size() || hashes_[i] != hash)) edited_line_ = i * lines_per_hash + 1;
  }
  if (edited_line_ == 0 && hashes_.size() > count) edited_line_ = count * lines_per_hash + 1;
  while (read_line(file, line)) {
    Step step{};
    char block = 0;
    size_t number = 0;
    const bool is_whole = line.ends_with(" .");  // the last one of a process that died may be torn
    if (!is_whole || std::sscanf(line.c_str(), "%zu %" SCNx64 " %c %zu", &number, &step.hash, &block, &step.output_bytes) != 4) continue;
    step.block = static_cast<Block>(block);
    if (number > steps_.size()) break;
    steps_.resize(number);  // a later process has begun the block again
    steps_.push_back(step);
  }
  return true;
}

ScriptRun::Found ScriptRun::find() {
  const int raw = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (raw < 0) return errno == ENOENT || errno == ENOTDIR ? Found::kNothing : Found::kDamaged;
  const FilePtr file(::fdopen(raw, "rb"), std::fclose);
  if (file == nullptr || !read(file.get())) return Found::kDamaged;
  return edited_line_ != 0 ? Found::kOther : Found::kUnfinished;
}

std::string ScriptRun::receipt() const { return fmt::format("{} {} {}", run_id_, step_, script_hash_); }

std::optional<size_t> ScriptRun::step_of(std::string_view receipt) const {
  if (!receipt.starts_with(run_id_ + " ")) return std::nullopt;
  return std::strtoull(std::string(receipt.substr(run_id_.size())).c_str(), nullptr, 10);
}

std::optional<std::string_view> ScriptRun::of_this_script(std::string_view named_receipt) const {
  const std::string name = receipt_name_ + ": ";
  return named_receipt.starts_with(name) ? std::optional(named_receipt.substr(name.size())) : std::nullopt;
}

void ScriptRun::go_on(std::string_view receipt) {
  for (size_t i = steps_.size(); i-- > 0;) {
    const bool ends = steps_[i].block != Block::kOpen;
    steps_[i].undone = ends ? steps_[i].block == Block::kRolledBack : i + 1 < steps_.size() && steps_[i + 1].undone;
  }
  for (size_t i = 0; i < steps_.size(); ++i) {
    if (steps_[i].block == Block::kOpen) continue;
    done_ = i + 1;
    output_bytes_ = steps_[i].output_bytes;
  }
  if (const auto committed = step_of(receipt)) done_ = std::max(done_, *committed + 1);
  file_ = ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
  if (file_ < 0) fail("cannot open \"" + path_ + "\"");
  append("\n");  // behind what may be torn
  synced_ = true;
}

bool ScriptRun::has_run(std::string_view receipt) {
  if (!receipt.ends_with(" " + script_hash_)) return false;
  run_id_ = receipt.substr(0, receipt.find(' '));
  done_ = SIZE_MAX;
  return true;
}

void ScriptRun::begin() {
  run_id_ = random_id();
  steps_.clear();
  step_ = done_ = output_bytes_ = 0;
  if (::mkdir(directory_.c_str(), 0700) != 0 && errno != EEXIST) fail("cannot make \"" + directory_ + "\"");
  struct stat status{};
  if (::lstat(directory_.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) {
    errno = ENOTDIR;
    fail("cannot use \"" + directory_ + "\"");
  }
  sweep(directory_);
  if (!is_free_or_ours(path_)) {
    errno = EEXIST;
    fail("cannot use \"" + path_ + "\", which is not Cairn's");
  }
  // Under its name it is whole.
  const std::string draft = path_ + ".new";
  if (::unlink(draft.c_str()) != 0 && errno != ENOENT) fail("cannot replace \"" + draft + "\"");
  file_ = ::open(draft.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file_ < 0) fail("cannot make \"" + draft + "\"");
  fmt::memory_buffer header;
  fmt::format_to(std::back_inserter(header), "{}\n{}\n{:016x}\n{} {}\n", kFirstLine, run_id_, hash_of(script_), lines_per_hash_,
                 hashes_.size());
  for (const uint64_t hash : hashes_) fmt::format_to(std::back_inserter(header), "{:016x}\n", hash);
  append({header.data(), header.size()});
  if (::rename(draft.c_str(), path_.c_str()) != 0) fail("cannot make \"" + path_ + "\"");
}

void ScriptRun::append(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(file_, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("cannot write \"" + path_ + "\"");
    text.remove_prefix(static_cast<size_t>(written));
  }
}

bool ScriptRun::has_ended(std::string_view receipt) const {
  const auto own = of_this_script(receipt);
  const auto step = own ? step_of(*own) : std::nullopt;
  return step && *step < done_;
}

bool ScriptRun::is_of_other_run(std::string_view receipt) const {
  const auto own = of_this_script(receipt);
  return own && !step_of(*own);
}

bool ScriptRun::is_as_it_was(std::string_view text) const {
  return step_ >= steps_.size() || steps_[step_].hash == hash_of(text);
}

void ScriptRun::prepare_for(std::string_view text) {
  if (synced_ || step_kind(text) == StepKind::kReads) return;
  synced_ = true;
  if (::fdatasync(file_) != 0) fail("cannot sync \"" + path_ + "\"");
  for (const std::string& directory : {directory_, directory_.substr(0, directory_.rfind('/'))}) {
    const int opened = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool is_synced = opened >= 0 && ::fsync(opened) == 0;
    if (opened >= 0) ::close(opened);
    if (!is_synced) fail("cannot sync \"" + directory + "\"");
  }
}

void ScriptRun::ended(std::string_view text, Block block, size_t output_bytes) {
  const size_t number = step_++;
  append(fmt::format("{} {:016x} {} {} .\n", number, hash_of(text), static_cast<char>(block), output_bytes));
}

/// Of one that only a receipt tells of, the file tells from now on.
void ScriptRun::skip(std::string_view text) {
  if (step_ >= steps_.size()) return ended(text, Block::kNone, output_bytes_);
  ++step_;
}

void ScriptRun::give_up() {
  if (file_ >= 0 && ::ftruncate(file_, 0) != 0) ::unlink(path_.c_str());
}

void ScriptRun::finish() {
  ::unlink(path_.c_str());
  ::rmdir(directory_.c_str());  // others' runs may be in it
}

}  // namespace cairn::shell

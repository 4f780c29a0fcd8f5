#include "io/storage/simulated_file.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "io/storage/file_error.h"

namespace cairn {

SimulatedFile::SimulatedFile(SimulatedStorage& storage, std::string file_path, SimulatedDisk::NodePointer node,
                             bool is_writable, bool is_direct)
    : File(std::move(file_path)),
      storage_(storage),
      node_(std::move(node)),
      is_writable_(is_writable),
      is_direct_(is_direct),
      generation_(storage.generation_) {}

void SimulatedFile::check_usable(std::string_view action, bool for_writing) const {
  if (generation_ != storage_.generation_) throw file_error(ESTALE, action, path());
  if (for_writing && !is_writable_) throw file_error(EBADF, action, path());
}

void SimulatedFile::read(uint64_t offset, std::span<std::byte> into) {
  const std::string_view action = "read file";
  std::lock_guard lock(storage_.mutex_);
  check_usable(action, false);
  storage_.begin_or_throw(SimulatedCall::kRead, path(), action);
  const auto& content = node_->content;
  const size_t available = content.size() - std::min<uint64_t>(offset, content.size());
  if (available < into.size()) throw short_read_error(path(), offset, into.size(), available);
  std::copy_n(content.begin() + static_cast<ptrdiff_t>(offset), into.size(), into.begin());
  constexpr uint64_t kFine = uint64_t{1} << 32;
  if (!into.empty() && storage_.read_flip_chance_ > 0 &&
      static_cast<double>(storage_.disk_.random_below(kFine)) <
          storage_.read_flip_chance_ * static_cast<double>(kFine)) {
    into[storage_.disk_.random_below(into.size())] ^= std::byte{1} << storage_.disk_.random_below(8);
  }
}

void SimulatedFile::write(uint64_t offset, std::span<const std::byte> from) {
  const std::string_view action = "write file";
  std::lock_guard lock(storage_.mutex_);
  check_usable(action, true);
  const auto outcome = storage_.begin(SimulatedCall::kWrite, path());
  int code = outcome.code;
  if (outcome.happens) {
    const int result = storage_.disk_.write(*node_, offset, from);
    if (code == 0) code = result;
  } else if (!storage_.is_down_) {  // it got some way before it failed
    storage_.disk_.write(*node_, offset, from.first(storage_.disk_.random_below(from.size() + 1)));
  }
  if (code != 0) throw file_error(code, action, path());
}

void SimulatedFile::sync() {
  const std::string_view action = "sync file";
  std::lock_guard lock(storage_.mutex_);
  check_usable(action, false);
  const auto outcome = storage_.begin(SimulatedCall::kSync, path());
  if (outcome.happens) {
    storage_.disk_.sync(*node_);
  } else if (!storage_.is_down_) {
    storage_.disk_.fail_sync(*node_);
  }
  if (outcome.code != 0) throw file_error(outcome.code, action, path());
}

uint64_t SimulatedFile::size() const {
  std::lock_guard lock(storage_.mutex_);
  check_usable("find the size of file", false);
  return node_->content.size();
}

void SimulatedFile::truncate(uint64_t size) {
  const std::string_view action = "change the size of file";
  std::lock_guard lock(storage_.mutex_);
  check_usable(action, true);
  const auto outcome = storage_.begin(SimulatedCall::kTruncate, path());
  int code = outcome.code;
  if (outcome.happens) {
    const int result = storage_.disk_.resize(*node_, size);
    if (code == 0) code = result;
  }
  if (code != 0) throw file_error(code, action, path());
}

void SimulatedFile::extend(uint64_t size) {
  std::lock_guard lock(storage_.mutex_);
  check_usable("change the size of file", true);
  const auto outcome = storage_.begin(SimulatedCall::kTruncate, path());
  if (outcome.happens && node_->content.size() < size) storage_.disk_.resize(*node_, size);
}

void SimulatedBatch::progress(bool block) {
  if (under_way_.empty()) return;
  size_t chosen;
  {
    std::lock_guard lock(storage_.mutex_);
    if (!block && storage_.disk_.toss()) return;
    chosen = storage_.disk_.random_below(under_way_.size());
  }
  std::swap(under_way_[chosen], under_way_.back());
  IoOperation& operation = *under_way_.back();
  under_way_.pop_back();
  execute_now(operation);
}

}  // namespace cairn

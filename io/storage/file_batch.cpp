#include "io/storage/file_batch.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "io/storage/storage.h"

namespace cairn {

void IoBatch::read(File& file, uint64_t offset, std::span<std::byte> into, uint64_t token) {
  add({.file = &file, .is_write = false, .offset = offset, .data = into.data(), .length = into.size()}, token);
}

void IoBatch::write(File& file, uint64_t offset, std::span<const std::byte> from, uint64_t token) {
  auto* data = const_cast<std::byte*>(from.data());  // is_write: nobody stores through it
  add({.file = &file, .is_write = true, .offset = offset, .data = data, .length = from.size()}, token);
}

void IoBatch::read(File& file, uint64_t offset, const RegisteredBuffer& into, size_t length, uint64_t token) {
  assert(length <= into.size());
  add({.file = &file,
       .is_write = false,
       .offset = offset,
       .data = into.bytes().data(),
       .length = length,
       .pool = &into.pool(),
       .buffer_index = into.index()},
      token);
}

void IoBatch::write(File& file, uint64_t offset, const RegisteredBuffer& from, size_t length, uint64_t token) {
  assert(length <= from.size());
  add({.file = &file,
       .is_write = true,
       .offset = offset,
       .data = from.bytes().data(),
       .length = length,
       .pool = &from.pool(),
       .buffer_index = from.index()},
      token);
}

void IoBatch::add(IoOperation operation, uint64_t token) {
  if (operation.length == 0) {
    completed_.push_back({.token = token});
    return;
  }
  const auto request = requests_.insert(requests_.end(), {.token = token});
  operation.batch = this;
  operation.request = request;
  try {
    while (operation.length > 0) {
      IoOperation& piece = operations_.emplace_back(operation);
      piece.self = std::prev(operations_.end());
      piece.length = std::min(operation.length, kOperationBytes);
      operation.offset += piece.length;
      operation.data += piece.length;
      operation.length -= piece.length;
      start(piece);
      ++request->open_count;
    }
  } catch (...) {  // no memory for a piece, or to start it: those before it come to their end
    if (request->open_count == 0) requests_.erase(request);
    throw;
  }
}

void IoBatch::finish(IoOperation& operation, std::optional<Error> error) {
  const auto request = operation.request;
  operations_.erase(operation.self);
  if (error && !request->error) request->error = std::move(error);
  if (--request->open_count > 0) return;
  completed_.splice(completed_.end(), requests_, request);
}

std::optional<Error> IoBatch::execute(IoOperation& operation) noexcept {
  try {
    if (operation.is_write) {
      operation.file->write(operation.offset, {operation.data, operation.length});
    } else {
      operation.file->read(operation.offset, {operation.data, operation.length});
    }
  } catch (Error& error) {
    return std::move(error);
  } catch (...) {  // a text that needs no memory
    return Error(sqlstate::kOutOfMemory, "out of memory");
  }
  return std::nullopt;
}

IoCompletion IoBatch::take_completed() {
  IoCompletion completion{completed_.front().token, std::move(completed_.front().error)};
  completed_.pop_front();
  return completion;
}

std::optional<IoCompletion> IoBatch::poll() {
  if (completed_.empty() && !requests_.empty()) progress(false);
  if (completed_.empty()) return std::nullopt;
  return take_completed();
}

IoCompletion IoBatch::wait_one() {
  assert(pending_count() > 0);
  while (completed_.empty()) progress(true);
  return take_completed();
}

void IoBatch::wait_all() {
  while (!requests_.empty()) progress(true);
  std::optional<Error> first_error;
  for (IoRequest& request : completed_) {
    if (request.error && !first_error) first_error = std::move(request.error);
  }
  completed_.clear();
  if (first_error) throw std::move(*first_error);
}

void IoBatch::drain() noexcept {
  while (!requests_.empty()) progress(true);
  completed_.clear();
}

}  // namespace cairn

#include "io/file_batch.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "io/storage.h"

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
  while (operation.length > 0) {
    IoOperation& piece = operations_.emplace_back(operation);
    piece.self = std::prev(operations_.end());
    piece.length = std::min(operation.length, kOperationBytes);
    operation.offset += piece.length;
    operation.data += piece.length;
    operation.length -= piece.length;
    ++request->open_count;
    start(piece);
  }
}

void IoBatch::finish(IoOperation& operation, std::optional<Error> error) {
  const auto request = operation.request;
  operations_.erase(operation.self);
  if (error && !request->error) request->error = std::move(error);
  if (--request->open_count > 0) return;
  completed_.push_back({.token = request->token, .error = std::move(request->error)});
  requests_.erase(request);
}

std::optional<Error> IoBatch::execute(IoOperation& operation) {
  try {
    if (operation.is_write) {
      operation.file->write(operation.offset, {operation.data, operation.length});
    } else {
      operation.file->read(operation.offset, {operation.data, operation.length});
    }
  } catch (const Error& error) {
    return error;
  }
  return std::nullopt;
}

std::optional<IoCompletion> IoBatch::poll() {
  if (completed_.empty() && !requests_.empty()) progress(false);
  if (completed_.empty()) return std::nullopt;
  IoCompletion completion = std::move(completed_.front());
  completed_.pop_front();
  return completion;
}

IoCompletion IoBatch::wait_one() {
  assert(pending_count() > 0);
  while (completed_.empty()) progress(true);
  IoCompletion completion = std::move(completed_.front());
  completed_.pop_front();
  return completion;
}

void IoBatch::wait_all() {
  while (!requests_.empty()) progress(true);
  std::optional<Error> first_error;
  for (IoCompletion& completion : completed_) {
    if (completion.error && !first_error) first_error = std::move(completion.error);
  }
  completed_.clear();
  if (first_error) throw std::move(*first_error);
}

void IoBatch::drain() noexcept {
  while (!requests_.empty()) progress(true);
  completed_.clear();
}

}  // namespace cairn

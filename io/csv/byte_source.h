#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace cairn {

class Storage;

/// Bytes from front to back: a file, or a pipe that cannot be read twice. Not thread-safe.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  /// Fills `into` from its front; fewer bytes than asked for only at the end. Errors: kIoError.
  virtual size_t read(std::span<std::byte> into) = 0;
  virtual uint64_t total_bytes() const = 0;  ///< 0: not known
};

/// Opens a file of the storage, or a pipe or device of the machine such as /dev/stdin. Errors: kUndefinedFile,
/// kWrongObjectType (a directory), what Storage::open says.
std::unique_ptr<ByteSource> open_source(Storage& storage, const std::string& path);

}  // namespace cairn

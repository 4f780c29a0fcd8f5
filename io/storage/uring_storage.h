#pragma once

#include "io/storage/file_posix.h"

namespace cairn {

/// The machine's file system with batches through io_uring. REQUIRES: UringRing::probe() said yes.
class UringStorage final : public PosixStorage {
 public:
  std::string_view name() const override { return "io_uring"; }
  std::unique_ptr<IoBatch> make_batch() override;
};

}  // namespace cairn

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "io/storage/simulated_storage.h"

namespace cairn {

class SimulatedFile final : public File {
 public:
  /// REQUIRES: the storage's mutex is held.
  SimulatedFile(SimulatedStorage& storage, std::string file_path, SimulatedDisk::NodePointer node, bool is_writable,
                bool is_direct);

  bool is_direct() const override { return is_direct_; }
  void read(uint64_t offset, std::span<std::byte> into) override;
  void write(uint64_t offset, std::span<const std::byte> from) override;
  void sync() override;
  uint64_t size() const override;
  void truncate(uint64_t size) override;
  void extend(uint64_t size) override;

 private:
  void check_usable(std::string_view action, bool for_writing) const;

  SimulatedStorage& storage_;
  const SimulatedDisk::NodePointer node_;
  const bool is_writable_;
  const bool is_direct_;
  const uint64_t generation_;
};

/// Completes one randomly chosen request at a time.
class SimulatedBatch final : public IoBatch {
 public:
  explicit SimulatedBatch(SimulatedStorage& storage) : storage_(storage) {}
  ~SimulatedBatch() override { drain(); }
  void submit() override {}

 protected:
  void start(IoOperation& operation) override { under_way_.push_back(&operation); }
  void progress(bool block) override;

 private:
  SimulatedStorage& storage_;
  std::vector<IoOperation*> under_way_;
};

}  // namespace cairn

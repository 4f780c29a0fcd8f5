#include "io/storage/uring_storage.h"

#include <cassert>
#include <thread>

#include "io/storage/uring_ring.h"

namespace cairn {

namespace {

class UringBatch final : public IoBatch {
 public:
  UringBatch() : ring_(UringRing::of_this_thread()), thread_(std::this_thread::get_id()) {}
  ~UringBatch() override { drain(); }

  void submit() override {
    assert(thread_ == std::this_thread::get_id());
    queue_added();
    if (ring_ != nullptr) ring_->submit();
  }

 protected:
  void start(IoOperation& operation) override { added_.push_back(operation); }

  void progress(bool block) override {
    assert(thread_ == std::this_thread::get_id());
    queue_added();
    if (ring_ != nullptr) ring_->progress(block);
  }

 private:
  void queue_added() {
    while (!added_.empty()) {
      IoOperation& operation = added_.pop_front();
      ring_ != nullptr ? ring_->enqueue(operation) : execute_now(operation);
    }
  }

  UringRing* const ring_;  ///< null if this thread has none: then operations are blocking calls
  const std::thread::id thread_;
  IoQueue added_;
};

}  // namespace

std::unique_ptr<IoBatch> UringStorage::make_batch() { return std::make_unique<UringBatch>(); }

}  // namespace cairn

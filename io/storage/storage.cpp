#include "io/storage/storage.h"

#include <cstdlib>
#include <mutex>
#include <system_error>

#include "io/storage/chosen_storage.h"
#include "io/storage/thread_pool_storage.h"
#include "io/storage/uring_ring.h"
#include "io/storage/uring_storage.h"

namespace cairn {

namespace {

StorageKind kind_from_environment() {
  const char* value = std::getenv("CAIRN_IO");
  const std::string_view text = value == nullptr ? "" : value;
  if (text.empty()) return StorageKind::kAutomatic;
  if (text == "uring") return StorageKind::kUring;
  if (text == "threads") return StorageKind::kThreadPool;
  throw Error(sqlstate::kInvalidParameterValue,
              "the environment variable CAIRN_IO must be \"uring\" or \"threads\", not \"" + std::string(text) + "\"");
}

std::mutex chosen_mutex;
std::shared_ptr<Storage> chosen;

}  // namespace

void choose_storage(std::shared_ptr<Storage> storage) {
  std::lock_guard lock(chosen_mutex);
  chosen = std::move(storage);
}

std::shared_ptr<Storage> make_storage(StorageKind kind) {
  {
    std::lock_guard lock(chosen_mutex);
    if (chosen != nullptr) return chosen;
  }
  if (kind == StorageKind::kAutomatic) kind = kind_from_environment();
  if (kind == StorageKind::kThreadPool) return std::make_shared<ThreadPoolStorage>();
  const int code = UringRing::probe();
  if (code == 0) return std::make_shared<UringStorage>();
  if (kind == StorageKind::kAutomatic) return std::make_shared<ThreadPoolStorage>();
  throw Error(sqlstate::kIoError, "the kernel refuses io_uring: " + std::generic_category().message(code),
              "containers often forbid it; CAIRN_IO=threads, or nothing, uses a pool of threads instead");
}

}  // namespace cairn

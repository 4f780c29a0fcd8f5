#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "tpch/random.h"

namespace cairn::tpch {

/// 300 MiB of pseudo-English, out of which all comments are cut (clause 4.2.2.14 of the TPC-H specification). It is
/// the same for every scale factor.
class TextPool {
 public:
  static constexpr size_t kByteCount = 300 * 1024 * 1024;

  /// The lengths of one comment column, which also bound where its comments may begin.
  struct Lengths {
    uint32_t min;
    uint32_t max;
  };

  /// Writes the pool with so many threads (0: one per core). Throws an Error if memory is short.
  explicit TextPool(unsigned thread_count);

  /// The process's pool, made if no one holds it at the moment.
  static std::shared_ptr<const TextPool> shared(unsigned thread_count);

  std::string_view bytes() const { return {bytes_.get(), kByteCount}; }

  /// Cuts a comment with two draws.
  std::string_view cut(Draws& draws, Lengths lengths) const {
    const auto offset = draws.draw(0, static_cast<int64_t>(kByteCount - lengths.max));
    const auto length = draws.draw(lengths.min, lengths.max);
    return {bytes_.get() + offset, static_cast<size_t>(length)};
  }

 private:
  struct Free {
    void operator()(char* bytes) const;
  };

  std::unique_ptr<char[], Free> bytes_;
};

// 0.4 and 1.6 times the average lengths of the TPC-H specification.
namespace lengths {
inline constexpr TextPool::Lengths kPart = {5, 22};
inline constexpr TextPool::Lengths kPartsupp = {49, 198};
inline constexpr TextPool::Lengths kOrders = {19, 78};
inline constexpr TextPool::Lengths kLineitem = {10, 43};
inline constexpr TextPool::Lengths kCustomer = {29, 116};
inline constexpr TextPool::Lengths kSupplier = {25, 100};
inline constexpr TextPool::Lengths kNation = {28, 115};
inline constexpr TextPool::Lengths kRegion = {28, 115};
}  // namespace lengths

}  // namespace cairn::tpch

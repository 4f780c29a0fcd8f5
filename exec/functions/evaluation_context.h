#pragma once

#include <cstddef>
#include <memory>

namespace cairn {

/// Scratch memory that lives until the next batch: results of expressions point into it.
class EvaluationContext {
 public:
  /// 64-byte aligned, uninitialized, with 64 readable bytes behind the end. Valid until reset().
  void* allocate(size_t bytes);
  void reset();
  class VolatileSource* volatile_source() const { return volatile_source_; }  ///< of the call that is being computed
  void set_volatile_source(class VolatileSource* source) { volatile_source_ = source; }
  class StringHeap& strings();  ///< for results longer than a StringRef holds; emptied by reset()
  /// No function makes a longer text, in bytes: it is held twice while it is made, and counts in no memory limit.
  static constexpr size_t kLongestText = size_t{1} << 26;
  size_t longest_text() const { return longest_text_; }
  void set_longest_text(size_t bytes) { longest_text_ = bytes; }
  EvaluationContext();
  ~EvaluationContext();
  EvaluationContext(EvaluationContext&&) noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
  class VolatileSource* volatile_source_ = nullptr;
  size_t longest_text_ = kLongestText;
};

}  // namespace cairn

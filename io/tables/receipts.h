#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn {

/// What commits have left under names, durable with them: whoever does not know whether a change happened finds out here.
class Receipts {
 public:
  static constexpr size_t kCountMax = 1000;
  using Receipt = std::pair<std::string, std::string>;  ///< name, text

  /// In the place of an older one of the name. Beyond kCountMax the oldest goes.
  void leave(std::string_view name, std::string_view text) {
    std::erase_if(all_, [&](const Receipt& receipt) { return receipt.first == name; });
    if (all_.size() == kCountMax) all_.erase(all_.begin());
    all_.emplace_back(name, text);
  }
  std::optional<std::string> find(std::string_view name) const {
    const auto found = std::ranges::find(all_, name, &Receipt::first);
    return found == all_.end() ? std::nullopt : std::optional(found->second);
  }
  const std::vector<Receipt>& all() const { return all_; }  ///< the oldest first
  friend bool operator==(const Receipts&, const Receipts&) = default;

 private:
  std::vector<Receipt> all_;
};

}  // namespace cairn

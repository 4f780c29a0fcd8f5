#include "sql/binder/nearest_name.h"

#include <algorithm>

#include "vector/kernels/like.h"

namespace cairn {
namespace {

/// Optimal string alignment distance, or `limit + 1` as soon as it is known to be larger than limit.
size_t edit_distance(std::string_view a, std::string_view b, size_t limit) {
  if (a.size() > b.size() + limit || b.size() > a.size() + limit) return limit + 1;
  std::vector<size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); j++) last[j] = j;
  for (size_t i = 1; i <= a.size(); i++) {
    row[0] = i;
    size_t least = i;
    for (size_t j = 1; j <= b.size(); j++) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 1);
      least = std::min(least, row[j]);
    }
    if (least > limit) return limit + 1;
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

}  // namespace

std::string nearest_name(std::string_view name, const std::vector<std::string>& candidates) {
  size_t limit = std::max<size_t>(1, name.size() / 3);
  std::string best;
  for (const std::string& candidate : candidates) {
    // In short names one letter is too much where it is half of them.
    const size_t most = std::min(limit, std::max(name.size(), candidate.size()) / 2);
    size_t distance = edit_distance(lower_case(name), lower_case(candidate), most);
    if (distance > most || (!best.empty() && distance == limit)) continue;
    // The first of equally near candidates stays.
    if (best.empty() || distance < limit) {
      best = candidate;
      limit = distance;
    }
  }
  return best;
}

}  // namespace cairn

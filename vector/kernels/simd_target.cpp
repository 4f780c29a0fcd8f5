#include "vector/kernels/simd_target.h"

#include <cstdlib>

#include "vector/kernels/targets.h"

#include "hwy/highway.h"

namespace cairn {

namespace {

struct Target {
  std::string_view name;
  int64_t mask;  // the Highway targets that are at most this good
};

// Highway numbers better targets lower.
constexpr Target kTargets[] = {
    {"avx512", HWY_AVX3}, {"avx2", HWY_AVX2}, {"sse4", HWY_SSE4}, {"scalar", HWY_STATIC_TARGET}};

}  // namespace

bool apply_simd_environment() {
  const char* name = std::getenv("CAIRN_SIMD");
  return name != nullptr && force_simd_target(name);
}

std::vector<std::string_view> simd_targets() {
  const int64_t supported = hwy::SupportedTargets();
  std::vector<std::string_view> names;
  for (const Target& target : kTargets) {
    if ((supported & target.mask) != 0) names.push_back(target.name);
  }
  return names;
}

std::string_view simd_target() {
  const int64_t supported = hwy::SupportedTargets() & HWY_TARGETS;
  for (const Target& target : kTargets) {
    if ((supported & target.mask) != 0) return target.name;
  }
  return kTargets[3].name;
}

bool force_simd_target(std::string_view name) {
  hwy::SetSupportedTargetsForTest(0);  // back to what the processor has
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  if (name.empty()) return true;
  for (const Target& target : kTargets) {
    if (target.name != name) continue;
    if ((hwy::SupportedTargets() & target.mask) == 0) return false;
    hwy::SetSupportedTargetsForTest(target.mask | HWY_STATIC_TARGET);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    return true;
  }
  return false;
}

}  // namespace cairn

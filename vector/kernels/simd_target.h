#pragma once

// The instruction set that kernels run with. It is chosen at the first call; the environment variable CAIRN_SIMD
// (scalar, sse4, avx2, avx512) keeps it from using better ones, as does force_simd_target.

#include <string_view>
#include <vector>

namespace cairn {

/// "avx512", "avx2", "sse4" or "scalar".
std::string_view simd_target();
/// The targets that this processor can run, best first.
std::vector<std::string_view> simd_targets();
/// Uses `name` from now on; empty: the best. Not thread-safe: for tests and the start of the process. Returns false
/// for a target that is unknown or that the processor does not have.
bool force_simd_target(std::string_view name);
/// Does what CAIRN_SIMD says; runs before main.
bool apply_simd_environment();

}  // namespace cairn

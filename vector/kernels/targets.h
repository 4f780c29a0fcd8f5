// What every kernel source includes before Highway: which instruction sets it is compiled for. Sources are compiled
// once per target (hwy/foreach_target.h) and the best one that the processor has is chosen at the first call; plain
// loops inside are vectorized by the compiler for that target.
#ifndef CAIRN_VECTOR_KERNELS_TARGETS_H_
#define CAIRN_VECTOR_KERNELS_TARGETS_H_

#define HWY_DISABLED_TARGETS (HWY_SSSE3)

#endif

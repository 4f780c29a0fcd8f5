// What every kernel source includes before Highway: which instruction sets it is compiled for. Sources are compiled
// once per target (hwy/foreach_target.h) and the best one that the processor has is chosen at the first call; plain
// loops inside are vectorized by the compiler for that target.
#ifndef CAIRN_VECTOR_KERNELS_TARGETS_H_
#define CAIRN_VECTOR_KERNELS_TARGETS_H_

// GCC 12 loses parts of 512-bit vectors that live across the calls which -fsanitize=thread puts between instructions
// (Kernels.ComparisonsOfEveryWidth shows it: right with every other option and every narrower target). Races don't
// depend on the width, so that build does without.
#if defined(__SANITIZE_THREAD__)
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_AVX3 | HWY_AVX3_DL)
#else
#define HWY_DISABLED_TARGETS (HWY_SSSE3)
#endif

#endif

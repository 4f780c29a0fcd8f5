#pragma once

#include <cstdint>
#include <span>
#include <string_view>

/// The value lists of TPC-H (clause 4.2.2.13 of its specification and dbgen's dists.dss), in dbgen's order: a list's
/// order is part of the data, because a value is found by its position or by the running sum of weights.
namespace cairn::tpch {

struct WeightedValue {
  std::string_view value;
  uint16_t weight;
};

using ValueList = std::span<const std::string_view>;
using WeightedList = std::span<const WeightedValue>;

// Values of equal weight: a draw of 1..size takes the value at draw - 1.
extern const ValueList kRegions;
extern const ValueList kNations;
extern const ValueList kPartTypes;
extern const ValueList kContainers;
extern const ValueList kColors;
extern const ValueList kMarketSegments;
extern const ValueList kOrderPriorities;
extern const ValueList kShipInstructions;
extern const ValueList kShipModes;

/// The region's key of each nation, by nation key.
extern const std::span<const uint8_t> kNationRegions;

// The grammar of the text pool. A sentence form names noun phrases N, verb phrases V, prepositional phrases P and the
// terminator T; a phrase form names nouns N, adjectives J, adverbs D, verbs V and auxiliaries X.
extern const WeightedList kSentenceForms;
extern const WeightedList kNounPhraseForms;
extern const WeightedList kVerbPhraseForms;
extern const WeightedList kNouns;
extern const WeightedList kVerbs;
extern const WeightedList kAdjectives;
extern const WeightedList kAdverbs;
extern const WeightedList kPrepositions;
extern const WeightedList kAuxiliaries;
extern const WeightedList kTerminators;

}  // namespace cairn::tpch

#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vector/type.h"

namespace cairn::grid {

/// A type that both systems have, with the values that questions are about.
struct ArgumentType {
  std::string_view name;    ///< as both spell it
  std::string_view column;  ///< of the table that argument_table() makes
  TypeId id;
  std::vector<std::string_view> values;  ///< as texts, without quotes; ordinary and odd ones
};

std::span<const ArgumentType> argument_types();
/// CREATE TABLE arguments(…): a column of each type, no rows.
std::string argument_table();
/// The value as a literal: 'text'::type.
std::string literal(const ArgumentType& type, std::string_view value);
/// Types' columns, an untyped literal and NULL: what a place of a call may hold when types are asked for.
std::vector<std::string> argument_places();
/// All combinations of one choice for each place, or `most` drawn ones where there are more.
std::vector<std::vector<std::string>> combinations(const std::vector<std::vector<std::string>>& choices, size_t most, uint64_t seed);

}  // namespace cairn::grid

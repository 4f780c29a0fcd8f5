#pragma once

#include <random>

#include "tests/ddl_model/model.h"

namespace cairn::ddl {

/// Statements that are committed together, or not at all, and what the database holds behind them.
struct Transaction {
  std::vector<std::string> statements;
  std::optional<size_t> failing;  ///< the statement that has to be refused
  Model after;
};

/// Draws the next transaction for a database that holds `before`.
Transaction draw_transaction(std::mt19937_64& random, const Model& before);

}  // namespace cairn::ddl

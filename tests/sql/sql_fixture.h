#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>

#include "sql/session.h"

namespace cairn::testing {

/// A database in memory and a session: what a client sees, as text.
class SqlFixture : public ::testing::Test {
 protected:
  /// All statements of the text; rows of the last as "1|x\n2|NULL\n"; "<sqlstate> <message>" for an error.
  std::string run(std::string_view text);
  /// EXPLAIN's lines.
  std::string plan(const std::string& query) { return run("EXPLAIN " + query); }
  /// The query's rows; fails the test where they change with any optimizer pass, or all of them, switched off.
  std::string same_without_passes(const std::string& query);

  std::shared_ptr<Engine> engine_ = Engine::open(":memory:");
  std::unique_ptr<Session> session_ = engine_->connect();
};

}  // namespace cairn::testing

#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "io/tables/database.h"

namespace cairn::testing {

/// A snapshot of empty tables and views, from CREATE TABLE and CREATE VIEW statements; there is no database behind it.
std::shared_ptr<Snapshot> make_catalog(std::string_view statements);

/// The eight tables of TPC-H.
std::string_view tpch_schema();

}  // namespace cairn::testing

#pragma once

namespace cairn::bench {

/// Text of TPC-H query 1..22 (bench/queries), nullptr for other numbers. Static.
const char* tpch_query(int number);

}  // namespace cairn::bench

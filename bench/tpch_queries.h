#pragma once

namespace cairn::bench {

/// Text of TPC-H query 1..22 (bench/queries), nullptr for other numbers. Static.
const char* tpch_query(int number);

/// Q15 as the specification writes it: CREATE VIEW, the query, DROP VIEW. Static.
const char* tpch_q15_with_view();

}  // namespace cairn::bench

#include "tpch/scale.h"

#include <algorithm>
#include <cassert>
#include <sstream>

#include "tpch/random.h"
#include "vector/error.h"

namespace cairn::tpch {

Scale::Scale(double scale_factor) {
  if (!(scale_factor > 0 && scale_factor <= kMaxScaleFactor)) {
    std::ostringstream message;
    message << "expected a TPC-H scale factor above 0 and up to 100000, got " << scale_factor;
    throw Error(sqlstate::kInvalidParameterValue, message.str(), "1 is about 1 GB of text, 0.01 is about 10 MB");
  }
  const uint64_t factor = scale_factor < 1 ? 1 : static_cast<uint64_t>(scale_factor);
  const uint64_t thousandths = scale_factor < 1 ? static_cast<uint64_t>(1000.0 * scale_factor) : 1000;
  const auto scaled = [&](uint64_t base) { return std::max<uint64_t>(1, thousandths * base / 1000) * factor; };
  effective = scale_factor < 1 ? static_cast<double>(thousandths) / 1000 : static_cast<double>(factor);
  part_count = scaled(200000);
  supplier_count = scaled(10000);
  customer_count = scaled(150000);
  order_count = scaled(1500000);
  clerk_count = 1000 * factor;
  wide_keys = factor >= kWideScaleFactor;
}

uint64_t Scale::unit_count(Table table) const {
  switch (table) {
    case Table::kRegion:
      return kRegions.size();
    case Table::kNation:
      return kNations.size();
    case Table::kSupplier:
      return supplier_count;
    case Table::kCustomer:
      return customer_count;
    case Table::kPart:
    case Table::kPartsupp:
      return part_count;
    case Table::kOrders:
    case Table::kLineitem:
      return order_count;
  }
  assert(false);
  return 0;
}

}  // namespace cairn::tpch

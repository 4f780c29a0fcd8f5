#include <array>
#include <numeric>
#include <utility>

#include "tpch/fill.h"
#include "tpch/streams.h"
#include "tpch/values.h"

namespace cairn::tpch {
namespace {

constexpr size_t kNameWordCount = 5;
constexpr size_t kNameBytesMax = kNameWordCount * 11;

/// Five different colours: the front of a Fisher-Yates shuffle. dbgen shuffles all 92, which only costs draws.
class PartNames {
 public:
  PartNames() { std::iota(order_.begin(), order_.end(), uint8_t{0}); }

  char* write(char* out, Draws draws) {
    assert(order_.size() == kColors.size());
    std::array<size_t, kNameWordCount> swapped;
    for (size_t i = 0; i < kNameWordCount; ++i) {
      swapped[i] = static_cast<size_t>(draws.draw(static_cast<int64_t>(i), static_cast<int64_t>(order_.size()) - 1));
      std::swap(order_[i], order_[swapped[i]]);
      if (i != 0) *out++ = ' ';
      out = write_text(out, kColors[order_[i]]);
    }
    for (size_t i = kNameWordCount; i-- > 0;) std::swap(order_[i], order_[swapped[i]]);  // back to the identity
    return out;
  }

 private:
  std::array<uint8_t, 92> order_;
};

}  // namespace

void fill_part(const TextPool& pool, uint64_t first_unit, uint64_t unit_count, Chunk& rows) {
  rows.reset(Table::kPart, unit_count);
  auto& columns = rows.columns;
  BytesWriter name(columns[part::kName], unit_count, kNameBytesMax);
  UnitStream name_stream(streams::kPName, first_unit);
  UnitStream mfgr_stream(streams::kPMfgr, first_unit);
  UnitStream brand_stream(streams::kPBrand, first_unit);
  UnitStream type_stream(streams::kPType, first_unit);
  UnitStream size_stream(streams::kPSize, first_unit);
  UnitStream container_stream(streams::kPContainer, first_unit);
  UnitStream comment_stream(streams::kPComment, first_unit);
  PartNames names;
  for (size_t row = 0; row < unit_count; ++row) {
    const uint64_t key = first_unit + row + 1;
    const int64_t mfgr = mfgr_stream.next_unit().draw(0, 4);
    columns[part::kPartkey].int64s[row] = static_cast<int64_t>(key);
    name.end(names.write(name.begin(), name_stream.next_unit()));
    columns[part::kMfgr].codes[row] = static_cast<uint8_t>(mfgr);
    columns[part::kBrand].codes[row] = static_cast<uint8_t>(5 * mfgr + brand_stream.next_unit().draw(0, 4));
    columns[part::kType].codes[row] = static_cast<uint8_t>(type_stream.next_unit().draw(0, 149));
    columns[part::kSize].int32s[row] = static_cast<int32_t>(size_stream.next_unit().draw(1, 50));
    columns[part::kContainer].codes[row] = static_cast<uint8_t>(container_stream.next_unit().draw(0, 39));
    columns[part::kRetailprice].int64s[row] = part_price(key);
    Draws draws = comment_stream.next_unit();
    columns[part::kComment].slices[row] = pool.cut(draws, lengths::kPart);
  }
}

void fill_partsupp(const Scale& scale, const TextPool& pool, uint64_t first_unit, uint64_t unit_count, Chunk& rows) {
  rows.reset(Table::kPartsupp, unit_count * kSuppliersPerPart);
  auto& columns = rows.columns;
  UnitStream quantity_stream(streams::kPsAvailqty, first_unit);
  UnitStream cost_stream(streams::kPsSupplycost, first_unit);
  UnitStream comment_stream(streams::kPsComment, first_unit);
  for (size_t unit = 0; unit < unit_count; ++unit) {
    const uint64_t part_key = first_unit + unit + 1;
    Draws quantity = quantity_stream.next_unit();
    Draws cost = cost_stream.next_unit();
    Draws comment = comment_stream.next_unit();
    for (size_t i = 0; i < kSuppliersPerPart; ++i) {
      const size_t row = unit * kSuppliersPerPart + i;
      columns[partsupp::kPartkey].int64s[row] = static_cast<int64_t>(part_key);
      columns[partsupp::kSuppkey].int64s[row] = part_supplier(part_key, i, scale.supplier_count);
      columns[partsupp::kAvailqty].int64s[row] = quantity.draw(1, 9999);
      columns[partsupp::kSupplycost].int64s[row] = cost.draw(100, 100000);
      columns[partsupp::kComment].slices[row] = pool.cut(comment, lengths::kPartsupp);
    }
  }
}

}  // namespace cairn::tpch

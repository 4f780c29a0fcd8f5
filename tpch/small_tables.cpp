#include "tpch/fill.h"
#include "tpch/streams.h"
#include "tpch/values.h"

namespace cairn::tpch {
namespace {

int64_t pick(Draws draws, ValueList list) { return draws.draw(0, static_cast<int64_t>(list.size()) - 1); }

}  // namespace

void fill_region(const TextPool& pool, uint64_t first_unit, uint64_t unit_count, Chunk& rows) {
  rows.reset(Table::kRegion, unit_count);
  UnitStream comment(streams::kRComment, first_unit);
  for (size_t row = 0; row < unit_count; ++row) {
    const auto key = static_cast<int32_t>(first_unit + row);
    rows.columns[region::kRegionkey].int32s[row] = key;
    rows.columns[region::kName].codes[row] = static_cast<uint8_t>(key);
    Draws draws = comment.next_unit();
    rows.columns[region::kComment].slices[row] = pool.cut(draws, lengths::kRegion);
  }
}

void fill_nation(const TextPool& pool, uint64_t first_unit, uint64_t unit_count, Chunk& rows) {
  rows.reset(Table::kNation, unit_count);
  UnitStream comment(streams::kNComment, first_unit);
  for (size_t row = 0; row < unit_count; ++row) {
    const auto key = static_cast<int32_t>(first_unit + row);
    rows.columns[nation::kNationkey].int32s[row] = key;
    rows.columns[nation::kName].codes[row] = static_cast<uint8_t>(key);
    rows.columns[nation::kRegionkey].int32s[row] = kNationRegions[static_cast<size_t>(key)];
    Draws draws = comment.next_unit();
    rows.columns[nation::kComment].slices[row] = pool.cut(draws, lengths::kNation);
  }
}

namespace {

/// Some suppliers' comments carry a customer's complaint or recommendation, written over the text (clause 4.2.3, for
/// query 16). Returns the comment, in memory of its own if it was changed.
std::string_view with_customer_remark(std::string_view comment, Draws whether, Draws kind, Draws noise, Draws offset,
                                      Column& column) {
  constexpr std::string_view kCustomer = "Customer ";
  constexpr std::string_view kComplaints = "Complaints";
  constexpr std::string_view kRecommends = "Recommends";
  constexpr size_t kRemarkBytes = kCustomer.size() + kComplaints.size();
  if (whether.draw(1, 10000) > 10) return comment;
  const auto noise_bytes = noise.draw(0, static_cast<int64_t>(comment.size() - kRemarkBytes));
  const auto at = offset.draw(0, static_cast<int64_t>(comment.size() - kRemarkBytes) - noise_bytes);
  auto& patched = column.patched.emplace_back(std::make_unique<char[]>(comment.size()));
  write_text(patched.get(), comment);
  char* rest = write_text(patched.get() + at, kCustomer) + noise_bytes;
  write_text(rest, kind.draw(0, 100) < 50 ? kComplaints : kRecommends);
  return {patched.get(), comment.size()};
}

}  // namespace

void fill_supplier(const TextPool& pool, uint64_t first_unit, uint64_t unit_count, Chunk& rows) {
  rows.reset(Table::kSupplier, unit_count);
  auto& columns = rows.columns;
  BytesWriter name(columns[supplier::kName], unit_count, kNumberedNameBytesMax);
  BytesWriter address(columns[supplier::kAddress], unit_count, kAddressBytesMax);
  BytesWriter phone(columns[supplier::kPhone], unit_count, kPhoneBytes);
  UnitStream address_stream(streams::kSAddress, first_unit);
  UnitStream nation_stream(streams::kSNationkey, first_unit);
  UnitStream phone_stream(streams::kSPhone, first_unit);
  UnitStream balance_stream(streams::kSAcctbal, first_unit);
  UnitStream comment_stream(streams::kSComment, first_unit);
  UnitStream whether_stream(streams::kSCommentWhether, first_unit);
  UnitStream kind_stream(streams::kSCommentKind, first_unit);
  UnitStream noise_stream(streams::kSCommentNoise, first_unit);
  UnitStream offset_stream(streams::kSCommentOffset, first_unit);
  for (size_t row = 0; row < unit_count; ++row) {
    const auto key = static_cast<int64_t>(first_unit + row + 1);
    const int64_t nation_key = pick(nation_stream.next_unit(), kNations);
    columns[supplier::kSuppkey].int64s[row] = key;
    name.end(write_numbered_name(name.begin(), "Supplier#", key));
    address.end(write_address(address.begin(), address_stream.next_unit()));
    columns[supplier::kNationkey].int32s[row] = static_cast<int32_t>(nation_key);
    phone.end(write_phone(phone.begin(), phone_stream.next_unit(), nation_key));
    columns[supplier::kAcctbal].int64s[row] = balance_stream.next_unit().draw(-99999, 999999);
    Draws draws = comment_stream.next_unit();
    columns[supplier::kComment].slices[row] =
        with_customer_remark(pool.cut(draws, lengths::kSupplier), whether_stream.next_unit(), kind_stream.next_unit(),
                             noise_stream.next_unit(), offset_stream.next_unit(), columns[supplier::kComment]);
  }
}

void fill_customer(const TextPool& pool, uint64_t first_unit, uint64_t unit_count, Chunk& rows) {
  rows.reset(Table::kCustomer, unit_count);
  auto& columns = rows.columns;
  BytesWriter name(columns[customer::kName], unit_count, kNumberedNameBytesMax);
  BytesWriter address(columns[customer::kAddress], unit_count, kAddressBytesMax);
  BytesWriter phone(columns[customer::kPhone], unit_count, kPhoneBytes);
  UnitStream address_stream(streams::kCAddress, first_unit);
  UnitStream nation_stream(streams::kCNationkey, first_unit);
  UnitStream phone_stream(streams::kCPhone, first_unit);
  UnitStream balance_stream(streams::kCAcctbal, first_unit);
  UnitStream segment_stream(streams::kCMktsegment, first_unit);
  UnitStream comment_stream(streams::kCComment, first_unit);
  for (size_t row = 0; row < unit_count; ++row) {
    const auto key = static_cast<int64_t>(first_unit + row + 1);
    const int64_t nation_key = pick(nation_stream.next_unit(), kNations);
    columns[customer::kCustkey].int64s[row] = key;
    name.end(write_numbered_name(name.begin(), "Customer#", key));
    address.end(write_address(address.begin(), address_stream.next_unit()));
    columns[customer::kNationkey].int32s[row] = static_cast<int32_t>(nation_key);
    phone.end(write_phone(phone.begin(), phone_stream.next_unit(), nation_key));
    columns[customer::kAcctbal].int64s[row] = balance_stream.next_unit().draw(-99999, 999999);
    columns[customer::kMktsegment].codes[row] = static_cast<uint8_t>(pick(segment_stream.next_unit(), kMarketSegments));
    Draws draws = comment_stream.next_unit();
    columns[customer::kComment].slices[row] = pool.cut(draws, lengths::kCustomer);
  }
}

}  // namespace cairn::tpch

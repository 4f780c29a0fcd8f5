#include <algorithm>
#include <array>
#include <vector>

#include "tpch/fill.h"
#include "tpch/streams.h"
#include "tpch/values.h"

namespace cairn::tpch {
namespace {

// Orders are made in blocks, and a block column by column. All of lineitem's streams but one draw at the same places:
// line j of the block's order i uses draw 7 * i + j + 1 counted from the block's beginning. So the state of each line
// is the stream's state at the block's beginning times A^(7 * i + j + 1); with these factors computed once per block,
// every column is a loop without dependences between its rows, which compilers turn into SIMD code.
constexpr size_t kBlockOrders = 512;
constexpr size_t kBlockLines = kBlockOrders * kMaxLinesPerOrder;

constexpr uint32_t kInverseMultiplier = power_mod(kMultiplier, kModulus - 2);
static_assert(mul_mod(kInverseMultiplier, kMultiplier) == 1);

/// kMultiplier^k for all draws of a block.
constexpr auto kPowers = [] {
  std::array<uint32_t, kBlockLines + 1> powers{};
  powers[0] = 1;
  for (size_t k = 1; k < powers.size(); ++k) powers[k] = mul_mod(powers[k - 1], kMultiplier);
  return powers;
}();

/// An order's key: two zero bits above the low three bits of its number, counted from 1.
constexpr int64_t order_key(uint64_t number) { return static_cast<int64_t>(number >> 3 << 5 | (number & 7)); }

/// What the columns of one block share.
struct Block {
  uint64_t first_order;  // counted from 0
  size_t order_count;
  size_t line_count;
  std::array<uint8_t, kBlockOrders> lines;     // per order
  std::array<int32_t, kBlockOrders> days;      // per order
  std::array<uint16_t, kBlockLines> position;  // per line: 7 times the order's place in the block
  std::array<uint32_t, kBlockLines> factor;    // per line: see above
  std::array<int32_t, kBlockLines> line_day;   // per line: the order's day

  void begin(uint64_t first, size_t count) {
    first_order = first;
    order_count = count;
    line_count = 0;
    UnitStream line_stream(streams::kOLineCount, first);
    UnitStream day_stream(streams::kOOrderdate, first);
    for (size_t i = 0; i < count; ++i) {
      lines[i] = static_cast<uint8_t>(line_stream.next_unit().draw(1, kMaxLinesPerOrder));
      days[i] = static_cast<int32_t>(day_stream.next_unit().draw(kFirstDay, kLastOrderDay));
      for (size_t j = 0; j < lines[i]; ++j, ++line_count) {
        position[line_count] = static_cast<uint16_t>(i * kMaxLinesPerOrder);
        factor[line_count] = kPowers[i * kMaxLinesPerOrder + j + 1];
        line_day[line_count] = days[i];
      }
    }
  }

  /// Calls emit(line, number) for each line with the stream's number in [0, range).
  template <class Emit>
  void each_draw(Stream stream, uint64_t range, Emit emit) const {
    const uint32_t base = stream.state_at(first_order);
    if (range <= kExactRange)
      for (size_t i = 0; i < line_count; ++i)
        emit(i, static_cast<int64_t>(scale_exact(mul_mod(base, factor[i]), range)));
    else
      for (size_t i = 0; i < line_count; ++i) emit(i, scale_rounded(mul_mod(base, factor[i]), range));
  }

  /// Cuts each line's comment. This stream has two draws per line, so a line's second draw has the factor squared.
  void cut_comments(const TextPool& pool, std::string_view* out) const {
    const uint32_t length_base = streams::kLComment.state_at(first_order);
    const uint32_t offset_base = mul_mod(length_base, kInverseMultiplier);
    constexpr auto kLengths = lengths::kLineitem;
    const char* text = pool.bytes().data();
    for (size_t i = 0; i < line_count; ++i) {
      const uint32_t square = mul_mod(factor[i], factor[i]);
      const auto offset = scale_rounded(mul_mod(offset_base, square), TextPool::kByteCount - kLengths.max + 1);
      const auto length = kLengths.min + scale_exact(mul_mod(length_base, square), kLengths.max - kLengths.min + 1);
      out[i] = {text + offset, length};
    }
  }
};

/// Fills one range; holds what goes on from block to block.
class Filler {
 public:
  Filler(const Scale& scale, const TextPool& pool, uint64_t first_order, Chunk* orders, Chunk* lineitem)
      : scale_(scale),
        pool_(pool),
        orders_(orders),
        lineitem_(lineitem),
        wide_part_keys_(streams::kLPartkey, first_order),
        wide_customer_keys_(streams::kOCustkey, first_order) {
    if (!lineitem_) scratch_.reset(Table::kLineitem, kBlockLines);
  }

  void fill(uint64_t first_order, uint64_t order_count) {
    const uint64_t end = first_order + order_count;
    size_t order_at = 0;
    size_t line_at = 0;
    for (uint64_t first = first_order; first < end; first += kBlockOrders) {
      block_.begin(first, std::min<uint64_t>(kBlockOrders, end - first));
      fill_prices(line_at);
      fill_dates(line_at);
      if (lineitem_) fill_rest_of_lines(line_at);
      if (orders_) {
        summarize_lines(order_at, line_at);
        fill_rest_of_orders(order_at);
      }
      order_at += block_.order_count;
      if (lineitem_) line_at += block_.line_count;
    }
    if (orders_) fill_clerks(first_order, order_count);
  }

 private:
  Column& line_column(lineitem::Column column) { return (lineitem_ ? *lineitem_ : scratch_).columns[column]; }
  int64_t* line_int64s(lineitem::Column column, size_t at) { return line_column(column).int64s.data() + at; }
  int32_t* line_days(lineitem::Column column, size_t at) { return line_column(column).int32s.data() + at; }
  uint8_t* line_codes(lineitem::Column column, size_t at) { return line_column(column).codes.data() + at; }

  void fill_part_keys(int64_t* keys) {
    if (!scale_.wide_keys)
      return block_.each_draw(streams::kLPartkey, scale_.part_count,
                              [=](size_t i, int64_t number) { keys[i] = number + 1; });
    for (size_t i = 0; i < block_.order_count; ++i) {
      for (size_t j = 0; j < block_.lines[i]; ++j)
        *keys++ = wide_part_keys_.draw(1, static_cast<int64_t>(scale_.part_count));
      wide_part_keys_.skip(kMaxLinesPerOrder - block_.lines[i]);
    }
  }

  void fill_prices(size_t at) {
    int64_t* part_keys = line_int64s(lineitem::kPartkey, at);
    int64_t* quantities = line_int64s(lineitem::kQuantity, at);
    int64_t* prices = line_int64s(lineitem::kExtendedprice, at);
    int64_t* discounts = line_int64s(lineitem::kDiscount, at);
    int64_t* taxes = line_int64s(lineitem::kTax, at);
    fill_part_keys(part_keys);
    block_.each_draw(streams::kLQuantity, 50, [=](size_t i, int64_t number) {
      quantities[i] = (number + 1) * 100;
      prices[i] = (number + 1) * part_price(static_cast<uint64_t>(part_keys[i]));
    });
    block_.each_draw(streams::kLDiscount, 11, [=](size_t i, int64_t number) { discounts[i] = number; });
    block_.each_draw(streams::kLTax, 9, [=](size_t i, int64_t number) { taxes[i] = number; });
  }

  void fill_dates(size_t at) {
    const int32_t* days = block_.line_day.data();
    int32_t* ship_days = line_days(lineitem::kShipdate, at);
    uint8_t* statuses = line_codes(lineitem::kLinestatus, at);
    block_.each_draw(streams::kLShipdate, 121, [=](size_t i, int64_t number) {
      ship_days[i] = days[i] + 1 + static_cast<int32_t>(number);
      statuses[i] = ship_days[i] > kCurrentDay ? kLineO : kLineF;
    });
  }

  /// What no column of orders depends on.
  void fill_rest_of_lines(size_t at) {
    fill_line_keys(at);
    const int32_t* days = block_.line_day.data();
    const int32_t* ship_days = line_days(lineitem::kShipdate, at);
    int32_t* commit_days = line_days(lineitem::kCommitdate, at);
    int32_t* receipt_days = line_days(lineitem::kReceiptdate, at);
    uint8_t* instructions = line_codes(lineitem::kShipinstruct, at);
    uint8_t* modes = line_codes(lineitem::kShipmode, at);
    block_.each_draw(streams::kLCommitdate, 61,
                     [=](size_t i, int64_t number) { commit_days[i] = days[i] + 30 + static_cast<int32_t>(number); });
    block_.each_draw(streams::kLReceiptdate, 30, [=](size_t i, int64_t number) {
      receipt_days[i] = ship_days[i] + 1 + static_cast<int32_t>(number);
    });
    block_.each_draw(streams::kLShipinstruct, kShipInstructions.size(),
                     [=](size_t i, int64_t number) { instructions[i] = static_cast<uint8_t>(number); });
    block_.each_draw(streams::kLShipmode, kShipModes.size(),
                     [=](size_t i, int64_t number) { modes[i] = static_cast<uint8_t>(number); });
    fill_return_flags(at);
    block_.cut_comments(pool_, line_column(lineitem::kComment).slices.data() + at);
  }

  void fill_line_keys(size_t at) {
    int64_t* order_keys = line_int64s(lineitem::kOrderkey, at);
    int64_t* line_numbers = line_int64s(lineitem::kLinenumber, at);
    size_t line = 0;
    for (size_t i = 0; i < block_.order_count; ++i) {
      for (size_t j = 0; j < block_.lines[i]; ++j, ++line) {
        order_keys[line] = order_key(block_.first_order + i + 1);
        line_numbers[line] = static_cast<int64_t>(j + 1);
      }
    }
    const int64_t* part_keys = line_int64s(lineitem::kPartkey, at);
    int64_t* supplier_keys = line_int64s(lineitem::kSuppkey, at);
    block_.each_draw(
        streams::kLSuppkey, kSuppliersPerPart, [=, supplier_count = scale_.supplier_count](size_t i, int64_t number) {
          supplier_keys[i] =
              part_supplier(static_cast<uint64_t>(part_keys[i]), static_cast<uint64_t>(number), supplier_count);
        });
  }

  /// Only lines that were received draw from this stream, so an order's draws are counted by its received lines.
  void fill_return_flags(size_t at) {
    const uint32_t base = streams::kLReturnflag.state_at(block_.first_order);
    const int64_t* line_numbers = line_int64s(lineitem::kLinenumber, at);
    const int32_t* receipt_days = line_days(lineitem::kReceiptdate, at);
    uint8_t* flags = line_codes(lineitem::kReturnflag, at);
    size_t received_count = 0;  // in this order so far
    for (size_t i = 0; i < block_.line_count; ++i) {
      received_count = line_numbers[i] == 1 ? 0 : received_count;
      const auto state = mul_mod(base, kPowers[block_.position[i] + received_count + 1]);
      const auto flag = static_cast<uint8_t>(scale_exact(state, 2));
      const bool received = receipt_days[i] <= kCurrentDay;
      flags[i] = received ? flag : uint8_t{kReturnN};
      received_count += received;
    }
  }

  void summarize_lines(size_t order_at, size_t line_at) {
    const int64_t* prices = line_int64s(lineitem::kExtendedprice, line_at);
    const int64_t* discounts = line_int64s(lineitem::kDiscount, line_at);
    const int64_t* taxes = line_int64s(lineitem::kTax, line_at);
    const uint8_t* statuses = line_codes(lineitem::kLinestatus, line_at);
    int64_t* totals = orders_->columns[orders::kTotalprice].int64s.data() + order_at;
    uint8_t* order_statuses = orders_->columns[orders::kOrderstatus].codes.data() + order_at;
    size_t line = 0;
    for (size_t i = 0; i < block_.order_count; ++i) {
      int64_t total = 0;
      size_t open_count = 0;
      for (size_t j = 0; j < block_.lines[i]; ++j, ++line) {
        total += prices[line] * (100 - discounts[line]) / 100 * (100 + taxes[line]) / 100;
        open_count += statuses[line] == kLineO;
      }
      totals[i] = total;
      order_statuses[i] = open_count == 0 ? kStatusF : open_count == block_.lines[i] ? kStatusO : kStatusP;
    }
  }

  /// A third of the customers, those with keys divisible by 3, have no orders; their draws go to a neighbour.
  int64_t customer_key(Draws draws) {
    const auto customer_count = static_cast<int64_t>(scale_.customer_count);
    int64_t key = scale_.wide_keys ? wide_customer_keys_.draw(1, customer_count) : draws.draw(1, customer_count);
    if (key % 3 == 0) key += key < customer_count ? 1 : -1;
    return key;
  }

  void fill_rest_of_orders(size_t at) {
    auto& columns = orders_->columns;
    UnitStream customer_stream(streams::kOCustkey, block_.first_order);
    UnitStream priority_stream(streams::kOOrderpriority, block_.first_order);
    UnitStream comment_stream(streams::kOComment, block_.first_order);
    for (size_t i = 0; i < block_.order_count; ++i) {
      const size_t row = at + i;
      columns[orders::kOrderkey].int64s[row] = order_key(block_.first_order + i + 1);
      columns[orders::kCustkey].int64s[row] = customer_key(customer_stream.next_unit());
      columns[orders::kOrderdate].int32s[row] = block_.days[i];
      columns[orders::kOrderpriority].codes[row] = static_cast<uint8_t>(priority_stream.next_unit().draw(0, 4));
      columns[orders::kShippriority].int32s[row] = 0;
      Draws comment = comment_stream.next_unit();
      columns[orders::kComment].slices[row] = pool_.cut(comment, lengths::kOrders);
    }
  }

  void fill_clerks(uint64_t first_order, uint64_t order_count) {
    BytesWriter clerk(orders_->columns[orders::kClerk], order_count, kNumberedNameBytesMax);
    UnitStream stream(streams::kOClerk, first_order);
    for (uint64_t i = 0; i < order_count; ++i) {
      const int64_t number = stream.next_unit().draw(1, static_cast<int64_t>(scale_.clerk_count));
      clerk.end(write_numbered_name(clerk.begin(), "Clerk#", number));
    }
  }

  const Scale& scale_;
  const TextPool& pool_;
  Chunk* orders_;
  Chunk* lineitem_;
  Chunk scratch_;  // one block of lines, if no one wants lineitem
  WideDraws wide_part_keys_;
  WideDraws wide_customer_keys_;
  Block block_;
};

}  // namespace

uint64_t count_lines(uint64_t first_order, uint64_t order_count) {
  UnitStream stream(streams::kOLineCount, first_order);
  uint64_t count = 0;
  for (uint64_t i = 0; i < order_count; ++i)
    count += static_cast<uint64_t>(stream.next_unit().draw(1, kMaxLinesPerOrder));
  return count;
}

void fill_orders_and_lineitem(const Scale& scale, const TextPool& pool, uint64_t first_order, uint64_t order_count,
                              Chunk* orders, Chunk* lineitem) {
  if (orders) orders->reset(Table::kOrders, order_count);
  if (lineitem) lineitem->reset(Table::kLineitem, count_lines(first_order, order_count));
  Filler(scale, pool, first_order, orders, lineitem).fill(first_order, order_count);
}

}  // namespace cairn::tpch

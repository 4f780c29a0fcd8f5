#include "tpch/generator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/md5.h"
#include "tpch/tbl_format.h"
#include "vector/error.h"

namespace cairn::tpch {
namespace {

std::string table_text(const Generator& generator, Table table, uint64_t first_unit, uint64_t unit_count) {
  Chunk rows;
  generator.generate(table, first_unit, unit_count, rows);
  std::string text;
  append_tbl(rows, text);
  return text;
}

std::string table_text(const Generator& generator, Table table) {
  return table_text(generator, table, 0, generator.row_unit_count(table));
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = text.find('\n', begin);
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

/// The pool is made once for all of these tests.
class GeneratorTest : public testing::Test {
 protected:
  static const Generator& small() {
    static const Generator generator(0.01);
    return generator;
  }
};

TEST_F(GeneratorTest, TablesAtScaleFactorOneHundredthEqualDbgens) {
  const std::map<Table, std::string> sums = {
      {Table::kRegion, "c235841b00d29ad4f817771fcc851207"},   {Table::kNation, "2f588e0b7fa72939b498c2abecd9fbbe"},
      {Table::kSupplier, "56e0621c472064c2a998757c70b44043"}, {Table::kCustomer, "a8aa97edad6d47b183a569759fbd3eec"},
      {Table::kPart, "9cce16188c241c25617ca5ed6191e37e"},     {Table::kPartsupp, "c6889c3ed0939ca02475f7fb410cbb50"},
      {Table::kOrders, "c8d2008fb47f47f9e56543d4cb0f4e6a"},   {Table::kLineitem, "4c6d44350a1f7974f56f5d3d7091c2be"}};
  for (const auto& [table, sum] : sums) EXPECT_EQ(test::md5(table_text(small(), table)), sum) << table_name(table);
}

TEST_F(GeneratorTest, RowsAtScaleFactorOneEqualDbgens) {
  struct Probe {
    Table table;
    uint64_t line;  // in the file, from 1
    const char* text;
  };
  const Probe probes[] = {
      {Table::kRegion, 1,
       "0|AFRICA|lar deposits. blithely final packages cajole. regular waters are final requests. regular accounts are "
       "according to |"},
      {Table::kRegion, 2, "1|AMERICA|hs use ironic, even requests. s|"},
      {Table::kRegion, 3, "2|ASIA|ges. thinly even pinto beans ca|"},
      {Table::kRegion, 5,
       "4|MIDDLE EAST|uickly special accounts cajole carefully blithely close requests. carefully final asymptotes "
       "haggle furiousl|"},
      {Table::kNation, 1, "0|ALGERIA|0| haggle. carefully final deposits detect slyly agai|"},
      {Table::kNation, 2,
       "1|ARGENTINA|1|al foxes promise slyly according to the regular accounts. bold requests alon|"},
      {Table::kNation, 3,
       "2|BRAZIL|1|y alongside of the pending deposits. carefully special packages are about the ironic forges. slyly "
       "special |"},
      {Table::kNation, 13, "12|JAPAN|2|ously. final, express gifts cajole a|"},
      {Table::kNation, 25,
       "24|UNITED STATES|1|y final packages. slow foxes cajole quickly. quickly silent platelets breach ironic "
       "accounts. unusual pinto be|"},
      {Table::kSupplier, 1,
       "1|Supplier#000000001| N kD4on9OM Ipw3,gf0JBoQDd7tgrzrddZ|17|27-918-335-1736|5755.94|each slyly above the "
       "careful|"},
      {Table::kSupplier, 2,
       "2|Supplier#000000002|89eJ5ksX3ImxJQBvxObC,|5|15-679-861-2259|4032.68| slyly bold instructions. idle dependen|"},
      {Table::kSupplier, 3,
       "3|Supplier#000000003|q1,G3Pj6OjIuUYfUoH18BFTKP5aU9bEV3|1|11-383-516-1199|4192.40|blithely silent requests "
       "after the express dependencies are sl|"},
      {Table::kSupplier, 358,
       "358|Supplier#000000358|V3yxhHhHSXqOoc5UPv5TwkVDGKQsG|3|13-831-247-2584|6974.74|ans. ironicCustomer  requests "
       "cajole carefullyComplaintsy regular reque|"},
      {Table::kSupplier, 852,
       "852|Supplier#000000852|n3zasd04WljXdo9xMjQRkZKrEB|1|11-574-892-3228|213.41|Customer s. even asympRecommends "
       "haggl|"},
      {Table::kSupplier, 5000,
       "5000|Supplier#000005000|DeX804 w0H8FrCUvahgy ilbuzBX3NK|3|13-186-716-3689|5091.30|ake slyly quickly bold "
       "asymptotes. carefully bold requests are. final, even ideas use furiously |"},
      {Table::kSupplier, 10000,
       "10000|Supplier#000010000|aTGLEusCiL4F PDBdv665XBJhPyCOB0i|19|29-578-432-2146|8968.42|ly regular foxes boost "
       "slyly. quickly special waters boost carefully ironi|"},
      {Table::kCustomer, 1,
       "1|Customer#000000001|IVhzIApeRb ot,c,E|15|25-989-741-2988|711.56|BUILDING|to the even, regular platelets. "
       "regular, ironic epitaphs nag e|"},
      {Table::kCustomer, 2,
       "2|Customer#000000002|XSTf4,NCwDVaWNe6tEgvwfmRchLXak|13|23-768-687-3665|121.65|AUTOMOBILE|l accounts. blithely "
       "ironic theodolites integrate boldly: caref|"},
      {Table::kCustomer, 3,
       "3|Customer#000000003|MG9kdTD2WBHm|1|11-719-748-3364|7498.12|AUTOMOBILE| deposits eat slyly ironic, even "
       "instructions. express foxes detect slyly. blithely even accounts abov|"},
      {Table::kCustomer, 75000,
       "75000|Customer#000075000|2JyqJ9GAjXV0 aXvSESU1uCj6gyU|9|19-437-604-7730|771.48|BUILDING|requests integrate "
       "carefully. fluffily|"},
      {Table::kCustomer, 150000,
       "150000|Customer#000150000|DD7m6OBUJqlbTpiYmzK9SYuJBG266UKoAsKH|10|20-354-401-2016|2530.68|AUTOMOBILE|kages nag "
       "quickly for the regular theodolites. carefully even pin|"},
      {Table::kPart, 1,
       "1|goldenrod lavender spring chocolate lace|Manufacturer#1|Brand#13|PROMO BURNISHED COPPER|7|JUMBO "
       "PKG|901.00|ly. slyly ironi|"},
      {Table::kPart, 2,
       "2|blush thistle blue yellow saddle|Manufacturer#1|Brand#13|LARGE BRUSHED BRASS|1|LG CASE|902.00|lar accounts "
       "amo|"},
      {Table::kPart, 3,
       "3|spring green yellow purple cornsilk|Manufacturer#4|Brand#42|STANDARD POLISHED BRASS|21|WRAP "
       "CASE|903.00|egular deposits hag|"},
      {Table::kPart, 100000,
       "100000|goldenrod forest salmon white spring|Manufacturer#1|Brand#15|LARGE BURNISHED STEEL|17|MED "
       "BOX|1000.00|ies haggle qu|"},
      {Table::kPart, 200000,
       "200000|peach royal cornsilk sky sandy|Manufacturer#5|Brand#53|MEDIUM ANODIZED TIN|22|LG CAN|1100.00|xes sleep "
       "quick|"},
      {Table::kPartsupp, 1,
       "1|2|3325|771.64|, even theodolites. regular, final theodolites eat after the carefully pending foxes. "
       "furiously regular deposits sleep slyly. carefully bold realms above the ironic dependencies haggle careful|"},
      {Table::kPartsupp, 2,
       "1|2502|8076|993.49|ven ideas. quickly even packages print. pending multipliers must have to are fluff|"},
      {Table::kPartsupp, 3,
       "1|5002|3956|337.09|after the fluffily ironic deposits? blithely special dependencies integrate furiously even "
       "excuses. blithely silent theodolites could have to haggle pending, express requests; fu|"},
      {Table::kPartsupp, 400000,
       "100000|7528|5453|682.31|eodolites nag quickly. special packages at the bold, pending deposits wake blithely "
       "special platelets. depths wake furiously along the final pac|"},
      {Table::kPartsupp, 800000,
       "200000|7558|2583|996.65|ests affix slyly carefully unusual deposits. packages print blithely. slyly express "
       "requests wake c|"},
      {Table::kOrders, 1, "1|36901|O|173665.47|1996-01-02|5-LOW|Clerk#000000951|0|nstructions sleep furiously among |"},
      {Table::kOrders, 2,
       "2|78002|O|46929.18|1996-12-01|1-URGENT|Clerk#000000880|0| foxes. pending accounts at the pending, silent "
       "asymptot|"},
      {Table::kOrders, 3,
       "3|123314|F|193846.25|1993-10-14|5-LOW|Clerk#000000955|0|sly final accounts boost. carefully regular ideas "
       "cajole carefully. depos|"},
      {Table::kOrders, 750000,
       "3000000|47480|O|189194.91|1995-06-20|1-URGENT|Clerk#000000149|0|lly special ideas maintain furiously special "
       "requests. furio|"},
      {Table::kOrders, 1500000,
       "6000000|110063|O|37625.29|1996-08-31|2-HIGH|Clerk#000000411|0|ess pinto beans boost slyly regular accounts! "
       "furiously even|"},
      {Table::kLineitem, 1,
       "1|155190|7706|1|17|21168.23|0.04|0.02|N|O|1996-03-13|1996-02-12|1996-03-22|DELIVER IN PERSON|TRUCK|egular "
       "courts above the|"},
      {Table::kLineitem, 2,
       "1|67310|7311|2|36|45983.16|0.09|0.06|N|O|1996-04-12|1996-02-28|1996-04-20|TAKE BACK RETURN|MAIL|ly final "
       "dependencies: slyly bold |"},
      {Table::kLineitem, 3,
       "1|63700|3701|3|8|13309.60|0.10|0.02|N|O|1996-01-29|1996-03-05|1996-01-31|TAKE BACK RETURN|REG AIR|riously. "
       "regular, express dep|"},
      {Table::kLineitem, 3000000,
       "3000323|117447|7448|6|17|24895.48|0.08|0.07|R|F|1994-05-12|1994-05-22|1994-06-10|NONE|FOB|ts cajole fluffily "
       "above the even court|"},
      {Table::kLineitem, 6001215,
       "6000000|96127|6128|2|28|31447.36|0.01|0.02|N|O|1996-09-22|1996-10-01|1996-10-21|NONE|AIR|ooze furiously about "
       "the pe|"},
  };
  const Generator generator(1);
  for (const auto& [table, line, text] : probes) {
    // The row unit that holds the line, and its first line.
    uint64_t unit = line - 1;
    if (table == Table::kPartsupp) unit /= 4;
    if (table == Table::kLineitem) {
      const uint64_t key = std::strtoull(text, nullptr, 10);
      unit = (key >> 5 << 3 | (key & 7)) - 1;
    }
    const uint64_t first_line = generator.row_count(table, 0, unit) + 1;
    const auto lines = lines_of(table_text(generator, table, unit, 1));
    ASSERT_LE(first_line, line) << table_name(table);
    ASSERT_LT(line - first_line, lines.size()) << table_name(table);
    EXPECT_EQ(lines[line - first_line], text) << table_name(table) << " " << line;
  }
}

struct FarProbe {
  double scale_factor;
  uint64_t first_order;  // from 0
  std::vector<std::string> orders;
  std::vector<std::string> lines;
};

void expect_rows(const FarProbe& probe) {
  const Generator generator(probe.scale_factor);
  Chunk orders;
  Chunk lineitem;
  generator.generate_orders_and_lineitem(probe.first_order, 1000, orders, lineitem);
  std::string order_text;
  std::string line_text;
  append_tbl(orders, order_text);
  append_tbl(lineitem, line_text);
  auto order_lines = lines_of(order_text);
  auto line_lines = lines_of(line_text);
  ASSERT_EQ(order_lines.size(), 1000u);
  order_lines.resize(probe.orders.size());
  line_lines.resize(probe.lines.size());
  EXPECT_EQ(order_lines, probe.orders);
  EXPECT_EQ(line_lines, probe.lines);
}

TEST_F(GeneratorTest, RowsAtScaleFactor1000EqualDbgens) {
  expect_rows({1000,
               1499998000,
               {"5999992001|44058358|F|367755.77|1994-04-18|1-URGENT|Clerk#000032708|0| deposits-- quickly ir|",
                "5999992002|88798108|F|93356.83|1992-08-27|3-MEDIUM|Clerk#000713995|0|ongside of the deposits. slyly "
                "unusual pi|"},
               {"5999992001|7336216|7336217|1|32|40059.20|0.06|0.02|A|F|1994-05-29|1994-07-13|1994-06-10|DELIVER IN "
                "PERSON|FOB| requests lose after |",
                "5999992001|99775340|7275368|2|48|67697.28|0.03|0.07|R|F|1994-05-30|1994-06-20|1994-06-10|DELIVER IN "
                "PERSON|RAIL|ickly carefully final foxes? bl|",
                "5999992001|124136063|9136088|3|37|40435.82|0.08|0.07|A|F|1994-04-21|1994-05-30|1994-05-13|DELIVER IN "
                "PERSON|MAIL|he furiously bold deposits wake bli|"}});
}

// Keys beyond 2^31, still from the 31-bit generator.
TEST_F(GeneratorTest, RowsAtScaleFactor20000EqualDbgens) {
  expect_rows({20000,
               12344000,
               {"49376001|2055986659|F|40038.70|1993-06-13|1-URGENT|Clerk#001396668|0|slyly inside the carefully idle "
                "ideas. r|",
                "49376002|967772705|F|259893.13|1993-02-02|1-URGENT|Clerk#013793518|0|l ideas above the slyly special "
                "packages use thinly acro|"},
               {"49376001|2628163988|178164028|1|22|42252.76|0.08|0.03|R|F|1993-09-15|1993-07-22|1993-09-22|NONE|REG "
                "AIR| unusual packages against th|",
                "49376002|849179995|99180000|1|44|89431.76|0.06|0.04|R|F|1993-02-24|1993-03-22|1993-03-25|COLLECT "
                "COD|FOB|ns eat ruthlessly. carefully ironic a|",
                "49376002|168171097|18171098|2|7|8117.83|0.09|0.07|A|F|1993-02-25|1993-04-22|1993-03-05|COLLECT "
                "COD|MAIL|arefully special accounts. slyly bold|"}});
}

// Keys from the 64-bit generator, which depend on where the chunk begins.
TEST_F(GeneratorTest, RowsAtScaleFactor30000EqualDbgens) {
  expect_rows({30000,
               0,
               {"1|3898045469|O|200131.83|1996-01-02|5-LOW|Clerk#028516474|0|nstructions sleep furiously among |",
                "2|3778993900|O|78275.82|1996-12-01|1-URGENT|Clerk#026374644|0| foxes. pending accounts at the "
                "pending, silent asymptot|"},
               {"1|2871002506|246002516|1|17|24904.32|0.04|0.02|N|O|1996-03-13|1996-02-12|1996-03-22|DELIVER IN "
                "PERSON|TRUCK|egular courts above the|",
                "1|2671473643|271473644|2|36|60590.88|0.09|0.06|N|O|1996-04-12|1996-02-28|1996-04-20|TAKE BACK "
                "RETURN|MAIL|ly final dependencies: slyly bold |",
                "1|3222086178|222086179|3|8|9624.64|0.10|0.02|N|O|1996-01-29|1996-03-05|1996-01-31|TAKE BACK "
                "RETURN|REG AIR|riously. regular, express dep|"}});
  expect_rows({30000,
               12344000,
               {"49376001|1117843690|F|21482.61|1993-06-13|1-URGENT|Clerk#002095002|0|slyly inside the carefully idle "
                "ideas. r|",
                "49376002|2286966517|F|221731.18|1993-02-02|1-URGENT|Clerk#020690276|0|l ideas above the slyly special "
                "packages use thinly acro|"},
               {"49376001|2852944129|77944157|1|22|22670.56|0.08|0.03|R|F|1993-09-15|1993-07-22|1993-09-22|NONE|REG "
                "AIR| unusual packages against th|",
                "49376002|5569179107|244179126|1|44|48737.04|0.06|0.04|R|F|1993-02-24|1993-03-22|1993-03-25|COLLECT "
                "COD|FOB|ns eat ruthlessly. carefully ironic a|",
                "49376002|3298187592|73187603|2|7|10602.83|0.09|0.07|A|F|1993-02-25|1993-04-22|1993-03-05|COLLECT "
                "COD|MAIL|arefully special accounts. slyly bold|"}});
}

TEST_F(GeneratorTest, PiecesOfAnySizeMakeTheWhole) {
  for (Table table : kTables) {
    const std::string whole = table_text(small(), table);
    for (uint64_t piece : {1u, 7u, 511u, 512u, 513u, 4000u}) {
      if (piece == 1 && small().row_unit_count(table) > 1000) continue;  // slow
      std::string text;
      Chunk rows;
      const uint64_t end = small().row_unit_count(table);
      for (uint64_t unit = 0; unit < end; unit += piece) {
        small().generate(table, unit, std::min(piece, end - unit), rows);
        append_tbl(rows, text);
      }
      EXPECT_TRUE(text == whole) << table_name(table) << " in pieces of " << piece;
    }
  }
}

TEST_F(GeneratorTest, RandomAccessEqualsSequentialAccess) {
  const char* seed_text = std::getenv("CAIRN_SEED");
  const uint64_t seed = seed_text ? std::strtoull(seed_text, nullptr, 10) : std::random_device{}();
  std::printf("CAIRN_SEED=%llu\n", static_cast<unsigned long long>(seed));
  std::mt19937_64 random(seed);
  for (Table table : kTables) {
    const std::string whole = table_text(small(), table);
    const uint64_t unit_count = small().row_unit_count(table);
    for (int i = 0; i < 20; ++i) {
      const uint64_t first = random() % unit_count;
      const uint64_t count = 1 + random() % std::min<uint64_t>(unit_count - first, 20);
      const std::string text = table_text(small(), table, first, count);
      ASSERT_NE(whole.find(text), std::string::npos) << table_name(table) << " " << first << " + " << count;
      ASSERT_EQ(lines_of(text).size(), small().row_count(table, first, count));
    }
  }
}

TEST_F(GeneratorTest, OrdersAndLineitemAreTheSameTogetherAndAlone) {
  Chunk orders;
  Chunk lineitem;
  small().generate_orders_and_lineitem(100, 2000, orders, lineitem);
  std::string order_text;
  std::string line_text;
  append_tbl(orders, order_text);
  append_tbl(lineitem, line_text);
  EXPECT_TRUE(order_text == table_text(small(), Table::kOrders, 100, 2000));
  EXPECT_TRUE(line_text == table_text(small(), Table::kLineitem, 100, 2000));
}

TEST_F(GeneratorTest, ChunksMayBeUsedAgainForOtherTables) {
  Chunk rows;
  for (Table table : {Table::kLineitem, Table::kSupplier, Table::kRegion, Table::kOrders, Table::kSupplier}) {
    const uint64_t unit_count = std::min<uint64_t>(100, small().row_unit_count(table));
    small().generate(table, 0, unit_count, rows);
    std::string text;
    append_tbl(rows, text);
    EXPECT_EQ(text, table_text(small(), table, 0, unit_count)) << table_name(table);
  }
}

TEST_F(GeneratorTest, ThreadsMayShareIt) {
  std::vector<std::string> pieces(8);
  {
    std::vector<std::jthread> threads;
    for (size_t i = 0; i < pieces.size(); ++i)
      threads.emplace_back([&, i] { pieces[i] = table_text(small(), Table::kLineitem, i * 1000, 1000); });
  }
  std::string text;
  for (const std::string& piece : pieces) text += piece;
  EXPECT_TRUE(text == table_text(small(), Table::kLineitem, 0, 8000));
}

TEST_F(GeneratorTest, EmptyRangesAreEmpty) {
  for (Table table : kTables) EXPECT_EQ(table_text(small(), table, small().row_unit_count(table), 0), "");
}

TEST_F(GeneratorTest, RangesBeyondTheEndAreErrors) {
  Chunk rows;
  EXPECT_THROW(small().generate(Table::kRegion, 0, 6, rows), Error);
  EXPECT_THROW(small().generate(Table::kOrders, 15000, 1, rows), Error);
  EXPECT_THROW(small().generate(Table::kPart, ~uint64_t{0}, 2, rows), Error);
}

TEST_F(GeneratorTest, AScaleFactorWithAFractionActsAsItsInteger) {
  const Generator one(1);
  const Generator fraction(1.5);
  EXPECT_EQ(table_text(one, Table::kOrders, 1000000, 500), table_text(fraction, Table::kOrders, 1000000, 500));
}

TEST_F(GeneratorTest, BelowAThousandthOneUnitOfEachTableRemains) {
  const Generator tiny(0.0005);
  EXPECT_EQ(lines_of(table_text(tiny, Table::kLineitem)).size(), 6u);
  EXPECT_EQ(lines_of(table_text(tiny, Table::kPartsupp)).size(), 4u);
  EXPECT_EQ(lines_of(table_text(tiny, Table::kNation)).size(), 25u);
}

TEST_F(GeneratorTest, ColumnsHoldAValuePerRowInTheirStorage) {
  for (Table table : kTables) {
    Chunk rows;
    small().generate(table, 0, 5, rows);
    const auto infos = table_columns(table);
    ASSERT_EQ(rows.columns.size(), infos.size());
    for (size_t i = 0; i < infos.size(); ++i) {
      const Column& column = rows.columns[i];
      EXPECT_EQ(column.int32s.size(), infos[i].storage == Storage::kInt32 ? rows.row_count : 0) << infos[i].name;
      EXPECT_EQ(column.int64s.size(), infos[i].storage == Storage::kInt64 ? rows.row_count : 0) << infos[i].name;
      EXPECT_EQ(column.codes.size(), infos[i].storage == Storage::kCode ? rows.row_count : 0) << infos[i].name;
      EXPECT_EQ(column.slices.size(), infos[i].storage == Storage::kSlice ? rows.row_count : 0) << infos[i].name;
      EXPECT_EQ(column.offsets.size(), infos[i].storage == Storage::kBytes ? rows.row_count + 1 : 0) << infos[i].name;
      for (uint8_t code : column.codes) EXPECT_LT(code, infos[i].values.size());
    }
  }
}

}  // namespace
}  // namespace cairn::tpch

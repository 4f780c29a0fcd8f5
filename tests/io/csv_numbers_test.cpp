// Numbers and dates in files, at the edges of the short way that nearly all of them take.
#include "io/csv/csv_reader.h"

#include "tests/io/csv_fixture.h"

namespace cairn {
namespace {

class CsvNumbers : public ::testing::Test {
 protected:
  std::string load(std::string_view text, const Type& type) {
    storage_->create_directories("/in");
    storage_->open("/in/file", OpenMode::kCreate)->write(0, bytes_of(text));
    CollectingTransaction transaction(table_of_types({type}));
    read_csv(transaction, *storage_, {"/in/file", CsvFormat::text(), "t"});
    return transaction.text();
  }
  std::string failure(std::string_view text, const Type& type) {
    return std::string(error_of([&] { load(text, type); }).sqlstate);
  }

  std::shared_ptr<SimulatedStorage> storage_ = std::make_shared<SimulatedStorage>(1);
};

TEST_F(CsvNumbers, IntegersAtTheirLimits) {
  const std::string text = "9223372036854775807\n-9223372036854775808\n999999999999999999\n-999999999999999999\n"
                           "1000000000000000000\n0\n-0\n0000000000000000000000007\n";
  EXPECT_EQ(load(text, Type::big_int()),
            "9223372036854775807\n-9223372036854775808\n999999999999999999\n-999999999999999999\n"
            "1000000000000000000\n0\n0\n7\n");
  EXPECT_EQ(load("2147483647\n-2147483648\n", Type::integer()), "2147483647\n-2147483648\n");
  EXPECT_EQ(load("32767\n-32768\n", Type::small_int()), "32767\n-32768\n");
  for (const char* text_too_large : {"9223372036854775808", "-9223372036854775809", "18446744073709551616", "99999999999999999999"}) {
    EXPECT_EQ(failure(text_too_large, Type::big_int()), "22003") << text_too_large;
  }
  for (const char* text_too_large : {"2147483648", "-2147483649", "4294967296", "9999999999"}) {
    EXPECT_EQ(failure(text_too_large, Type::integer()), "22003") << text_too_large;
  }
  for (const char* text_too_large : {"32768", "-32769", "65536"}) {
    EXPECT_EQ(failure(text_too_large, Type::small_int()), "22003") << text_too_large;
  }
}

TEST_F(CsvNumbers, WhatIsNoIntegerIsRefused) {
  for (const char* text : {"-", "--1", "1-", "1 2", "1.", "/", ":", "1/", "1:", "a", "-a", "+", "1e3", "0x1"}) {
    EXPECT_EQ(failure(text, Type::integer()), "22P02") << text;
    EXPECT_EQ(failure(text, Type::big_int()), "22P02") << text;
  }
  EXPECT_EQ(load("+1\n 12 \n", Type::integer()), "1\n12\n");
}

TEST_F(CsvNumbers, DatesAtTheirLimits) {
  EXPECT_EQ(load("1998-09-02\n2000-02-29\n0001-01-01\n9999-12-31\n1970-01-01\n", Type::date()),
            "1998-09-02\n2000-02-29\n0001-01-01\n9999-12-31\n1970-01-01\n");
  for (const char* text : {"1999-02-29", "1998-13-01", "1998-00-10", "1998-01-00", "1998-01-32", "1998-04-31", "0000-01-01"}) {
    EXPECT_EQ(failure(text, Type::date()).substr(0, 2), "22") << text;
  }
  for (const char* text : {"199a-01-01", "1998-0:-01", "1998-01-/1", "1998-01-0a"}) {
    EXPECT_EQ(failure(text, Type::date()).substr(0, 2), "22") << text;
  }
}

TEST_F(CsvNumbers, AFormatThatContradictsItselfIsRefusedBeforeAnythingIsRead) {
  CollectingTransaction transaction(table_of_types({Type::integer()}));
  CsvFormat format = CsvFormat::csv();
  format.delimiter = format.quote;
  const Error error = error_of([&] { read_csv(transaction, *storage_, {"/nowhere", format, "t"}); });
  EXPECT_EQ(error.sqlstate, sqlstate::kInvalidParameterValue);
}

TEST_F(CsvNumbers, BytesAsNumbersInEscapes) {
  const Type text = Type::varchar();
  EXPECT_EQ(load("\\x41\\x4a\\x4B\\x30\\x39\n", text), "AJK09\n");
  EXPECT_EQ(load("\\x9|\\x4g|\\xg\n", text), "\t|\x04g|xg\n");
  EXPECT_EQ(load("\\101\\060\\067\\0601\\7x\\78\n", text), "A07" "01" "\ax" "\a" "8\n");
  EXPECT_EQ(load("\\8\\9\\q\\\\\n", text), "89q\\\n");
  EXPECT_EQ(load("\\b\\f\\n\\r\\t\\v\n", text), "\b\f\n\r\t\v\n");
}

}  // namespace
}  // namespace cairn

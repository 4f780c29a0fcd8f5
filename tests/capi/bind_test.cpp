// Bound values: what cairn_bind_… lets into a statement.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <string>

#include "tests/capi/capi_fixture.h"

namespace {

class BindTest : public CapiTest {
 protected:
  BindTest() { execute("CREATE TABLE person(id INTEGER, name VARCHAR(3), code CHAR(3), note VARCHAR, small SMALLINT)"); }

  /// What running the statement with one bound text gives: the first value, or the SQLSTATE.
  std::string with_text(const char* sql, const char* text, int64_t length) {
    prepare(sql);
    EXPECT_EQ(cairn_bind_text(statement_, 1, text, length), CAIRN_OK);
    return run();
  }
};

TEST_F(BindTest, TextsAreUtf8WithoutNul) {
  EXPECT_EQ(with_text("INSERT INTO person(note) VALUES ($1)", "a\0b", 3), "22021");
  EXPECT_EQ(with_text("INSERT INTO person(note) VALUES ($1)", "\xff\xfe", 2), "22021");
  EXPECT_EQ(with_text("SELECT $1::VARCHAR", "\xC3", 1), "22021");          // cut off
  EXPECT_EQ(with_text("SELECT $1::VARCHAR", "\xED\xA0\x80", -1), "22021");  // a surrogate
  EXPECT_EQ(with_text("SELECT count(*) FROM person WHERE note = $1", "\xC0\x80", -1), "22021");
  EXPECT_EQ(with_text("SELECT $1::VARCHAR", "gr\xC3\xBC\xC3\x9F", -1), "gr\xC3\xBC\xC3\x9F");
  EXPECT_EQ(query("SELECT count(*) FROM person"), "0");
}

TEST_F(BindTest, LengthsAreBytes) {
  EXPECT_EQ(with_text("SELECT $1::VARCHAR", "abcdef", 3), "abc");
  EXPECT_EQ(with_text("SELECT $1::VARCHAR", "abcdef", -1), "abcdef");
  EXPECT_EQ(with_text("SELECT '<' || $1::VARCHAR || '>'", "abcdef", 0), "<>");
  EXPECT_EQ(with_text("SELECT $1::VARCHAR IS NULL", nullptr, 5), "true");
}

TEST_F(BindTest, NothingIsCutToFit) {
  EXPECT_EQ(with_text("INSERT INTO person(name) VALUES ($1)", "abcd", -1), "22001");
  EXPECT_EQ(with_text("INSERT INTO person(code) VALUES ($1)", "abcd", -1), "22001");
  execute("INSERT INTO person(id, code) VALUES (1, 'abc')");
  EXPECT_EQ(with_text("UPDATE person SET code = $1", "abcd", -1), "22001");
  EXPECT_EQ(with_text("SELECT count(*) FROM person WHERE code = $1", "abcd", -1), "0");
  EXPECT_EQ(with_text("SELECT count(*) FROM person WHERE code = $1", "abc", -1), "1");
}

TEST_F(BindTest, ValuesHaveTheParametersType) {
  prepare("INSERT INTO person(small) VALUES ($1)");
  EXPECT_EQ(cairn_bind_int64(statement_, 1, 40000), CAIRN_OK);
  EXPECT_EQ(run(), "22003");
  prepare("SELECT $1::BIGINT");
  for (const int64_t value : {INT64_MIN, int64_t{-1}, int64_t{0}, INT64_MAX}) {
    EXPECT_EQ(cairn_bind_int64(statement_, 1, value), CAIRN_OK);
    EXPECT_EQ(run(), std::to_string(value));
  }
  prepare("SELECT $1::DOUBLE PRECISION");
  EXPECT_EQ(cairn_bind_double(statement_, 1, NAN), CAIRN_OK);
  EXPECT_EQ(run(), "NaN");
  EXPECT_EQ(cairn_bind_double(statement_, 1, -INFINITY), CAIRN_OK);
  EXPECT_EQ(run(), "-Infinity");
  prepare("SELECT $1::BOOLEAN");
  EXPECT_EQ(cairn_bind_bool(statement_, 1, true), CAIRN_OK);
  EXPECT_EQ(run(), "true");
  EXPECT_EQ(with_text("SELECT $1::INTEGER", "x", -1), "22P02");
  EXPECT_EQ(with_text("SELECT $1::DATE", "2024-02-30", -1), "22008");
}

TEST_F(BindTest, WhatIsNotBoundIsNullAndIndicesAreChecked) {
  prepare("SELECT coalesce($1::INTEGER, -1) + coalesce($2::INTEGER, -2)");
  EXPECT_EQ(cairn_statement_parameter_count(statement_), 2u);
  EXPECT_EQ(cairn_bind_int64(statement_, 2, 5), CAIRN_OK);
  EXPECT_EQ(run(), "4");
  EXPECT_EQ(cairn_bind_null(statement_, 2), CAIRN_OK);
  EXPECT_EQ(run(), "-3");
  for (const size_t index : {size_t{0}, size_t{3}, SIZE_MAX}) {
    EXPECT_EQ(cairn_bind_null(statement_, index), CAIRN_MISUSE);
    EXPECT_EQ(cairn_bind_bool(statement_, index, true), CAIRN_MISUSE);
    EXPECT_EQ(cairn_bind_int64(statement_, index, 1), CAIRN_MISUSE);
    EXPECT_EQ(cairn_bind_double(statement_, index, 1), CAIRN_MISUSE);
    EXPECT_EQ(cairn_bind_text(statement_, index, "x", -1), CAIRN_MISUSE);
  }
}

}  // namespace

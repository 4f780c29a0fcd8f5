// The front door: what is one statement, what is refused before any parser recurses into it, where errors point.

#include "sql/parser/parser.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "sql/parser/deparse.h"
#include "sql/parser/nodes.h"
#include "vector/error.h"
#include "vector/utf8.h"

namespace cairn {
namespace {

std::string repeat(std::string_view piece, size_t count) {
  std::string text;
  text.reserve(piece.size() * count);
  for (size_t i = 0; i < count; i++) text += piece;
  return text;
}

/// "ok", or the SQLSTATE and position of the error.
std::string outcome(std::string_view text) {
  try {
    parse_statement(text);
    return "ok";
  } catch (const Error& error) {
    return error.sqlstate + " at " + std::to_string(error.position);
  }
}

std::string sqlstate_of(std::string_view text) { return outcome(text).substr(0, 5); }

std::string first_statement(std::string_view text) {
  StatementExtent extent = scan_statement(text);
  return std::string(text.substr(extent.begin, extent.end - extent.begin)) + "|" + std::string(text.substr(extent.consumed));
}

TEST(StatementSplitting, EndsAtTheFirstSemicolonOutsideQuotesAndComments) {
  EXPECT_EQ(first_statement("SELECT 1; SELECT 2"), "SELECT 1| SELECT 2");
  EXPECT_EQ(first_statement("  -- a;b\n SELECT 1"), "SELECT 1|");
  EXPECT_EQ(first_statement("SELECT ';' ; x"), "SELECT ';' | x");
  EXPECT_EQ(first_statement("SELECT 'it''s;' ; x"), "SELECT 'it''s;' | x");
  EXPECT_EQ(first_statement("SELECT E'\\';' ; x"), "SELECT E'\\';' | x");
  EXPECT_EQ(first_statement("SELECT \"a;b\" ; x"), "SELECT \"a;b\" | x");
  EXPECT_EQ(first_statement("SELECT $$a;b$$ ; x"), "SELECT $$a;b$$ | x");
  EXPECT_EQ(first_statement("SELECT $q$ $$;$$ $q$ ; x"), "SELECT $q$ $$;$$ $q$ | x");
  EXPECT_EQ(first_statement("SELECT 1 /* ; /* ; */ ; */ ; x"), "SELECT 1 /* ; /* ; */ ; */ | x");
  EXPECT_EQ(first_statement("SELECT a$1;b"), "SELECT a$1|b");
}

TEST(StatementSplitting, BlanksAndCommentsAreNoStatement) {
  for (std::string_view text : {"", "   ", "-- only this", "/* and that */", " \n\t"}) {
    StatementExtent extent = scan_statement(text);
    EXPECT_TRUE(extent.empty) << text;
    EXPECT_EQ(extent.consumed, text.size()) << text;
  }
  EXPECT_TRUE(scan_statement(";SELECT 1").empty);
  EXPECT_EQ(scan_statement(";SELECT 1").consumed, 1u);
}

TEST(Parsing, ErrorsPointAtBytes) {
  EXPECT_EQ(outcome("SELECT 1 FRM t"), "42601 at 13");
  EXPECT_EQ(outcome("SELECT 'ä' x y"), "42601 at 14");  // ä has two bytes
  EXPECT_EQ(outcome("SELECT ("), "42601 at 8");
  EXPECT_EQ(outcome("SELECT 'open"), "42601 at 7");
}

TEST(Parsing, TextMustBeUtf8WithoutNul) {
  EXPECT_EQ(outcome("SELECT '\xff'"), "22021 at 8");
  EXPECT_EQ(outcome("SELECT '\xc3'"), "22021 at 8");
  EXPECT_EQ(outcome("SELECT '\xed\xa0\x80'"), "22021 at 8");      // a surrogate
  EXPECT_EQ(outcome("SELECT '\xf4\x90\x80\x80'"), "22021 at 8");  // beyond U+10FFFF
  EXPECT_EQ(outcome("SELECT '\xc0\x80'"), "22021 at 8");          // overlong
  EXPECT_EQ(outcome(std::string_view("SELECT \0 1", 10)), "22021 at 7");
  EXPECT_EQ(outcome("SELECT 'grün, 日本, 🪨'"), "ok");
}

TEST(Parsing, FindsInvalidBytesAtEveryOffset) {
  for (size_t length = 0; length < 40; length++)
    for (size_t at = 0; at < length; at++) {
      std::string text(length, 'x');
      EXPECT_EQ(find_invalid_utf8(text), std::string::npos);
      text[at] = '\x80';
      EXPECT_EQ(find_invalid_utf8(text), at);
      text[at] = '\0';
      EXPECT_EQ(find_invalid_utf8(text), at);
    }
}

struct Nesting {
  std::string_view name, before, after;
  std::string_view head = "SELECT ", core = "1";
};

const Nesting kNestings[] = {
    {"parentheses", "(", ")"},
    {"subqueries", "(SELECT ", ")"},
    {"calls", "abs(", ")"},
    {"rows", "(1,", ")"},
    {"cases", "CASE WHEN ", " THEN 1 END"},
    {"negations", "- ", ""},
    {"nots", "NOT ", ""},
    {"additions", "", " + 1"},
    {"concatenations", "", " || 'x'"},
    {"casts", "", "::int"},
    {"tests", "", " IS NULL"},
    {"unions", "", " UNION SELECT 1"},
    {"joins", "", " CROSS JOIN t", "SELECT 1 FROM ", "t"},
    {"nested joins", "(", " CROSS JOIN t)", "SELECT 1 FROM ", "t"},
    {"arrays", "ARRAY[", "]"},
    {"open parentheses", "(", "", "SELECT ", ""},
    {"intervals", "1 + (2 * ", ")"},
};

TEST(Depth, NestingOfAHundredThousandIsRefused) {
  for (const Nesting& nesting : kNestings) {
    std::string text = std::string(nesting.head) + repeat(nesting.before, 100'000) + std::string(nesting.core) +
                       repeat(nesting.after, 100'000);
    EXPECT_EQ(sqlstate_of(text), "54001") << nesting.name;
  }
}

TEST(Depth, NestingOfAThousandIsTaken) {
  for (const Nesting& nesting : kNestings) {
    if (nesting.core.empty()) continue;
    std::string text = std::string(nesting.head) + repeat(nesting.before, 1000) + std::string(nesting.core) +
                       repeat(nesting.after, 1000);
    EXPECT_EQ(outcome(text), "ok") << nesting.name;
  }
}

TEST(Depth, EveryDepthUpToTheBoundGivesAnAnswerOrAnError) {
  for (const Nesting& nesting : kNestings)
    for (size_t depth : {1500u, 2900u, 3100u, 9000u, 20'000u}) {
      std::string state = sqlstate_of(std::string(nesting.head) + repeat(nesting.before, depth) +
                                      std::string(nesting.core) + repeat(nesting.after, depth));
      EXPECT_TRUE(state == "ok" || state == "54001" || state == "42601") << nesting.name << " " << depth << " " << state;
    }
}

TEST(Depth, LongListsAreNotDeep) {
  EXPECT_LT(scan_statement("SELECT 1 WHERE a IN (1" + repeat(", 12345", 50'000) + ")").depth, 10u);
  EXPECT_LT(scan_statement("SELECT 1 WHERE a = 1" + repeat(" OR a = 12345", 50'000)).depth, 10u);
  EXPECT_LT(scan_statement("INSERT INTO t VALUES (1, 'a')" + repeat(", (-1, NULL)", 50'000)).depth, 10u);
  EXPECT_EQ(outcome("SELECT 1 WHERE a IN (1" + repeat(", 12345", 50'000) + ")"), "ok");
  EXPECT_EQ(outcome("SELECT 1 WHERE a = 1" + repeat(" OR a = 12345", 50'000)), "ok");
}

TEST(Size, FiftyMegabytesAreAnsweredInSeconds) {
  auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(outcome("SELECT '" + repeat("0123456789", 5'000'000) + "'"), "ok");
  EXPECT_EQ(sqlstate_of("SELECT 1 WHERE a IN (1" + repeat(",123", 12'000'000) + ")"), "54001");
  EXPECT_LT(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(), 30.0);
}

TEST(Size, LargeInsertsAreCutBetweenRows) {
  std::string text = "INSERT INTO t (a, b) VALUES (1, '),(')" + repeat(", (2, 'x,y')", 3 * kInsertRowsPerPiece);
  StatementExtent extent = scan_statement(text);
  ASSERT_EQ(extent.insert_pieces.size(), 4u);
  EXPECT_EQ(text.substr(0, extent.insert_header_end), "INSERT INTO t (a, b) VALUES");
  EXPECT_EQ(text.substr(extent.insert_pieces[1] - 13, 13), ", (2, 'x,y'),");
  // What stands behind the rows belongs to the statement whole.
  EXPECT_TRUE(scan_statement(text + " ON CONFLICT DO NOTHING").insert_pieces.empty());
  EXPECT_TRUE(scan_statement(text + " RETURNING a").insert_pieces.empty());
  EXPECT_TRUE(scan_statement("SELECT * FROM (VALUES (1), (2)) t").insert_pieces.empty());
}

TEST(Parsing, ManyThreadsAtOnce) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; i++)
    threads.emplace_back([] {
      for (int k = 0; k < 200; k++) {
        EXPECT_EQ(outcome("SELECT a, sum(b) FROM t WHERE c IN (SELECT d FROM u) GROUP BY a"), "ok");
        EXPECT_EQ(outcome("SELECT FROM WHERE"), "42601 at 12");
        if (k % 50 == 0) { EXPECT_EQ(outcome("SELECT " + repeat("(", 500) + "1" + repeat(")", 500)), "ok"); }
      }
    });
  for (std::thread& thread : threads) thread.join();
}

TEST(Deparsing, WritesBackWhatParsesAlike) {
  for (std::string_view text : {"SELECT a, sum(b) AS s FROM t WHERE c LIKE '%x''y%' GROUP BY a ORDER BY s DESC LIMIT 3",
                                "SELECT * FROM t LEFT JOIN u USING (a) WHERE d < date '1995-01-01' + interval '3' month",
                                "WITH x(q) AS (SELECT 1) SELECT q FROM x UNION ALL VALUES (2), (3)"}) {
    auto tree = parse_statement(text);
    std::string once = deparse(tree->statement());
    EXPECT_EQ(deparse(parse_statement(once)->statement()), once);
  }
  auto tree = parse_statement("SELECT 1 + 2 * 3");
  EXPECT_EQ(deparse_expression(*tree->statement().select_stmt->target_list[0]->res_target->val), "1 + (2 * 3)");
}

}  // namespace
}  // namespace cairn

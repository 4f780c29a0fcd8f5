// COPY … FROM, below SQL: what stands in a file becomes rows, or an error that names the place.
#include "io/csv/csv_reader.h"

#include <atomic>
#include <chrono>
#include <thread>

#include "tests/io/csv_fixture.h"

namespace cairn {
namespace {

const Type kText = Type::varchar();
const Type kInt = Type::integer();

class CsvReaderTest : public ::testing::Test {
 protected:
  void put(std::string_view text) {
    storage_->create_directories("/in");
    auto file = storage_->open("/in/file", OpenMode::kCreate);
    file->write(0, bytes_of(text));
  }

  /// Loads the text into a table of these columns and shows the rows.
  std::string load(std::string_view text, const CsvFormat& format, const TableSchema& schema) {
    put(text);
    CollectingTransaction transaction(schema);
    CsvInput input{"/in/file", format, "t"};
    input.columns = columns_;
    input.defaults = defaults_;
    const uint64_t rows = read_csv(transaction, *storage_, input);
    EXPECT_EQ(rows, transaction.rows().size());
    EXPECT_TRUE(transaction.all_finished());
    return transaction.text();
  }
  std::string load(std::string_view text, const CsvFormat& format, const std::vector<Type>& types) {
    return load(text, format, table_of_types(types));
  }
  /// "sqlstate message" of a load that must fail.
  std::string failure(std::string_view text, const CsvFormat& format, const TableSchema& schema) {
    const Error error = error_of([&] { load(text, format, schema); });
    return std::string(error.sqlstate).append(1, ' ').append(error.message);
  }
  std::string failure(std::string_view text, const CsvFormat& format, const std::vector<Type>& types) {
    return failure(text, format, table_of_types(types));
  }

  std::shared_ptr<SimulatedStorage> storage_ = std::make_shared<SimulatedStorage>(1);
  std::vector<size_t> columns_;
  std::vector<Value> defaults_;
  const CsvFormat csv_ = CsvFormat::csv();
  const CsvFormat text_ = CsvFormat::text();
  const CsvFormat tbl_ = tbl_format();
};

TEST_F(CsvReaderTest, ReadsRowsOfEveryType) {
  EXPECT_EQ(load("true,1,-2,3,170141183460469231731687303715884105727,1.5,2.5,3.25\n", csv_,
                 std::vector<Type>{Type::boolean(), Type::small_int(), kInt, Type::big_int(), Type::huge_int(),
                                   Type::decimal(15, 2), Type::real(), Type::double_()}),
            "true|1|-2|3|170141183460469231731687303715884105727|1.50|2.5|3.25\n");
  EXPECT_EQ(load("1998-09-02,04:05:06.5,1998-09-02 04:05:06,1 day 02:00:00,abc,de,12345678901234567890.5\n", csv_,
                 std::vector<Type>{Type::date(), Type::time(), Type::timestamp(), {TypeId::kInterval}, kText,
                                   Type::character(4), Type::decimal(30, 1)}),
            "1998-09-02|04:05:06.5|1998-09-02 04:05:06|1 day 02:00:00|abc|de  |12345678901234567890.5\n");
}

TEST_F(CsvReaderTest, DatesThatAreNotWrittenTheUsualWay) {
  EXPECT_EQ(load("19980902\n1998/9/2\n2000-02-29\n", csv_, {Type::date()}), "1998-09-02\n1998-09-02\n2000-02-29\n");
  EXPECT_EQ(failure("1998-09-31\n", csv_, {Type::date()}).substr(0, 5), "22008");
  EXPECT_EQ(failure("1998-0x-31\n", csv_, {Type::date()}).substr(0, 5), "22007");
}

TEST_F(CsvReaderTest, AcceptsTheTrailingDelimiterOfTbl) {
  EXPECT_EQ(load("1|a|\n2|b|\n", tbl_, {kInt, kText}), "1|a\n2|b\n");
  EXPECT_EQ(load("1|a\n2|b\n", tbl_, {kInt, kText}), "1|a\n2|b\n");
  EXPECT_EQ(load("1|\n2|\n", tbl_, {kInt}), "1\n2\n");
  EXPECT_EQ(failure("1,a,\n", csv_, {kInt, kText}).substr(0, 5), "22P04");
  EXPECT_EQ(failure("1\ta\t\n", text_, {kInt, kText}).substr(0, 5), "22P04");
}

TEST_F(CsvReaderTest, AcceptsEveryLineEnd) {
  EXPECT_EQ(load("1|a\r\n2|b\r\n", tbl_, {kInt, kText}), "1|a\n2|b\n");
  EXPECT_EQ(load("1|a|\r\n2|b|\r\n", tbl_, {kInt, kText}), "1|a\n2|b\n");
  EXPECT_EQ(load("1,a\r\n2,\"b\"\r\n", csv_, {kInt, kText}), "1|a\n2|b\n");
  EXPECT_EQ(load("1,a\n2,b", csv_, {kInt, kText}), "1|a\n2|b\n");
  EXPECT_EQ(load("1,a\n2,\"b\"", csv_, {kInt, kText}), "1|a\n2|b\n");
  EXPECT_EQ(load("1,a\n2,", csv_, {kInt, kText}), "1|a\n2|NULL\n");
  EXPECT_EQ(load("1,a\r2,\"b\nc\"\r", csv_, {kInt, kText}), "1|a\n2|b\nc\n");
  EXPECT_EQ(load("1,a\r2,b", csv_, {kInt, kText}), "1|a\n2|b\n");
  EXPECT_EQ(load("1|a\r2|b|\r", tbl_, {kInt, kText}), "1|a\n2|b\n");
  EXPECT_EQ(load("a\\\rb\n", text_, {kText}), "a\rb\n");
  EXPECT_EQ(load("\r\r", csv_, {kText}), "NULL\nNULL\n");
  // The line end is found however far it is.
  const std::string field(1 << 20, 'x');
  EXPECT_EQ(load(field + ",1\ry,2\r", csv_, {kText, kInt}), field + "|1\ny|2\n");
}

TEST_F(CsvReaderTest, TheFirstLineEndIsTheFiles) {
  const auto state_and_place = [this](std::string_view text, const CsvFormat& format) {
    const std::string message = failure(text, format, {kInt});
    return message.substr(0, 5) + message.substr(message.find(", line"));
  };
  EXPECT_EQ(state_and_place("1\n2\r\n", csv_), "22P04, line 2: unquoted carriage return found in data");
  EXPECT_EQ(state_and_place("1\n2\r3\n", csv_), "22P04, line 2: unquoted carriage return found in data");
  EXPECT_EQ(state_and_place("1\n2\r", csv_), "22P04, line 2: unquoted carriage return found in data");
  EXPECT_EQ(state_and_place("1\r\n2\n", csv_), "22P04, line 2: unquoted newline found in data");
  EXPECT_EQ(state_and_place("1\r\n2\r3\r\n", csv_), "22P04, line 2: unquoted carriage return found in data");
  EXPECT_EQ(state_and_place("1\r\n\r2\r\n", csv_), "22P04, line 2: unquoted carriage return found in data");
  EXPECT_EQ(state_and_place("1\r\n2\r", csv_), "22P04, line 2: unquoted carriage return found in data");
  EXPECT_EQ(state_and_place("1\r2\n", csv_), "22P04, line 2: unquoted newline found in data");
  EXPECT_EQ(state_and_place("1\r2\r\n", csv_), "22P04, line 3: unquoted newline found in data");
  EXPECT_EQ(state_and_place("1\n2\r\n", text_), "22P04, line 2: literal carriage return found in data");
  EXPECT_EQ(state_and_place("1\r2\n", text_), "22P04, line 2: literal newline found in data");
  // Wherever the blocks of 64 bytes begin.
  for (size_t blanks = 0; blanks < 130; ++blanks) {
    const std::string line = std::string(blanks, ' ') + "1\r\n";
    EXPECT_EQ(load(line + line, csv_, {kInt}), "1\n1\n") << blanks;
    EXPECT_EQ(failure(line + line + "1\r", csv_, {kInt}).substr(0, 5), "22P04") << blanks;
    EXPECT_EQ(failure(line + line + "1\n", csv_, {kInt}).substr(0, 5), "22P04") << blanks;
    EXPECT_EQ(load(std::string(blanks, ' ') + "1\r2\r", csv_, {kInt}), "1\n2\n") << blanks;
  }
}

TEST_F(CsvReaderTest, FilesOfOtherKindsAreNamed) {
  EXPECT_CONTAINS(failure("\x1F\x8B\x08", csv_, {kInt}), "line 1: the file is compressed by gzip");
  EXPECT_CONTAINS(failure("\x28\xB5\x2F\xFD\x08", csv_, {kInt}), "line 1: the file is compressed by zstd");
  EXPECT_CONTAINS(failure(std::string_view("\xFF\xFE" "1\0", 4), csv_, {kInt}), "line 1: the file is UTF-16");
}

TEST_F(CsvReaderTest, EmptyFilesHaveNoRows) {
  EXPECT_EQ(load("", csv_, {kInt, kText}), "");
  CsvFormat with_header = csv_;
  with_header.header = CsvFormat::Header::kSkip;
  EXPECT_EQ(load("a,b\n", with_header, {kInt, kText}), "");
  EXPECT_EQ(load("", with_header, {kInt, kText}), "");
  EXPECT_EQ(load("\xEF\xBB\xBF", csv_, {kInt}), "");
}

TEST_F(CsvReaderTest, NullIsWhatTheFormatSays) {
  EXPECT_EQ(load(",\"\"\n", csv_, {kText, kText}), "NULL|\n");
  EXPECT_EQ(load("\\N\t\n", text_, {kText, kText}), "NULL|\n");
  EXPECT_EQ(load("\\N\t\\\\N\n", text_, {kInt, kText}), "NULL|\\N\n");
  CsvFormat format = csv_;
  format.null_text = "nil";
  EXPECT_EQ(load("nil,\"nil\"\nnil,\nnil,nix\n", format, {kInt, kText}), "NULL|nil\nNULL|\nNULL|nix\n");
  format = csv_;
  format.force_null = {true, false};
  format.force_not_null = {false, true};
  EXPECT_EQ(load("\"\",\n,\"\"\nx,y\n", format, {kText, kText}), "NULL|\nNULL|\nx|y\n");
}

TEST_F(CsvReaderTest, QuotesAndEscapes) {
  EXPECT_EQ(load("\"a,b\",\"c\"\"d\"\n", csv_, {kText, kText}), "a,b|c\"d\n");
  EXPECT_EQ(load("\"line 1\nline 2\",x\n", csv_, {kText, kText}), "line 1\nline 2|x\n");
  EXPECT_EQ(load("a\"b,c\"d,\"12\"\n", csv_, {kText, kInt}), "ab,cd|12\n");
  CsvFormat escaped = csv_;
  escaped.escape = '\\';
  escaped.quote = '\'';
  EXPECT_EQ(load("'it\\'s',a\\b\n'\\\\',',\\x'\n", escaped, {kText, kText}), "it's|a\\b\n\\|,\\x\n");
  EXPECT_EQ(load("a\\tb\\n\\x41\\101\\q\t\\\t\n", text_, {kText, kText}), "a\tb\nAAq|\t\n");
  EXPECT_EQ(load("a\\\nb\tc\n", text_, {kText, kText}), "a\nb|c\n");
  EXPECT_EQ(load("a\\|b|c|\n", tbl_, {kText, kText}), "a|b|c\n");
}

TEST_F(CsvReaderTest, BackslashPointEndsData) {
  EXPECT_EQ(load("1\n2\n\\.\nrubbish", text_, {kInt}), "1\n2\n");
  EXPECT_EQ(load("1\n2\n\\.", text_, {kInt}), "1\n2\n");
  EXPECT_EQ(load("\\.\r\n1\n", text_, {kInt}), "");
  EXPECT_EQ(load("1\r\\.\r2\r", text_, {kInt}), "1\n");
  EXPECT_EQ(load("x\\\\.\n", text_, {kText}), "x\\.\n");
  EXPECT_EQ(failure("x\\\n\\.\ny\n", text_, {kText}), "22P04 COPY t: \"/in/file\", line 2: end-of-copy marker corrupt");
  EXPECT_EQ(failure("1\n2\\.\n", text_, {kText}), "22P04 COPY t: \"/in/file\", line 2: end-of-copy marker corrupt");
  EXPECT_EQ(load("1\n\\.\nrubbish", csv_, {kInt}), "1\n");
  EXPECT_EQ(load("1\r\n\\.\r\nrubbish", csv_, {kInt}), "1\n");
  EXPECT_EQ(load("\"\\.\"\nx\\.\n\"a\n\\.\nb\"\n\\.", csv_, {kText}), "\\.\nx\\.\na\n\\.\nb\n\\.\n");
}

TEST_F(CsvReaderTest, Headers) {
  CsvFormat format = csv_;
  format.header = CsvFormat::Header::kSkip;
  EXPECT_EQ(load("whatever\n1,a\n", format, {kInt, kText}), "1|a\n");
  EXPECT_EQ(load("\"two\nlines\",x,y,z\n1,a\n", format, {kInt, kText}), "1|a\n");
  EXPECT_EQ(load("\xEF\xBB\xBF" "a,b\n1,a\n", format, {kInt, kText}), "1|a\n");
  format.header = CsvFormat::Header::kMatch;
  EXPECT_EQ(load("a,\"b\"\n1,a\n", format, {kInt, kText}), "1|a\n");
  EXPECT_EQ(failure("a,c\n1,a\n", format, {kInt, kText}),
            "22P04 COPY t: \"/in/file\", line 1: field 2 of the header is \"c\", expected \"b\"");
  EXPECT_EQ(failure("a\n1,a\n", format, {kInt, kText}),
            "22P04 COPY t: \"/in/file\", line 1: missing data for column \"b\"");
}

TEST_F(CsvReaderTest, ColumnListsAndDefaults) {
  TableSchema schema = table_of_types({kInt, kText, kInt});
  columns_ = {2, 0};
  EXPECT_EQ(load("3,1\n", csv_, schema), "1|NULL|3\n");
  defaults_ = {Value::null_of(kInt), Value::of_string("x"), Value::null_of(kInt)};
  EXPECT_EQ(load("3,1\n4,2\n", csv_, schema), "1|x|3\n2|x|4\n");
  defaults_.clear();
  schema.columns[1].not_null = true;
  EXPECT_EQ(failure("3,1\n", csv_, schema),
            "23502 COPY t: \"/in/file\", line 1, column b: null value violates the not-null constraint");
  EXPECT_EQ(load("", csv_, schema), "");
}

TEST_F(CsvReaderTest, ErrorsNameFileLineAndColumn) {
  EXPECT_EQ(failure("1|2\n3|abc\n", tbl_, {kInt, Type::decimal(15, 2)}),
            "22P02 COPY t: \"/in/file\", line 2, column b: invalid input syntax for type numeric: \"abc\"");
  EXPECT_EQ(failure("1|99999999999999.99\n", tbl_, {kInt, Type::decimal(15, 2)}).substr(0, 53),
            "22003 COPY t: \"/in/file\", line 1, column b: numeric f");
  EXPECT_EQ(failure("3000000000\n", csv_, {kInt}),
            "22003 COPY t: \"/in/file\", line 1, column a: value \"3000000000\" is out of range for type integer");
  EXPECT_EQ(failure("abcd\n", csv_, {Type::varchar(3)}),
            "22001 COPY t: \"/in/file\", line 1, column a: value too long for type character varying(3)");
  EXPECT_EQ(failure("1,2\n3\n", csv_, {kInt, kInt}),
            "22P04 COPY t: \"/in/file\", line 2: missing data for column \"b\"");
  EXPECT_EQ(failure("1,2\n3,4,5\n", csv_, {kInt, kInt}),
            "22P04 COPY t: \"/in/file\", line 2: extra data after last expected column: expected 2 fields, got 3");
  EXPECT_EQ(failure("1,2\n\n", csv_, {kInt, kInt}),
            "22P04 COPY t: \"/in/file\", line 2: missing data for column \"b\"");
  EXPECT_EQ(failure("1\n2,\"x\n", csv_, {kInt}).substr(0, 5), "22P04");
  EXPECT_EQ(failure("\"a\nb\"\n\"x\n", csv_, {kText}),
            "22P04 COPY t: \"/in/file\", line 3: unterminated CSV quoted field");
  EXPECT_EQ(failure("x\n\"1\n", csv_, {kInt}).substr(0, 5), "22P02");  // the first of the file
  TableSchema not_null = table_of_types({kInt, kInt});
  not_null.columns[1].not_null = true;
  EXPECT_EQ(failure("1,2\n1,\n", csv_, not_null),
            "23502 COPY t: \"/in/file\", line 2, column b: null value violates the not-null constraint");
}

TEST_F(CsvReaderTest, LinesAreCountedAsEditorsDo) {
  EXPECT_EQ(failure("\"1\n2\n3\",1\nx,y\n", csv_, {kText, kInt}),
            "22P02 COPY t: \"/in/file\", line 4, column b: invalid input syntax for type integer: \"y\"");
}

TEST_F(CsvReaderTest, TheFirstErrorOfTheFileIsReported) {
  // b is wrong on line 2, a on line 3, and line 4 has too few fields.
  EXPECT_EQ(failure("1,1\n1,x\nx,1\n1\n", csv_, {kInt, kInt}),
            "22P02 COPY t: \"/in/file\", line 2, column b: invalid input syntax for type integer: \"x\"");
  EXPECT_EQ(failure("1,1\ny,x\n", csv_, {kInt, kInt}),
            "22P02 COPY t: \"/in/file\", line 2, column a: invalid input syntax for type integer: \"y\"");
}

TEST_F(CsvReaderTest, OnlyUtf8IsText) {
  EXPECT_EQ(load("gr\xC3\xBC\xC3\x9F" "e,\xF0\x9F\x8C\x8D\n", csv_, {kText, kText}),
            "gr\xC3\xBC\xC3\x9F" "e|\xF0\x9F\x8C\x8D\n");
  EXPECT_EQ(failure("ok,ok\nok,gr\xFC\xDF" "e\n", csv_, {kText, kText}),
            "22021 COPY t: \"/in/file\", line 2, column b: invalid byte sequence for encoding \"UTF8\": 0xfc 0xdf 0x65");
  EXPECT_EQ(failure("\xC0\x80\n", csv_, {kText}).substr(0, 5), "22021");   // overlong
  EXPECT_EQ(failure("\xED\xA0\x80\n", csv_, {kText}).substr(0, 5), "22021");  // a surrogate
  EXPECT_EQ(failure("\xF4\x90\x80\x80\n", csv_, {kText}).substr(0, 5), "22021");  // above U+10FFFF
  EXPECT_EQ(failure("\x80\n", csv_, {kText}).substr(0, 5), "22021");       // nothing that it goes on with
  EXPECT_EQ(failure("caf\xC3\n", csv_, {kText}).substr(0, 5), "22021");  // cut off
  EXPECT_EQ(failure(std::string_view("a\0b\n", 4), csv_, {kText}).substr(0, 5), "22021");
  EXPECT_EQ(failure("\\xFF\n", text_, {kText}).substr(0, 5), "22021");  // made by an escape
  EXPECT_EQ(failure("1\xFF\n", csv_, {kInt}).substr(0, 5), "22021");
}

TEST_F(CsvReaderTest, StringsAreFittedToTheirType) {
  EXPECT_EQ(load("ab   ,ab   \n", csv_, {Type::varchar(3), Type::character(3)}), "ab |ab \n");
  EXPECT_EQ(load("\xC3\xA4\xC3\xB6\xC3\xBC\n", csv_, {Type::varchar(3)}), "\xC3\xA4\xC3\xB6\xC3\xBC\n");
}

TEST_F(CsvReaderTest, HugeFields) {
  std::string large(3 << 20, 'x');
  large[1 << 20] = '\n';
  large[2 << 20] = ',';
  EXPECT_EQ(load(std::string("1,\"").append(large).append("\"\n2,y\n"), csv_, {kInt, kText}),
            std::string("1|").append(large).append("\n2|y\n"));
}

TEST_F(CsvReaderTest, FilesThatCannotBeRead) {
  CollectingTransaction transaction(table_of_types({kInt}));
  EXPECT_EQ(error_of([&] { read_csv(transaction, *storage_, {"/in/nothing", csv_, "t"}); }).sqlstate,
            sqlstate::kUndefinedFile);
  EXPECT_EQ(error_of([&] { read_csv(transaction, *storage_, {"/tmp", csv_, "t"}); }).sqlstate,
            sqlstate::kWrongObjectType);
  put("1\n");
  EXPECT_EQ(error_of([&] { read_csv(transaction, *storage_, {"/in/file", csv_, "u"}); }).sqlstate,
            sqlstate::kUndefinedTable);
}

TEST_F(CsvReaderTest, OptionsThatContradictEachOther) {
  const auto refused = [](const std::function<void(CsvFormat&)>& change, CsvFormat format) {
    change(format);
    const std::string state(error_of([&] { format.check(); }).sqlstate);
    return state == sqlstate::kInvalidParameterValue || state == sqlstate::kFeatureNotSupported;
  };
  EXPECT_TRUE(refused([](CsvFormat& format) { format.delimiter = '\n'; }, csv_));
  EXPECT_TRUE(refused([](CsvFormat& format) { format.delimiter = '"'; }, csv_));
  EXPECT_TRUE(refused([](CsvFormat& format) { format.delimiter = 'n'; }, text_));
  EXPECT_TRUE(refused([](CsvFormat& format) { format.delimiter = '\\'; }, text_));
  EXPECT_TRUE(refused([](CsvFormat& format) { format.delimiter = '\xC3'; }, csv_));
  EXPECT_TRUE(refused([](CsvFormat& format) { format.null_text = std::string(2, format.delimiter); }, csv_));
  EXPECT_TRUE(refused([](CsvFormat& format) { format.null_text = std::string(1, format.quote); }, csv_));
  EXPECT_TRUE(refused([](CsvFormat& format) { format.null_text = std::string(1, char{10}); }, text_));
}

TEST_F(CsvReaderTest, InterruptsEndTheLoad) {
  std::string text;
  for (int i = 0; i < 10000; ++i) text += "1\n";
  put(text);
  CollectingTransaction transaction(table_of_types({kInt}));
  CsvInput input{"/in/file", csv_, "t"};
  int calls = 0;
  input.check_interrupt = [&] {
    if (++calls == 3) throw Error(sqlstate::kQueryCanceled, "canceling statement due to user request");
  };
  EXPECT_EQ(error_of([&] { read_csv(transaction, *storage_, input); }).sqlstate, sqlstate::kQueryCanceled);
  EXPECT_EQ(calls, 3);
}

// 400,000 records make four chunks: three full row groups and a rest, whatever the number of threads.
TEST_F(CsvReaderTest, ThreadsChangeNothing) {
  std::string text;
  for (int i = 0; i < 400000; ++i) {
    text += std::to_string(i);
    text += i % 7 == 0 ? ",\"a\n,b\"" : i % 11 == 0 ? "," : ",x";
    text += "\r\n";
  }
  put(text);
  std::string sequential;
  for (const unsigned threads : {1u, 4u}) {
    CollectingTransaction transaction(table_of_types({kInt, kText}));
    CsvInput input{"/in/file", csv_, "t"};
    input.thread_count = threads;
    uint64_t done = 0;
    input.progress = [&](uint64_t bytes_done, uint64_t bytes_total) {
      EXPECT_GE(bytes_done, done);
      EXPECT_EQ(bytes_total, text.size());
      done = bytes_done;
    };
    EXPECT_EQ(read_csv(transaction, *storage_, input), 400000u);
    EXPECT_EQ(done, text.size());
    EXPECT_EQ(transaction.part_sizes(), (std::vector<size_t>{131072, 131072, 131072, 400000 - 3 * 131072}));
    if (threads == 1) {
      sequential = transaction.text();
    } else {
      EXPECT_TRUE(sequential == transaction.text());
    }
  }
}

TEST_F(CsvReaderTest, OfErrorsInSeveralChunksTheFirstIsReported) {
  std::string text;
  for (int i = 1; i <= 700000; ++i) text += i == 250000 || i == 390000 || i == 600000 ? "x\n" : "1234567890\n";
  put(text);
  for (int round = 0; round < 3; ++round) {
    CollectingTransaction transaction(table_of_types({kInt}));
    CsvInput input{"/in/file", csv_, "t"};
    input.thread_count = 4;
    EXPECT_CONTAINS(error_of([&] { read_csv(transaction, *storage_, input); }).message, "line 250000, column a:");
  }
}

// The thread with the first chunk stands still until that with the second one has met its error.
TEST_F(CsvReaderTest, AnErrorThatIsMetLaterMayBeTheFirst) {
  std::string text;
  for (int i = 1; i <= 200'000; ++i) text += (i == 100 || i % 1000 == 0 ? "x," : "1,") + std::string(60, 'a') + "\n";
  put(text);
  CollectingTransaction transaction(table_of_types({kInt, kText}));
  CsvInput input{"/in/file", csv_, "t"};
  input.thread_count = 2;
  std::atomic<int> taken{0};
  std::thread::id first;
  input.progress = [&](uint64_t, uint64_t) {
    if (taken == 0) first = std::this_thread::get_id();
    ++taken;
  };
  input.check_interrupt = [&] {
    if (std::this_thread::get_id() != first) return;
    for (int waits = 0; taken < 2 && waits < 2000; ++waits) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  };
  EXPECT_CONTAINS(error_of([&] { read_csv(transaction, *storage_, input); }).message, "line 100, column a:");
  EXPECT_GE(taken, 2);
}

}  // namespace
}  // namespace cairn

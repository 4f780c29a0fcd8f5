// What COPY … TO writes, and that COPY … FROM reads it back; chunks may be cut anywhere.
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "io/csv/chunk_loader.h"
#include "io/csv/record_cutter.h"
#include "tests/io/csv_fixture.h"

namespace cairn {
namespace {

using Row = CollectingTransaction::Row;

/// Columns that hold values, as one batch.
class Rows {
 public:
  explicit Rows(std::vector<Type> types) : types_(std::move(types)) {
    for (const Type& type : types_) columns_.emplace_back(type);
  }
  void add(const Row& row) {
    for (size_t i = 0; i < row.size(); ++i) columns_[i].append_value(row[i]);
  }
  Batch batch() const {
    Batch batch;
    batch.size = columns_[0].size();
    for (const ColumnBuffer& column : columns_) batch.columns.push_back(column.view());
    return batch;
  }
  const std::vector<Type>& types() const { return types_; }

 private:
  std::vector<Type> types_;
  std::vector<ColumnBuffer> columns_;
};

std::string written(const Rows& rows, const CsvFormat& format) {
  std::string out;
  CsvFormatter(rows.types(), format).append(rows.batch(), out);
  return out;
}

Value text_value(std::string text) { return Value::of_string(std::move(text)); }

TEST(CsvWriter, QuotesWhatHasTo) {
  Rows rows({Type::varchar(), Type::varchar()});
  rows.add({text_value("plain"), text_value("a,b")});
  rows.add({text_value("say \"hi\""), text_value("two\nlines")});
  rows.add({text_value(""), Value::null_of(Type::varchar())});
  EXPECT_EQ(written(rows, CsvFormat::csv()), "plain,\"a,b\"\n\"say \"\"hi\"\"\",\"two\nlines\"\n\"\",\n");
  EXPECT_EQ(written(rows, CsvFormat::text()), "plain\ta,b\nsay \"hi\"\ttwo\\nlines\n\t\\N\n");
  CsvFormat forced = CsvFormat::csv();
  forced.force_quote = {true, false};
  EXPECT_EQ(written(rows, forced).substr(0, 8), "\"plain\",");
  Rows blanks({Type::varchar(), Type::varchar()});
  blanks.add({text_value(" a "), text_value("\\.")});
  EXPECT_EQ(written(blanks, CsvFormat::csv()), " a ,\\.\n");
  Rows alone({Type::varchar()});
  alone.add({text_value("\\.")});
  EXPECT_EQ(written(alone, CsvFormat::csv()), "\"\\.\"\n");
}

TEST(CsvWriter, NumbersAndDatesStandAsPostgresPrintsThem) {
  Rows rows({Type::decimal(15, 2), Type::date(), Type::boolean(), Type::double_()});
  rows.add({Value::of_integer(Type::decimal(15, 2), -5), Value::of_integer(Type::date(), 10471),
            Value::of_boolean(true), Value::of_double(0.1)});
  EXPECT_EQ(written(rows, CsvFormat::csv()), "-0.05,1998-09-02,t,0.1\n");
  CsvFormat pointed = CsvFormat::csv();
  pointed.delimiter = '.';
  EXPECT_EQ(written(rows, pointed), "\"-0.05\".1998-09-02.t.\"0.1\"\n");
}

/// A byte that gives trouble more often than others do.
char random_byte(std::mt19937_64& random) {
  constexpr std::string_view kTrouble = "\"\"\"\\\\,,|'\n\n\r\t. N";
  const uint64_t draw = random();
  return draw % 3 == 0 ? static_cast<char>('a' + draw / 3 % 26) : kTrouble[draw / 3 % kTrouble.size()];
}

std::vector<Row> random_rows(std::mt19937_64& random, size_t count) {
  std::vector<Row> rows;
  for (size_t i = 0; i < count; ++i) {
    const auto is_null = [&] { return random() % 8 == 0; };
    std::string text;
    for (uint64_t length = random() % 20 == 0 ? random() % 300 : random() % 6; length != 0; --length) {
      text += random_byte(random);
    }
    Row& row = rows.emplace_back();
    row.push_back(is_null() ? Value::null_of(Type::varchar()) : text_value(text));
    const auto number = static_cast<int64_t>(random() % 2000000) - 1000000;
    row.push_back(is_null() ? Value::null_of(Type::decimal(15, 2)) : Value::of_integer(Type::decimal(15, 2), number));
    row.push_back(is_null() ? Value::null_of(Type::varchar()) : text_value(std::string(random() % 3, '"')));
  }
  return rows;
}

std::string shown(const std::vector<Row>& rows) {
  std::string out;
  for (const Row& row : rows) {
    for (const Value& value : row) {
        if (&value != &row.front()) out += '|';
        out += value.to_string();
      }
    out += '\n';
  }
  return out;
}

/// Reads through a cutter whose chunks and reads are as small as asked for.
std::string read_back(const std::string& text, const CsvFormat& format, const TableSchema& schema,
                      RecordCutter::Limits limits) {
  SimulatedStorage storage(1);
  storage.create_directories("/in");
  storage.open("/in/file", OpenMode::kCreate)->write(0, bytes_of(text));
  RecordCutter cutter(open_source(storage, "/in/file"), format, limits);
  CollectingTransaction transaction(schema);
  CsvTarget target{schema, {0, 1, 2}, {}};
  ChunkLoader loader(target, format, "COPY t");
  RecordChunk chunk;
  uint64_t line = 1;
  while (cutter.next(chunk)) {
    EXPECT_EQ(chunk.first_line, line);
    line += static_cast<uint64_t>(std::count(chunk.text(), chunk.text() + chunk.size, '\n'));
    const uint64_t rows = loader.load(
        chunk, [&] { return transaction.writer("t", chunk.ordinal); }, [] {});
    EXPECT_LE(rows, limits.rows);
  }
  return transaction.text();
}

// Random texts full of quotes, delimiters, escapes and line ends, in every format, cut everywhere.
TEST(CsvRoundTrip, WhatIsWrittenIsReadBack) {
  std::mt19937_64 random(test_seed());
  CsvFormat backslash_csv = CsvFormat::csv();
  backslash_csv.escape = '\\';
  CsvFormat single_quotes = CsvFormat::csv();
  single_quotes.quote = single_quotes.escape = '\'';
  single_quotes.delimiter = '|';
  CsvFormat named_null = CsvFormat::csv();
  named_null.null_text = "N";
  CsvFormat text_null = CsvFormat::text();
  text_null.null_text = "N";
  CsvFormat header = CsvFormat::csv();
  header.header = CsvFormat::Header::kMatch;
  const CsvFormat formats[] = {CsvFormat::csv(), CsvFormat::text(), tbl_format(), backslash_csv,
                               single_quotes,    named_null,        text_null,                     header};
  const std::vector<Type> types = {Type::varchar(), Type::decimal(15, 2), Type::varchar()};
  const TableSchema schema = table_of_types(types);
  for (int round = 0; round < 60; ++round) {
    const std::vector<Row> rows = random_rows(random, random() % 400);
    Rows columns(types);
    for (const Row& row : rows) columns.add(row);
    for (const CsvFormat& format : formats) {
      std::string text;
      CsvFormatter formatter(types, format);
      if (format.header != CsvFormat::Header::kNone) formatter.append_header({"a", "b", "c"}, text);
      formatter.append(columns.batch(), text);
      const RecordCutter::Limits limits{1 + random() % 100, 64 + random() % 2000, 1 + random() % 700};
      ASSERT_EQ(read_back(text, format, schema, limits), shown(rows))
          << "round " << round << ", format " << &format - formats << ":\n" << text;
    }
  }
}

class CsvFileTest : public ::testing::Test {
 protected:
  CsvFileTest() {
    storage_.create_directories("/out");
    rows_.add({text_value("first")});
  }
  std::unique_ptr<CsvWriter> create(const std::string& path) {
    return CsvWriter::create(storage_, path, CsvFormat::csv(), {"a"}, rows_.types());
  }
  std::string content(const std::string& path) { return text_of(read_file(storage_, path).bytes()); }

  SimulatedStorage storage_{1};
  Rows rows_{{Type::varchar()}};
};

TEST_F(CsvFileTest, AFileAppearsWhenItIsFinished) {
  auto writer = create("/out/file");
  writer->append(rows_.batch());
  EXPECT_FALSE(storage_.exists("/out/file"));
  EXPECT_EQ(writer->finish(), 1u);
  EXPECT_EQ(content("/out/file"), "first\n");
  EXPECT_EQ(storage_.list("/out").size(), 1u);
}

TEST_F(CsvFileTest, AFinishedFileIsDurable) {
  storage_.sync_directory("/");
  auto writer = create("/out/file");
  writer->append(rows_.batch());
  writer->finish();
  storage_.crash(Survival::kNothing);
  EXPECT_EQ(content("/out/file"), "first\n");
}

/// A file of this machine's that the draft, which is on the simulated one, cannot take the place of.
TEST_F(CsvFileTest, AFileThatIsWrittenOverIsDurable) {
  const std::string path = (std::filesystem::temp_directory_path() / ("cairn-copy-" + std::to_string(::getpid()))).string();
  std::ofstream(path) << "old";
  const std::string directory = std::filesystem::path(path).parent_path().string();
  create_durably(storage_, directory);
  {
    const auto old = storage_.open(path, OpenMode::kCreate);
    old->write(0, bytes_of("what stood there before"));
    old->sync();
  }
  storage_.sync_directory(directory);
  auto writer = create(path);
  writer->append(rows_.batch());
  EXPECT_EQ(content(path), "what stood there before");
  EXPECT_EQ(writer->finish(), 1u);
  storage_.crash(Survival::kNothing);
  EXPECT_EQ(content(path), "first\n");
  std::filesystem::remove(path);
}

TEST_F(CsvFileTest, AnUnfinishedFileLeavesNothingAndTheOldOneAsItWas) {
  storage_.open("/out/file", OpenMode::kCreate)->write(0, bytes_of("old"));
  create("/out/file")->append(rows_.batch());
  EXPECT_EQ(content("/out/file"), "old");
  EXPECT_EQ(storage_.list("/out").size(), 1u);
}

TEST_F(CsvFileTest, AFullDiskIsAnErrorAndLeavesNothing) {
  storage_.set_capacity(100 << 10);
  const Error error = error_of([&] {
    auto writer = create("/out/file");
    for (int i = 0; i < 1 << 20; ++i) writer->append(rows_.batch());
    writer->finish();
  });
  EXPECT_EQ(error.sqlstate, sqlstate::kDiskFull);
  EXPECT_TRUE(storage_.list("/out").empty());
}

TEST_F(CsvFileTest, PlacesThatCannotBeWritten) {
  EXPECT_EQ(error_of([&] { create("/tmp"); }).sqlstate, sqlstate::kWrongObjectType);
  EXPECT_EQ(error_of([&] { create("/nowhere/file"); }).sqlstate, sqlstate::kUndefinedFile);
}

TEST_F(CsvFileTest, PipesAreReadAndWritten) {
  const std::string pipe = (std::filesystem::temp_directory_path() / ("cairn-pipe-" + std::to_string(::getpid()))).string();
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  std::thread writing([&] {
    auto writer = create(pipe);
    for (int i = 0; i < 300000; ++i) writer->append(rows_.batch());
    writer->finish();
  });
  CollectingTransaction transaction(table_of_types({Type::varchar()}));
  CsvInput input{pipe, CsvFormat::csv(), "t"};
  input.thread_count = 2;
  EXPECT_EQ(read_csv(transaction, storage_, input), 300000u);
  writing.join();
  ::unlink(pipe.c_str());
  EXPECT_EQ(transaction.rows()[299999][0].string, "first");
}

}  // namespace
}  // namespace cairn

#include "tests/fuzz/mutation/mutator.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string_view>

namespace cairn::fuzz {
namespace {

constexpr size_t kMostTokens = 4000;

const char* const kConstants[] = {
    "0", "1", "-1", "NULL", "''", "'a'", "TRUE", "9223372036854775807", "-9223372036854775808", "2147483648", "1e308", "1e-320",
    "0.1", "99999999999999999999999999999999999999", "123456789012345678901234567890123456789012345678901234567890",
    "'NaN'::double precision", "'Infinity'::double precision", "DATE '0001-01-01'", "DATE '9999-12-31'", "DATE 'infinity'",
    "TIMESTAMP '2000-02-29 23:59:59.999999'", "INTERVAL '1 year -3 days'", "INTERVAL '2000000000 days'", "'\\'", "'%_%'", "'ä€😀'",
    "E'\\n'", "$1", "$0", "*", "DEFAULT", "1.", ".5", "0x1F", "'(('", "'[a-'", "CURRENT_DATE", "(SELECT NULL)", "ARRAY[1]", "ROW(1, 2)"};

/// '@' stands for the part.
const char* const kParts[] = {
    "( @ )", "( SELECT @ )", "( SELECT max ( @ ) )", "NOT ( @ )", "- ( @ )", "CASE WHEN @ THEN @ END", "coalesce ( @ , @ )",
    "abs ( @ )", "sum ( @ ) OVER ( ORDER BY @ )", "count ( DISTINCT @ )", "( @ ) :: text", "CAST ( @ AS integer )", "( @ ) IS NULL",
    "( @ ) IN ( @ , @ )", "( @ ) BETWEEN @ AND @", "EXISTS ( SELECT @ )", "( @ ) = ALL ( SELECT @ )", "( @ , @ )", "@ , @",
    "( SELECT @ UNION SELECT @ )", "repeat ( @ , 3 )", "substring ( @ FROM @ FOR @ )", "extract ( year FROM @ )", "( @ ) LIKE @",
    "LATERAL ( SELECT @ )", "( SELECT @ ORDER BY 1 LIMIT 1 )", "row_number ( ) OVER ( PARTITION BY @ )", "unnest ( @ )",
    "generate_series ( 1 , @ )", "( @ ) COLLATE \"C\"", "( @ ) [ 1 ]", "( @ ) . x", "string_agg ( @ , ',' ORDER BY @ )"};

/// '@' stands for the statement.
const char* const kStatements[] = {
    "SELECT * FROM ( @ ) AS wrapped", "SELECT count ( * ) FROM ( @ ) AS wrapped ( a , b )", "SELECT EXISTS ( @ )", "SELECT ( @ )",
    "( @ ) UNION ( @ )", "( @ ) UNION ALL ( @ )", "( @ ) INTERSECT ( @ )", "( @ ) EXCEPT ALL ( @ )",
    "WITH wrapped AS ( @ ) SELECT * FROM wrapped x , wrapped y", "WITH wrapped AS MATERIALIZED ( @ ) SELECT * FROM wrapped",
    "WITH RECURSIVE wrapped AS ( @ UNION ALL SELECT * FROM wrapped ) SELECT * FROM wrapped LIMIT 10", "SELECT 1 IN ( @ )",
    "SELECT 1 < ALL ( @ )", "SELECT * FROM ( VALUES ( 1 ) ) AS v ( x ) , LATERAL ( @ ) AS wrapped", "@ ORDER BY 1 LIMIT 3", "@ OFFSET 1",
    "SELECT * FROM ( @ ) AS a FULL JOIN ( @ ) AS b ON TRUE", "SELECT * FROM ( @ ) AS a NATURAL JOIN ( @ ) AS b",
    "CREATE VIEW wrapped AS @", "CREATE TABLE wrapped AS @", "EXPLAIN ANALYZE @", "EXPLAIN ( passes ) @", "PREPARE wrapped AS @", "@ ; @"};

Tokens filled(std::string_view pattern, const Tokens& part) {
  Tokens result;
  for (const std::string& token : tokens_of(pattern)) {
    if (token != "@") result.push_back(token);
    else result.insert(result.end(), part.begin(), part.end());
  }
  return result;
}

ptrdiff_t at(size_t index) { return static_cast<ptrdiff_t>(index); }

bool is_name(const std::string& token) {
  return (token[0] >= 'a' && token[0] <= 'z') || (token[0] >= 'A' && token[0] <= 'Z') || token[0] == '"';
}

bool is_constant(const std::string& token) { return token[0] == '\'' || (token[0] >= '0' && token[0] <= '9'); }

}  // namespace

void Mutator::add(Tokens statement) {
  if (!statement.empty()) donors_.push_back(std::move(statement));
}

Mutator::Range Mutator::range(const Tokens& tokens, size_t most) {
  if (tokens.empty()) return {0, 0};
  const size_t begin = random_.below(tokens.size());
  return {begin, std::min(tokens.size(), begin + 1 + random_.below(most))};
}

Mutator::Range Mutator::group(const Tokens& tokens) {
  std::vector<Range> groups;
  std::vector<size_t> open;
  for (size_t i = 0; i < tokens.size(); i++) {
    if (tokens[i] == "(") open.push_back(i);
    if (tokens[i] != ")" || open.empty()) continue;
    groups.push_back({open.back(), i + 1});
    open.pop_back();
  }
  return groups.empty() ? Range{0, 0} : random_.one_of(groups);
}

void Mutator::remove(Tokens& tokens) {
  const Range part = random_.chance(30) ? group(tokens) : range(tokens, random_.chance(70) ? 2 : 12);
  tokens.erase(tokens.begin() + at(part.begin), tokens.begin() + at(part.end));
}

void Mutator::repeat(Tokens& tokens) {
  const Range part = random_.chance(40) ? group(tokens) : range(tokens, 12);
  const Tokens copy(tokens.begin() + at(part.begin), tokens.begin() + at(part.end));
  const size_t times = random_.chance(5) ? 50 : 1;
  for (size_t i = 0; i < times; i++) tokens.insert(tokens.begin() + at(part.end), copy.begin(), copy.end());
}

void Mutator::swap(Tokens& tokens) {
  if (tokens.size() < 2) return;
  std::swap(tokens[random_.below(tokens.size())], tokens[random_.below(tokens.size())]);
}

void Mutator::splice(Tokens& tokens) {
  const Tokens& donor = other();
  const Range from = range(donor, 15), to = random_.chance(50) ? Range{random_.below(tokens.size() + 1), 0} : range(tokens, 10);
  if (to.end > to.begin) tokens.erase(tokens.begin() + at(to.begin), tokens.begin() + at(to.end));
  tokens.insert(tokens.begin() + at(to.begin), donor.begin() + at(from.begin), donor.begin() + at(from.end));
}

void Mutator::exchange_group(Tokens& tokens) {
  const Tokens& donor = other();
  const Range from = group(donor), to = group(tokens);
  tokens.erase(tokens.begin() + at(to.begin), tokens.begin() + at(to.end));
  tokens.insert(tokens.begin() + at(to.begin), donor.begin() + at(from.begin), donor.begin() + at(from.end));
}

void Mutator::exchange_word(Tokens& tokens) {
  std::vector<size_t> places;
  for (size_t i = 0; i < tokens.size(); i++)
    if (is_name(tokens[i])) places.push_back(i);
  const Tokens& donor = random_.chance(60) ? tokens : other();
  std::vector<std::string> words;
  for (const std::string& token : donor)
    if (is_name(token)) words.push_back(token);
  if (!places.empty() && !words.empty()) tokens[random_.one_of(places)] = std::string(random_.one_of(words));
}

void Mutator::change_constant(Tokens& tokens) {
  std::vector<size_t> places;
  for (size_t i = 0; i < tokens.size(); i++)
    if (is_constant(tokens[i]) || (is_name(tokens[i]) && random_.chance(20))) places.push_back(i);
  if (places.empty()) return;
  std::string& place = tokens[random_.one_of(places)];
  if (random_.chance(3)) place = "'" + std::string(random_.below(20000), 'x') + "'";
  else place = kConstants[random_.below(std::size(kConstants))];
}

void Mutator::wrap_part(Tokens& tokens) {
  const Range where = random_.chance(40) ? group(tokens) : range(tokens, 3);
  if (where.begin == where.end) return;
  const char* pattern = kParts[random_.below(std::size(kParts))];
  Tokens part(tokens.begin() + at(where.begin), tokens.begin() + at(where.end));
  // Deep nesting of what does not grow exponentially.
  const size_t times = random_.chance(4) && std::string_view(pattern).find('@') == std::string_view(pattern).rfind('@') ? 400 : 1;
  for (size_t i = 0; i < times; i++) part = filled(pattern, part);
  tokens.erase(tokens.begin() + at(where.begin), tokens.begin() + at(where.end));
  tokens.insert(tokens.begin() + at(where.begin), part.begin(), part.end());
}

void Mutator::wrap_statement(Tokens& tokens) { tokens = filled(kStatements[random_.below(std::size(kStatements))], tokens); }

Tokens Mutator::mutate(Tokens statement) {
  for (size_t count = 1 + random_.weighted({60, 20, 12, 8}); count > 0; count--) {
    switch (random_.weighted({12, 6, 6, 10, 14, 20, 14, 14, 6})) {
      case 0: remove(statement); break;
      case 1: repeat(statement); break;
      case 2: swap(statement); break;
      case 3: splice(statement); break;
      case 4: exchange_group(statement); break;
      case 5: exchange_word(statement); break;
      case 6: change_constant(statement); break;
      case 7: wrap_part(statement); break;
      default: wrap_statement(statement); break;
    }
    if (statement.size() > kMostTokens) statement.resize(kMostTokens);
  }
  return statement;
}

}  // namespace cairn::fuzz

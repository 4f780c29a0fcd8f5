// COPY's options: which there are, where they apply, and what they may say. Errors are PostgreSQL's.

#include <algorithm>
#include <array>
#include <set>

#include "sql/binder/binder.h"
#include "sql/statements/copy.h"
#include "vector/error.h"
#include "vector/kernels/like.h"

namespace cairn {
namespace {

/// The option's argument as a text, however it is written.
std::string option_text(const PgQuery__DefElem& option) {
  if (option.arg == nullptr)
    throw Error(sqlstate::kSyntaxError, std::string(option.defname) + " requires a parameter").at(option.location);
  switch (option.arg->node_case) {
    case PG_QUERY__NODE__NODE_INTEGER: return std::to_string(option.arg->integer->ival);
    case PG_QUERY__NODE__NODE_FLOAT: return option.arg->float_->fval;
    case PG_QUERY__NODE__NODE_BOOLEAN: return option.arg->boolean->boolval ? "true" : "false";
    case PG_QUERY__NODE__NODE_A_STAR: return "*";
    default: return std::string(pg::string_value(option.arg));
  }
}

/// nullopt: neither true nor false.
std::optional<bool> copy_switch(const PgQuery__DefElem& option) {
  if (option.arg == nullptr) return true;
  const bool is_number = option.arg->node_case == PG_QUERY__NODE__NODE_INTEGER;
  const std::string word = lower_case(option_text(option));
  if (word == (is_number ? "1" : "true") || word == "on") return true;
  if (word == (is_number ? "0" : "false") || word == "off") return false;
  return std::nullopt;
}

char option_character(const PgQuery__DefElem& option) {
  const std::string text = option_text(option);
  if (text.size() == 1) return text[0];
  throw Error(sqlstate::kFeatureNotSupported, "COPY " + std::string(option.defname) + " must be a single one-byte character",
              text == "\\t" ? "A tab is written E'\\t'." : "").at(option.location);
}

std::vector<std::string> option_columns(const PgQuery__DefElem& option, bool may_be_all) {
  if (may_be_all && option.arg != nullptr && option.arg->node_case == PG_QUERY__NODE__NODE_A_STAR) return {"*"};
  if (option.arg == nullptr || option.arg->node_case != PG_QUERY__NODE__NODE_LIST)
    throw Error(sqlstate::kInvalidParameterValue, "argument to option \"" + std::string(option.defname) +
                                                      "\" must be a list of column names").at(option.location);
  std::vector<std::string> names;
  for (const pg::Node* name : pg::list(option.arg->list->items, option.arg->list->n_items))
    names.emplace_back(pg::string_value(name));
  return names;
}

void set_format(const PgQuery__DefElem& option, CopyOptions& options) {
  const std::string format = option_text(option);
  if (format == "csv") {
    options.format = CsvFormat::csv();
  } else if (format == "binary") {
    throw_unsupported("COPY in binary format", option.location);
  } else if (format != "text") {
    throw Error(sqlstate::kInvalidParameterValue, "COPY format \"" + format + "\" not recognized",
                "COPY reads and writes FORMAT text and FORMAT csv.").at(option.location);
  }
}

void set_header(const PgQuery__DefElem& option, bool is_from, CopyOptions& options) {
  const std::optional<bool> on = copy_switch(option);
  if (on.has_value()) {
    options.format.header = *on ? CsvFormat::Header::kSkip : CsvFormat::Header::kNone;
    return;
  }
  if (lower_case(option_text(option)) != "match")
    throw Error(sqlstate::kSyntaxError, "header requires a Boolean value or \"match\"").at(option.location);
  if (!is_from)
    throw Error(sqlstate::kFeatureNotSupported, "cannot use \"match\" with HEADER in COPY TO").at(option.location);
  options.format.header = CsvFormat::Header::kMatch;
}

void check_encoding(const PgQuery__DefElem& option) {
  const std::string encoding = option_text(option);
  std::string name;
  for (const char c : lower_case(encoding))
    if (c != '-' && c != '_' && c != ' ') name += c;
  if (name != "utf8" && name != "unicode")
    throw Error(sqlstate::kFeatureNotSupported, "COPY in encoding \"" + encoding + "\" is not supported",
                "Files are UTF-8: iconv -f " + encoding + " -t UTF-8 makes such a file.").at(option.location);
}

struct OptionRule {
  std::string_view name;
  bool csv_only = false;
  enum { kAlways, kFrom, kTo } direction = kAlways;
};
constexpr std::array kOptionRules = {
    OptionRule{"format"},
    OptionRule{"freeze"},
    OptionRule{"delimiter"},
    OptionRule{"null"},
    OptionRule{"header"},
    OptionRule{"encoding"},
    OptionRule{"quote", true},
    OptionRule{"escape", true},
    OptionRule{"force_quote", true, OptionRule::kTo},
    OptionRule{"force_not_null", true, OptionRule::kFrom},
    OptionRule{"force_null", true, OptionRule::kFrom},
};

void check_rule(const PgQuery__DefElem& option, bool is_csv, bool is_from) {
  const auto rule = std::ranges::find(kOptionRules, std::string_view(option.defname), &OptionRule::name);
  std::string name = option.defname;
  if (rule == kOptionRules.end())
    throw Error(sqlstate::kSyntaxError, "option \"" + name + "\" not recognized",
                "COPY takes FORMAT, FREEZE, DELIMITER, NULL, HEADER, ENCODING, QUOTE, ESCAPE, FORCE_QUOTE, "
                "FORCE_NOT_NULL, FORCE_NULL.").at(option.location);
  std::ranges::replace(name, '_', ' ');
  if (rule->csv_only && !is_csv)
    throw Error(sqlstate::kFeatureNotSupported, "COPY " + name + " available only in CSV mode").at(option.location);
  if (rule->direction != OptionRule::kAlways && (rule->direction == OptionRule::kFrom) != is_from)
    throw Error(sqlstate::kFeatureNotSupported, "COPY " + name + " only available using COPY " + (is_from ? "TO" : "FROM"))
        .at(option.location);
}

void set_option(const PgQuery__DefElem& option, bool is_from, CopyOptions& options) {
  const std::string_view name = option.defname;
  if (name == "delimiter") options.format.delimiter = option_character(option);
  if (name == "null") options.format.null_text = option_text(option);
  if (name == "header") set_header(option, is_from, options);
  if (name == "quote") options.format.quote = option_character(option);
  if (name == "escape") options.format.escape = option_character(option);
  if (name == "encoding") check_encoding(option);
  if (name == "force_quote") options.force_quote = option_columns(option, true);
  if (name == "force_not_null") options.force_not_null = option_columns(option, false);
  if (name == "force_null") options.force_null = option_columns(option, false);
  if (name == "freeze" && !copy_switch(option).has_value())
    throw Error(sqlstate::kSyntaxError, "freeze requires a Boolean value").at(option.location);
}

}  // namespace

CopyOptions parse_copy_options(const PgQuery__CopyStmt& syntax) {
  std::set<std::string_view> given;
  CopyOptions options;
  for (const pg::Node* node : pg::list(syntax.options, syntax.n_options)) {
    const PgQuery__DefElem& option = *node->def_elem;
    if (!given.insert(option.defname).second)
      throw Error(sqlstate::kSyntaxError, "conflicting or redundant options").at(option.location);
    if (std::string_view(option.defname) == "format") set_format(option, options);
  }
  for (const pg::Node* node : pg::list(syntax.options, syntax.n_options)) {
    set_option(*node->def_elem, syntax.is_from, options);
    check_rule(*node->def_elem, options.format.kind == CsvFormat::Kind::kCsv, syntax.is_from);
  }
  if (!given.contains("escape")) options.format.escape = options.format.quote;
  options.format.check();
  return options;
}

}  // namespace cairn

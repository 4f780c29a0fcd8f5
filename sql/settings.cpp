#include "sql/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <utility>

#include "exec/crew/topology.h"
#include "sql/binder/nearest_name.h"
#include "sql/logical_plan.h"
#include "vector/error.h"
#include "vector/memory_pool.h"

namespace cairn {
namespace {

[[noreturn]] void throw_invalid(const SettingDescription& setting, std::string_view text, const std::string& wanted) {
  throw Error(sqlstate::kInvalidParameterValue, "invalid value for parameter \"" + std::string(setting.name) + "\": \"" +
                                                    std::string(text) + "\"; expected " + wanted);
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 32);
  return result;
}

std::optional<int64_t> parse_integer_text(std::string_view text) {
  int64_t value;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

template <int64_t kLeast, int64_t kMost>
std::string check_integer(const SettingDescription& self, std::string_view text) {
  std::optional<int64_t> value = parse_integer_text(text);
  if (!value || *value < kLeast || *value > kMost)
    throw_invalid(self, text, "an integer from " + std::to_string(kLeast) + " to " + std::to_string(kMost));
  return std::to_string(*value);
}

std::string check_switch(const SettingDescription& self, std::string_view text) {
  std::string word = lower(text);
  if (word == "on" || word == "true" || word == "yes" || word == "1") return "on";
  if (word == "off" || word == "false" || word == "no" || word == "0") return "off";
  throw_invalid(self, text, "on or off");
}

std::string check_checkpoint(const SettingDescription& self, std::string_view text) {
  std::string word = lower(text);
  if (word == "true" || word == "on") return "auto";
  if (word == "false") return "off";
  if (word == "auto" || word == "all" || word == "off") return word;
  throw_invalid(self, text, "auto, all or off");
}

/// "50%" of the memory that this process may use, in bytes.
std::optional<uint64_t> share_of_memory(std::string_view text) {
  if (!text.ends_with('%')) return std::nullopt;
  const std::optional<int64_t> percent = parse_integer_text(text.substr(0, text.size() - 1));
  if (!percent || *percent < 1 || *percent > 100) return std::nullopt;
  return usable_memory_bytes() / 100 * static_cast<uint64_t>(*percent);
}

uint64_t parse_memory(std::string_view text) {
  const std::optional<uint64_t> share = share_of_memory(text);
  return share ? *share : parse_bytes(text);
}

std::string check_size(const SettingDescription& self, std::string_view text, uint64_t (*parse)(std::string_view),
                       const std::string& wanted) {
  try {
    parse(text);
  } catch (const Error&) {
    throw_invalid(self, text, wanted);
  }
  return std::string(text);
}

std::string check_bytes(const SettingDescription& self, std::string_view text) {
  return check_size(self, text, parse_bytes, "a size such as 512MB or 4GB, or 0 for none");
}

std::string check_memory(const SettingDescription& self, std::string_view text) {
  return check_size(self, text, parse_memory, "a size such as 512MB or 4GB, a share such as 50%, or 0 for none");
}

/// Milliseconds; 0: `zero`, as a word.
std::optional<int64_t> parse_duration(std::string_view text, std::string_view zero) {
  if (lower(text) == zero) return 0;
  constexpr std::pair<std::string_view, int64_t> kUnits[] = {{"", 1},       {"ms", 1},         {"s", 1000},        {"min", 60000},
                                                             {"h", 3600000}, {"d", 86400000}, {"day", 86400000}, {"days", 86400000}};
  const size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  std::string unit = lower(text.substr(digits));
  std::erase(unit, ' ');
  const std::optional<int64_t> number = parse_integer_text(text.substr(0, digits));
  const auto factor = std::ranges::find(kUnits, unit, &std::pair<std::string_view, int64_t>::first);
  if (!number || *number < 1 || *number > 86400000 || factor == std::end(kUnits)) return std::nullopt;
  return *number * factor->second;
}

std::string check_epoch(const SettingDescription& self, std::string_view text) {
  if (!parse_duration(text, "auto")) throw_invalid(self, text, "a time such as 20 ms, 5 s or 1 min, or auto");
  return lower(text);
}

std::string check_retention(const SettingDescription& self, std::string_view text) {
  if (!parse_duration(text, "forever")) throw_invalid(self, text, "a time such as 12 h or 7 days, or forever");
  return lower(text);
}

std::string check_passes(const SettingDescription& self, std::string_view text) {
  std::vector<std::string> known = optimizer_pass_names();
  std::string canonical, word;
  for (size_t i = 0; i <= text.size(); i++) {
    if (i < text.size() && text[i] != ',') {
      if (text[i] != ' ') word += text[i];
      continue;
    }
    if (word.empty()) continue;
    if (std::ranges::find(known, word) == known.end()) {
      std::string nearest = nearest_name(word, known);
      throw Error(sqlstate::kInvalidParameterValue,
                  "there is no optimizer pass \"" + word + "\" for \"" + std::string(self.name) + "\"",
                  nearest.empty() ? "" : "Perhaps you meant \"" + nearest + "\".");
    }
    canonical += (canonical.empty() ? "" : ",") + word;
    word.clear();
  }
  return canonical;
}

std::string check_any(const SettingDescription&, std::string_view text) { return std::string(text); }

std::string check_utf8(const SettingDescription& self, std::string_view text) {
  std::string word = lower(text);
  std::erase_if(word, [](char c) { return c == '-' || c == '_'; });
  if (word != "utf8" && word != "unicode" && word != "default") throw_invalid(self, text, "UTF8");
  return "UTF8";
}

std::string check_time_zone(const SettingDescription& self, std::string_view text) {
  std::string word = lower(text);
  if (word != "utc" && word != "gmt" && word != "etc/utc" && word != "zulu" && word != "0" && word != "default")
    throw_invalid(self, text, "UTC (time zones are not supported)");
  return "UTC";
}

std::string check_date_style(const SettingDescription& self, std::string_view text) {
  std::string word = lower(text);
  std::erase(word, ' ');
  if (word != "iso" && word != "iso,mdy" && word != "mdy" && word != "iso,ymd" && word != "ymd" && word != "default")
    throw_invalid(self, text, "ISO, MDY");
  return "ISO, MDY";
}

/// Kept for clients that set it: exactly one value, the initial one, is true of Cairn.
std::string check_fixed(const SettingDescription& self, std::string_view text) {
  if (lower(text) != lower(self.initial) && lower(text) != "default") throw_invalid(self, text, std::string(self.initial));
  return std::string(self.initial);
}

std::string check_isolation(const SettingDescription& self, std::string_view text) {
  std::string word = lower(text);
  if (word == "serializable") throw_invalid(self, text, "repeatable read (snapshot isolation)");
  return "repeatable read";
}

std::string machine_threads() { return std::to_string(std::max<size_t>(1, Topology::discover().cores().size())); }

}  // namespace

uint64_t parse_bytes(std::string_view text) {
  std::string copy(text);
  char* end = nullptr;
  double number = std::strtod(copy.c_str(), &end);
  std::string unit = lower(end);
  std::erase(unit, ' ');
  double factor = unit.empty() || unit == "b"     ? 1
                  : unit == "kb" || unit == "kib" ? 1024.0
                  : unit == "mb" || unit == "mib" ? 1048576.0
                  : unit == "gb" || unit == "gib" ? 1073741824.0
                  : unit == "tb" || unit == "tib" ? 1099511627776.0
                                                  : 0;
  double bytes = number * factor;
  if (end == copy.c_str() || factor == 0 || !(bytes >= 0) || bytes > 9e18)
    throw Error(sqlstate::kInvalidParameterValue, "\"" + copy + "\" is not a size");
  return static_cast<uint64_t>(bytes);
}

static_assert(kQueryShare.percent == 40 * 3 / 8 && kColumnCacheShare.percent == 40 / 2, "what the table below says of memory_limit");

const std::vector<SettingDescription>& Settings::all() {
  static const std::vector<SettingDescription> table = {
      {"application_name", "", "Name of the program that is connected; changes nothing.", check_any},
      {"checkpoint", "auto",
       "Which breakers of a query are made durable, so that it can be resumed: auto (of queries that run for a while), "
       "all, off.", check_checkpoint},
      {"checkpoint_directory", "", "Where checkpoints are written; empty: beside the database.", check_any},
      {"checkpoint_epoch", "auto",
       "How long a worker collects rows before they become durable, such as 250 ms; auto: as long as that costs little.",
       check_epoch},
      {"checkpoint_limit", "0", "Most bytes that checkpoints may take together; 0: no limit.", check_bytes},
      {"checkpoint_retention", "7 days",
       "How long after a query began what is durable of it is kept, should its process die, such as 12 h or 30 days; forever: until it is discarded.",
       check_retention},
      {"checkpoint_verbose", "off", "A notice for every breaker that becomes durable.", check_switch},
      {"client_encoding", "UTF8", "Always UTF8.", check_utf8},
      {"client_min_messages", "notice", "Accepted for PostgreSQL's clients; changes nothing.", check_any},
      {"datestyle", "ISO, MDY", "Always ISO, MDY.", check_date_style, true},
      {"default_transaction_isolation", "repeatable read", "Always snapshot isolation.", check_isolation},
      {"disabled_passes", "", "Optimizer passes to leave out, separated by commas.", check_passes, true},
      {"extra_float_digits", "1", "Floating-point numbers are always printed so that they read back equal.",
       check_integer<-15, 3>, true},
      {"intervalstyle", "postgres", "Always postgres.", check_fixed, true},
      {"memory_limit", "40%", "What this process may take: rows of queries (3/8 each at most), cached columns (1/2, and less where queries need it), what waits. More rows go to temp_directory. Such as 2GB, or a share of the memory at hand; 0: no limit.",
       check_memory},
      {"search_path", "public", "Schemas in which names without one are looked for; what is made without one is made in the first.", check_any, true},
      {"server_encoding", "UTF8", "Always UTF8.", check_utf8},
      {"server_version", "15.0", "The version of PostgreSQL whose dialect is spoken.", check_fixed},
      {"standard_conforming_strings", "on", "Always on.", check_fixed},
      {"statement_timeout", "0", "Accepted for PostgreSQL's clients: only 0, no time limit.", check_fixed},
      {"temp_directory", "", "Where rows go for which memory_limit has no room; empty: the database, or TMPDIR and /tmp for :memory:.", check_any},
      {"temp_limit", "0", "Most bytes that a query's temporary file may take; 0: no limit.", check_bytes},
      {"threads", "", "Workers per query; initially one per core that the process may use.", check_integer<1, 1024>},
      {"timezone", "UTC", "Always UTC.", check_time_zone, true},
      {"transaction_isolation", "repeatable read", "Always snapshot isolation.", check_isolation},
      {"vector_capacity", "2048", "Most rows per batch.", check_integer<1, 4194304>},
  };
  return table;
}

size_t Settings::find(std::string_view name) {
  std::string word = lower(name);
  const auto& table = all();
  for (size_t i = 0; i < table.size(); i++)
    if (table[i].name == word) return i;
  std::vector<std::string> names;
  for (const SettingDescription& setting : table) names.emplace_back(setting.name);
  std::string nearest = nearest_name(word, names);
  throw Error(sqlstate::kUndefinedObject, "unrecognized configuration parameter \"" + std::string(name) + "\"",
              nearest.empty() ? "SHOW ALL lists them." : "Perhaps you meant \"" + nearest + "\".");
}

Settings::Settings() : values_(all().size()) { reset_all(); }

uint64_t least_memory_bytes(unsigned threads, size_t vector_capacity) {
  constexpr uint64_t kProcessBytes = uint64_t{20} << 20, kWorkerBytes = uint64_t{4} << 20;
  constexpr uint64_t kBytesPerRow = uint64_t{1} << 10;  // of a batch: its columns at every operator of a pipeline
  return kProcessBytes + threads * (kWorkerBytes + kBytesPerRow * std::min(vector_capacity, kRowGroupRows));
}

void Settings::set(std::string_view name, std::string_view text) {
  const size_t index = find(name);
  const std::string_view setting = all()[index].name;
  Settings after = *this;
  after.values_[index] = all()[index].check(all()[index], text);
  const bool takes_memory = setting == "threads" || setting == "vector_capacity";
  if (setting == "memory_limit" || (takes_memory && after.has_own_memory_limit())) after.check_least_memory();
  *this = std::move(after);
}

/// What nobody has set is a share of the memory, however little that is.
bool Settings::has_own_memory_limit() const { return get("memory_limit") != all()[find("memory_limit")].initial; }

void Settings::check_least_memory() const {
  const std::string& limit = get("memory_limit");
  const ExecutionSettings now = execution();
  const uint64_t least = least_memory_bytes(now.threads, now.vector_capacity), bytes = now.memory_limit_bytes;
  if (bytes == 0 || bytes >= least) return;
  throw Error(sqlstate::kInvalidParameterValue,
              fmt::format("invalid value for parameter \"memory_limit\": \"{}\"; the least for {} threads and vectors of {} rows is {}kB",
                          limit, now.threads, now.vector_capacity, (least + 1023) / 1024),
              "fewer threads need less, as do smaller vectors: SET threads, SET vector_capacity");
}

void Settings::reset(std::string_view name) {
  static const std::string threads = machine_threads();
  size_t index = find(name);
  values_[index] = all()[index].name == "threads" ? threads : std::string(all()[index].initial);
}

void Settings::reset_all() {
  for (const SettingDescription& setting : all()) reset(setting.name);
}

const std::string& Settings::get(std::string_view name) const { return values_[find(name)]; }

std::vector<std::pair<std::string, std::string>> Settings::of_queries() const {
  std::vector<std::pair<std::string, std::string>> list;
  for (size_t i = 0; i < all().size(); i++)
    if (all()[i].of_queries) list.emplace_back(all()[i].name, values_[i]);
  return list;
}

ExecutionSettings Settings::execution() const {
  ExecutionSettings settings;
  settings.threads = static_cast<unsigned>(*parse_integer_text(get("threads")));
  settings.vector_capacity = static_cast<size_t>(*parse_integer_text(get("vector_capacity")));
  settings.memory_limit_bytes = parse_memory(get("memory_limit"));
  settings.temp_limit_bytes = parse_bytes(get("temp_limit"));
  return settings;
}

CheckpointMode Settings::checkpoint() const {
  const std::string& mode = get("checkpoint");
  return mode == "all" ? CheckpointMode::kAll : mode == "off" ? CheckpointMode::kOff : CheckpointMode::kAuto;
}

std::chrono::milliseconds Settings::checkpoint_epoch() const {
  return std::chrono::milliseconds(*parse_duration(get("checkpoint_epoch"), "auto"));
}

std::chrono::milliseconds Settings::checkpoint_retention() const {
  return std::chrono::milliseconds(*parse_duration(get("checkpoint_retention"), "forever"));
}

uint64_t Settings::checkpoint_limit_bytes() const { return parse_bytes(get("checkpoint_limit")); }

std::vector<std::string> Settings::disabled_passes() const {
  std::vector<std::string> passes;
  std::string word;
  for (char c : get("disabled_passes") + ",") {
    if (c != ',') {
      word += c;
    } else if (!word.empty()) {
      passes.push_back(std::move(word));
      word.clear();
    }
  }
  return passes;
}

}  // namespace cairn

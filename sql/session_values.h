#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <random>

#include "exec/functions/volatile_source.h"
#include "sql/relation_name.h"

namespace cairn {

/// What volatile functions leave behind in a session: where the random numbers are, and which values its sequences gave.
struct SessionValues {
  std::mutex mutex;
  std::mt19937_64 generator{std::random_device{}()};
  std::map<std::shared_ptr<SequenceState>, int64_t> current;
  std::optional<int64_t> last;
};

/// Volatile functions as one statement sees them: sequences are those of its snapshot.
class StatementValues final : public VolatileSource {
 public:
  /// `temporary` may be nullptr. The databases and `session` must outlive it.
  StatementValues(SessionValues& session, std::shared_ptr<const Snapshot> snapshot, SearchPath path, Database& database,
                  Database* temporary, bool read_only)
      : session_(session), snapshot_(std::move(snapshot)), path_(std::move(path)), database_(database),
        temporary_(temporary), read_only_(read_only) {}

  double random() override;
  void seed(double seed) override;
  int64_t next_value(std::string_view sequence) override;
  int64_t current_value(std::string_view sequence) override;
  int64_t last_value() override;
  int64_t set_value(std::string_view sequence, int64_t value, bool called) override;

 private:
  const Sequence& find(std::string_view name);
  /// Where the sequence is moved. Errors: kReadOnly.
  Database& changed_database(const Sequence& sequence, std::string_view function);

  SessionValues& session_;
  const std::shared_ptr<const Snapshot> snapshot_;
  const SearchPath path_;
  Database& database_;
  Database* const temporary_;
  const bool read_only_;
  std::map<std::string, const Sequence*, std::less<>> found_;  ///< guarded by the session's mutex
};

}  // namespace cairn

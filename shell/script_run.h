#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::shell {

/// What kind of step a statement or command of a script is to a process that goes on behind it.
enum class StepKind : uint8_t {
  kReads,      ///< it gave rows
  kChanges,    ///< it changed the database, or may have
  kSession,    ///< it made the session or the shell what it was, and is done again: .mode, DEALLOCATE
  kSetting,    ///< so did SET, which a transaction takes with it that is rolled back
  kPrepare,    ///< so did PREPARE, where what it needs is there still
  kChain,      ///< it began a transaction as it ended one: COMMIT AND CHAIN
  kTemporary,  ///< it made a relation that died with its process
};
StepKind step_kind(std::string_view text);

/// How far the run of a script has come, in a file of its own in the database's directory, so that a run whose process
/// died can go on. The steps of a script are its statements and commands, those of files that it reads among them.
///
///   DATABASE/scripts/NAME   NAME: 16 hexadecimal digits, of the script's path
///     header   "cairn script 1", the run's id, hash of the script's path; lines per hash, hashes of its lines
///     step     a line behind each step that has ended: its hash, how it left the transaction, where its output ended
///
/// A step inside a transaction block has come to nothing where the block has not ended. A process may die between a
/// commit and the line that tells of it: each commit leaves a receipt (cairn_leave_receipts), with the run's id, the number
/// of the step, and a hash of the script. The file goes when the script has ended; a receipt without it is of a run that did.
class ScriptRun {
 public:
  enum class Block : char { kNone = '-', kOpen = 'b', kRolledBack = 'r' };
  enum class Found { kNothing, kUnfinished, kOther, kDamaged };

  /// `script`: a regular file. Errors: std::system_error.
  ScriptRun(std::string database, const std::string& script);
  ~ScriptRun();
  ScriptRun(const ScriptRun&) = delete;
  ScriptRun& operator=(const ScriptRun&) = delete;

  /// The name of the receipts that its commits leave, and the text of the next step's.
  const std::string& receipt_name() const { return receipt_name_; }
  std::string receipt() const;

  /// Reads what an earlier run has left; changes nothing.
  Found find();
  /// kUnfinished: goes on with it. `receipt`: the newest of its name. What has ended by it is not run again.
  void go_on(std::string_view receipt);
  /// kNothing: whether the run that left this receipt was one of this very script; it has come to its end.
  bool has_run(std::string_view receipt);
  /// kOther: the first line that is not as it was when the run began.
  size_t edited_line() const { return edited_line_; }
  /// A new run. Errors: std::system_error.
  void begin();

  /// Of the step that is next: whether it ended in an earlier process, and its text is what it was then.
  bool is_done() const { return step_ < done_; }
  /// Whether a query that left this receipt was a step of this run that has ended.
  bool has_ended(std::string_view receipt) const;
  /// Whether it was one of another run of the script.
  bool is_of_other_run(std::string_view receipt) const;
  /// Whether its line is missing: only a receipt tells of it.
  bool is_known_by_receipt() const { return step_ >= steps_.size(); }
  bool is_as_it_was(std::string_view text) const;
  /// Whether what a step of this kind did went with a transaction that was rolled back.
  bool is_undone() const { return step_ < steps_.size() && steps_[step_].undone; }
  size_t output_bytes() const { return output_bytes_; }  ///< behind the last step that is done, of .output
  /// Before a step that may change the database: a power cut leaves the file from now on.
  void prepare_for(std::string_view text);
  /// The next step has ended, and how. Errors: std::system_error.
  void ended(std::string_view text, Block block, size_t output_bytes);
  void skip(std::string_view text);
  /// The script has ended.
  void finish();
  /// Its file tells of no run any more, and says so.
  void give_up();

 private:
  struct Step {
    uint64_t hash;
    Block block;
    size_t output_bytes;
    bool undone = false;  ///< in a block that was rolled back
  };
  /// The step that a receipt of this run tells of; nullopt: another run's.
  std::optional<size_t> step_of(std::string_view receipt) const;
  /// Without the name, which a query's receipt has before it; nullopt: another script's, or none.
  std::optional<std::string_view> of_this_script(std::string_view named_receipt) const;
  bool read(std::FILE* file);
  void append(std::string_view text);

  const std::string directory_, script_;
  std::string path_, receipt_name_, run_id_, script_hash_;
  size_t lines_per_hash_ = 1;
  std::vector<uint64_t> hashes_;  ///< of the script's lines
  size_t edited_line_ = 0;
  int file_ = -1;
  bool synced_ = false;
  std::vector<Step> steps_;       ///< that earlier processes ended
  size_t step_ = 0;               ///< the next
  size_t done_ = 0;               ///< so many need not run
  size_t output_bytes_ = 0;
};

}  // namespace cairn::shell

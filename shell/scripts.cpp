// Scripts whose runs go on after a kill.

#include <sys/stat.h>
#include <unistd.h>

#include <system_error>

#include "shell/output.h"
#include "shell/shell.h"

namespace cairn::shell {

namespace {

bool is_regular_file(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

/// Its steps are those of the file.
bool is_read_command(std::string_view text) {
  for (const std::string_view name : {".read", "\\i", "\\ir"})
    if (text.starts_with(name) && (text.size() == name.size() || text[name.size()] == ' ' || text[name.size()] == '\t')) return true;
  return false;
}

}  // namespace

void Shell::stop_noting(const char* why) {
  print(stderr, "warning: this run cannot go on should it be killed: {}\n", why);
  if (script_ != nullptr) script_->give_up();
  script_.reset();
  cairn_leave_receipts(connection_, nullptr, nullptr, nullptr);
}

bool Shell::begin_script(const std::string& path, bool resume, int& code) {
  auto script = std::make_unique<ScriptRun>(cairn_database_path(database_), path);
  const char* receipt = cairn_receipt(connection_, script->receipt_name().c_str());
  const ScriptRun::Found found = script->find();
  const auto refuse = [&](int exit_code, const std::string& why) {
    print(stderr, "cairn: {}\n", why);
    code = exit_code;
    return false;
  };
  const std::string anew = "without --resume it begins anew";
  if (found == ScriptRun::Found::kDamaged && resume)
    return refuse(kExitSqlError, fmt::format("what the last run of \"{}\" noted cannot be read; {}", path, anew));
  if (found == ScriptRun::Found::kOther && resume)
    return refuse(kExitSqlError, fmt::format("{}:{}: the script has been edited since its run that did not end; put it back to go on, {}",
                                             path, script->edited_line(), anew));
  if (found == ScriptRun::Found::kUnfinished && resume) {
    script->go_on(receipt == nullptr ? "" : receipt);
    passing_over_ = true;
  } else {
    if (resume && receipt != nullptr && script->has_run(receipt)) {
      forget_ended(*script);
      return refuse(kExitOk, fmt::format("\"{}\" has been run to its end; {}", path, anew));
    }
    if (resume) print(stderr, "notice: there is no run of \"{}\" to go on with: it begins\n", path);
    if (found == ScriptRun::Found::kUnfinished)
      print(stderr, "notice: \"{}\" begins anew; its run that did not end would have gone on with --resume\n", path);
    script->begin();
    forget_ended(*script);
  }
  script_ = std::move(script);
  return true;
}

int Shell::run_script(const std::string& path, bool resume) {
  if (!is_regular_file(path) || std::string_view(cairn_database_path(database_)) == ":memory:") {
    if (!resume) return run_file(path);
    complain(fmt::format("\"{}\" is no file that a run could go on with", path));
    return kExitUsage;
  }
  try {
    int code = kExitOk;
    if (!begin_script(path, resume, code)) return code;
  } catch (const std::system_error& error) {
    if (resume) {
      print(stderr, "cairn: {}\n", error.what());
      return kExitSqlError;
    }
    stop_noting(error.what());
  }
  const int code = run_file(path);
  if (script_ != nullptr && passing_over_ && code == kExitOk) go_on_here();  // there was nothing left
  cairn_leave_receipts(connection_, nullptr, nullptr, nullptr);
  if (script_ != nullptr && code == kExitOk) script_->finish();
  script_.reset();
  return code;
}

int Shell::run_step(std::string_view text, const std::function<int()>& run) {
  if (script_ == nullptr || is_read_command(text)) return run();
  if (script_->is_done()) return pass_over(text, run);
  if (passing_over_) go_on_here();
  try {
    script_->prepare_for(text);
    cairn_leave_receipts(connection_, script_->receipt_name().c_str(), script_->receipt().c_str(), nullptr);
    const bool in_block = cairn_transaction_block(connection_) != CAIRN_BLOCK_NONE;
    command_tag_.clear();
    if (const int code = run(); code != kExitOk) return code;
    using Block = ScriptRun::Block;
    const Block block = in_block && command_tag_ == "ROLLBACK"                 ? Block::kRolledBack
                        : in_block && command_tag_ == "COMMIT"                 ? Block::kNone
                        : cairn_transaction_block(connection_) != CAIRN_BLOCK_NONE ? Block::kOpen
                                                                                   : Block::kNone;
    const long position = out_ == stdout ? 0 : std::ftell(out_);
    script_->ended(text, block, position < 0 ? 0 : static_cast<size_t>(position));
  } catch (const std::system_error& error) {
    stop_noting(error.what());
  }
  return kExitOk;
}

/// What the run that was killed had ended is behind.
void Shell::go_on_here() {
  passing_over_ = false;
  print(stderr, "{}the script goes on here\n", place(0));
  std::fflush(out_);
  if (out_ != stdout) cut_output();
  forget_ended(*script_);
  if (chained_) cairn_execute(connection_, "BEGIN", nullptr);
}

/// What a statement wrote before its process died, it writes again.
void Shell::cut_output() {
  struct stat status{};
  const int file = fileno(out_);
  const auto bytes = static_cast<off_t>(script_->output_bytes());
  if (::fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) return;
  if (status.st_size < bytes) return complain("the output file is not what it was: what the script had written is not in it");
  if (::ftruncate(file, bytes) != 0) complain("the output file holds rows of a statement that is run again");
}

/// A process may die between the end of a step and its end in the log of checkpoints; and a run that begins anew will not go
/// on with a statement of another that changes the database. (It will with what a query had computed, when it comes to it.)
void Shell::forget_ended(const ScriptRun& script) {
  cairn_query_list* list = nullptr;
  cairn_interrupted_queries(connection_, &list, nullptr);
  for (size_t i = 0; i < cairn_query_list_count(list); ++i) {
    const char* const receipt = cairn_query_list_receipt(list, i);
    const bool is_lost = script.is_of_other_run(receipt) && cairn_query_list_writes(list, i);
    if (is_lost || script.has_ended(receipt)) cairn_discard(connection_, cairn_query_list_id(list, i), nullptr);
  }
  cairn_query_list_destroy(list);
}

int Shell::pass_over(std::string_view text, const std::function<int()>& run) {
  if (!script_->is_as_it_was(text)) {
    complain("this has been edited since the run that did not end; put it back to go on, without --resume the script begins anew");
    return kExitSqlError;
  }
  const StepKind kind = step_kind(text);
  if (script_->is_known_by_receipt())
    print(stderr, "{}this had committed when its process died; what it returned is not given again\n", place(0));
  const bool is_undone = script_->is_undone() && (kind == StepKind::kTemporary || kind == StepKind::kSetting);
  chained_ = kind == StepKind::kChain || (chained_ && kind != StepKind::kChanges);
  if (kind == StepKind::kTemporary && !is_undone) {
    complain("the temporary relation that was made here is gone, and --resume cannot make it anew; without --resume the "
             "script begins anew");
    return kExitSqlError;
  }
  const bool is_again = kind == StepKind::kSession || kind == StepKind::kPrepare || (kind == StepKind::kSetting && !is_undone);
  // What was prepared may need what a later step has dropped: whoever executes it will hear of it.
  if (const int code = is_again ? run() : kExitOk; code != kExitOk && kind != StepKind::kPrepare) return code;
  try {
    script_->skip(text);
  } catch (const std::system_error& error) {
    complain(error.what());
    return kExitSqlError;
  }
  return kExitOk;
}

}  // namespace cairn::shell

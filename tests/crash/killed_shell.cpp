#include "tests/crash/killed_shell.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

namespace cairn::crash {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

std::string read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

Outcome run_shell(const Shell& shell, const std::string& sql, double kill_after_ms) {
  return run_shell(shell, {"-csv", "-c", sql}, {.after_ms = kill_after_ms});
}

Outcome run_shell(const Shell& shell, const std::vector<std::string>& arguments, const Kill& kill) {
  const std::string& program = kill.odds > 0 ? shell.killing : shell.program;
  std::vector<char*> words{const_cast<char*>("cairn"), const_cast<char*>(shell.database.c_str())};
  for (const std::string& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  const std::string odds = std::to_string(kill.odds);
  const std::string out = shell.database + ".out", notices = shell.database + ".err";
  const auto start = Clock::now();
  const pid_t child = fork();
  if (child == 0) {
    const int out_fd = open(out.c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0644);
    const int err_fd = open(notices.c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0644);
    dup2(out_fd, STDOUT_FILENO);
    dup2(err_fd, STDERR_FILENO);
    if (!shell.directory.empty() && chdir(shell.directory.c_str()) != 0) _exit(127);
    if (kill.odds > 0) setenv("CAIRN_KILL_ODDS", odds.c_str(), 1);
    execv(program.c_str(), words.data());
    _exit(127);
  }
  if (kill.after_ms >= 0) {
    std::this_thread::sleep_for(std::chrono::duration<double, std::milli>(kill.after_ms));
    ::kill(child, SIGKILL);
  }
  Outcome outcome;
  waitpid(child, &outcome.status, 0);
  outcome.killed = WIFSIGNALED(outcome.status) && WTERMSIG(outcome.status) == SIGKILL;
  outcome.ms = std::chrono::duration<double, std::milli>(Clock::now() - start).count();
  outcome.out = read_text(out);
  outcome.notices = read_text(notices);
  return outcome;
}

std::set<std::string> files_of(const std::string& directory) {
  std::set<std::string> files;
  if (!fs::exists(directory)) return files;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (entry.is_regular_file()) files.insert(fs::relative(entry.path(), directory));
  }
  return files;
}

std::string added(const std::set<std::string>& before, const std::set<std::string>& now) {
  std::string text;
  for (const std::string& file : now) text += before.contains(file) ? "" : " " + file;
  return text;
}

void fail(std::string_view text) {
  fmt::print("crash_test: FAILED: {}\n", text);
  std::exit(1);
}

}  // namespace cairn::crash

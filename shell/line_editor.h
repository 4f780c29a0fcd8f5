#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cairn::shell {

/// Reads lines from the terminal through libedit: history per statement (kept over sessions), completion with Tab.
class LineEditor {
 public:
  /// words(prefix): all candidates, in any order; compared without regard to case.
  using Words = std::function<std::vector<std::string>()>;
  LineEditor(std::string history_file, Words words);
  ~LineEditor();

  enum class Outcome { kLine, kEnd, kInterrupted };
  Outcome read(const std::string& prompt, std::string& line);
  void remember(const std::string& statement);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cairn::shell

#include "shell/line_editor.h"

#include <histedit.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <clocale>
#include <csetjmp>
#include <csignal>
#include <cstring>

namespace cairn::shell {

namespace {

// Ctrl-C at the prompt leaves el_gets by a jump: libedit has no other way out of its read. Nothing between the two
// owns anything.
sigjmp_buf at_prompt;
volatile std::sig_atomic_t prompting = 0;

void leave_prompt(int) {
  if (prompting) siglongjmp(at_prompt, 1);
}

bool starts_with_ignoring_case(const std::string& word, const std::string& prefix) {
  return word.size() >= prefix.size() &&
         std::equal(prefix.begin(), prefix.end(), word.begin(), [](unsigned char a, unsigned char b) {
           return std::tolower(a) == std::tolower(b);
         });
}

}  // namespace

struct LineEditor::State {
  EditLine* editor = nullptr;
  History* history = nullptr;
  std::string prompt, history_file;
  Words words;

  static State& of(EditLine* editor) {
    void* data = nullptr;
    el_get(editor, EL_CLIENTDATA, &data);
    return *static_cast<State*>(data);
  }
  static char* show_prompt(EditLine* editor) { return of(editor).prompt.data(); }

  /// Completes the word before the cursor as far as all candidates agree; shows them where they don't.
  static unsigned char complete(EditLine* editor, int) {
    State& state = of(editor);
    const LineInfo* line = el_line(editor);
    const char* begin = line->cursor;
    while (begin > line->buffer && (std::isalnum(static_cast<unsigned char>(begin[-1])) || begin[-1] == '_' ||
                                    begin[-1] == '.')) {
      --begin;
    }
    const std::string prefix(begin, line->cursor);
    if (prefix.empty()) return CC_ERROR;
    std::vector<std::string> found;
    for (std::string& word : state.words()) {
      if (starts_with_ignoring_case(word, prefix)) found.push_back(std::move(word));
    }
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    if (found.empty()) return CC_ERROR;
    size_t common = found.front().size();
    for (const std::string& word : found) {
      size_t same = 0;
      while (same < std::min(common, word.size()) && word[same] == found.front()[same]) ++same;
      common = same;
    }
    if (common > prefix.size() || found.size() == 1) {
      el_deletestr(editor, static_cast<int>(prefix.size()));
      el_insertstr(editor, (found.front().substr(0, common) + (found.size() == 1 ? " " : "")).c_str());
      return CC_REFRESH;
    }
    std::fputc('\n', stdout);
    for (const std::string& word : found) std::fprintf(stdout, "%s  ", word.c_str());
    std::fputc('\n', stdout);
    return CC_REDISPLAY;
  }
};

LineEditor::LineEditor(std::string history_file, Words words) : state_(std::make_unique<State>()) {
  std::setlocale(LC_CTYPE, "");
  state_->history_file = std::move(history_file);
  state_->words = std::move(words);
  state_->history = history_init();
  HistEvent event;
  history(state_->history, &event, H_SETSIZE, 10000);
  history(state_->history, &event, H_SETUNIQUE, 1);
  if (!state_->history_file.empty()) history(state_->history, &event, H_LOAD, state_->history_file.c_str());
  state_->editor = el_init("cairn", stdin, stdout, stderr);
  el_set(state_->editor, EL_CLIENTDATA, state_.get());
  el_set(state_->editor, EL_PROMPT, &State::show_prompt);
  el_set(state_->editor, EL_EDITOR, "emacs");
  el_set(state_->editor, EL_HIST, history, state_->history);
  el_set(state_->editor, EL_ADDFN, "complete", "Complete the word", &State::complete);
  el_set(state_->editor, EL_BIND, "^I", "complete", nullptr);
  el_set(state_->editor, EL_BIND, "^R", "em-inc-search-prev", nullptr);
  el_set(state_->editor, EL_SIGNAL, 0);
  el_source(state_->editor, nullptr);
}

LineEditor::~LineEditor() {
  el_end(state_->editor);
  history_end(state_->history);
}

LineEditor::Outcome LineEditor::read(const std::string& prompt, std::string& line) {
  state_->prompt = prompt;
  struct sigaction handler{}, before{};
  handler.sa_handler = leave_prompt;
  sigaction(SIGINT, &handler, &before);
  const char* text = nullptr;
  volatile bool interrupted = false;
  int length = 0;
  if (sigsetjmp(at_prompt, 1) == 0) {
    prompting = 1;
    text = el_gets(state_->editor, &length);
  } else {
    interrupted = true;
  }
  prompting = 0;
  sigaction(SIGINT, &before, nullptr);
  if (interrupted) {
    el_reset(state_->editor);
    std::fputs("^C\n", stdout);
    return Outcome::kInterrupted;
  }
  if (text == nullptr || length <= 0) return Outcome::kEnd;
  line.assign(text, static_cast<size_t>(length));
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.pop_back();
  return Outcome::kLine;
}

void LineEditor::remember(const std::string& statement) {
  HistEvent event;
  history(state_->history, &event, H_ENTER, statement.c_str());
  if (!state_->history_file.empty()) history(state_->history, &event, H_SAVE, state_->history_file.c_str());
}

}  // namespace cairn::shell

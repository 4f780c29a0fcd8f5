#include "sql/parser/parser.h"

#include <pg_query.h>
#include <pthread.h>

#include <cstdlib>
#include <exception>
#include <vector>

#include "vector/error.h"
#include "vector/utf8.h"

namespace cairn {
namespace {

/// Bump allocation for the unpacked tree: millions of small nodes, all freed at once.
class Arena {
 public:
  Arena() : allocator_{&allocate, &release, this} {}
  ProtobufCAllocator* allocator() { return &allocator_; }

 private:
  static void* allocate(void* self, size_t bytes) { return static_cast<Arena*>(self)->take(bytes); }
  static void release(void*, void*) {}

  void* take(size_t bytes) {
    bytes = (bytes + 15) & ~size_t{15};
    if (bytes > left_) {
      size_t block = std::max(next_block_bytes_, bytes);
      if (next_block_bytes_ < (size_t{1} << 22)) next_block_bytes_ *= 2;
      blocks_.push_back(std::make_unique_for_overwrite<std::byte[]>(block));
      next_ = blocks_.back().get();
      left_ = block;
    }
    void* result = next_;
    next_ += bytes;
    left_ -= bytes;
    return result;
  }

  ProtobufCAllocator allocator_;
  std::vector<std::unique_ptr<std::byte[]>> blocks_;
  std::byte* next_ = nullptr;
  size_t left_ = 0;
  size_t next_block_bytes_ = 16384;
};

class ArenaTree final : public SyntaxTree {
 public:
  const PgQuery__Node& statement() const override { return *result_->stmts[0]->stmt; }
  Arena arena_;
  PgQuery__ParseResult* result_ = nullptr;
};

/// libpg_query counts characters from 1; Cairn counts bytes from 0.
int byte_position(std::string_view text, int character) {
  if (character <= 0) return -1;
  size_t at = 0;
  for (int i = 1; i < character && at < text.size(); i++) {
    at++;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) at++;
  }
  return static_cast<int>(at);
}

[[noreturn]] void throw_parse_error(const PgQueryError& error, std::string_view text) {
  std::string message = error.message != nullptr ? error.message : "syntax error";
  int position = byte_position(text, error.cursorpos);
  if (message.find("memory exhausted") != std::string::npos || message.find("stack depth") != std::string::npos)
    throw Error(sqlstate::kStatementTooComplex, "the statement is nested too deeply for the parser").at(position);
  // The grammar looks at the ends of window frames, too.
  const bool is_frame = message.starts_with("frame start") || message.starts_with("frame end");
  throw Error(is_frame ? "42P20" : sqlstate::kSyntaxError, message).at(position);
}

std::shared_ptr<const SyntaxTree> parse_here(const std::string& text) {
  struct Parsed {
    PgQueryProtobufParseResult result;
    ~Parsed() { pg_query_free_protobuf_parse_result(result); }
  } parsed{pg_query_parse_protobuf(text.c_str())};
  if (parsed.result.error != nullptr) throw_parse_error(*parsed.result.error, text);
  auto tree = std::make_shared<ArenaTree>();
  tree->result_ = pg_query__parse_result__unpack(tree->arena_.allocator(), parsed.result.parse_tree.len,
                                                 reinterpret_cast<const uint8_t*>(parsed.result.parse_tree.data));
  if (tree->result_ == nullptr) throw Error(sqlstate::kInternalError, "the parser's answer could not be read");
  if (tree->result_->n_stmts != 1)
    throw Error(sqlstate::kSyntaxError,
                "expected one statement, found " + std::to_string(tree->result_->n_stmts));
  return tree;
}

void check_bounds(std::string_view text, const StatementExtent& extent) {
  if (extent.end > kMaxStatementBytes)
    throw Error(sqlstate::kStatementTooComplex, "the statement has " + std::to_string(extent.end) +
                                                    " bytes; at most " + std::to_string(kMaxStatementBytes) +
                                                    " are taken");
  if (extent.depth > kMaxStatementDepth)
    throw Error(sqlstate::kStatementTooComplex,
                "the statement is nested about " + std::to_string(extent.depth) + " levels deep; at most " +
                    std::to_string(kMaxStatementDepth) + " are taken",
                "Split it up, or put long lists of values into a table.")
        .at(static_cast<int>(extent.deepest_position));
  if (extent.token_count > kMaxStatementTokens)
    throw Error(sqlstate::kStatementTooComplex,
                "the statement has " + std::to_string(extent.token_count) + " words; at most " +
                    std::to_string(kMaxStatementTokens) + " are taken",
                "Load large amounts of data with COPY.");
  size_t invalid = find_invalid_utf8(text.substr(0, extent.end));
  if (invalid != std::string_view::npos) {
    static constexpr char kHex[] = "0123456789abcdef";
    auto byte = static_cast<unsigned char>(text[invalid]);
    throw Error(sqlstate::kInvalidEncoding, std::string("invalid byte sequence for encoding \"UTF8\": 0x") +
                                                kHex[byte >> 4] + kHex[byte & 15])
        .at(static_cast<int>(invalid));
  }
}

}  // namespace

std::shared_ptr<const SyntaxTree> parse_statement(std::string_view text, const StatementExtent& extent) {
  check_bounds(text, extent);
  std::string statement(text.substr(0, extent.end));
  if (extent.depth <= kShallowStatementDepth) return parse_here(statement);
  std::shared_ptr<const SyntaxTree> tree;
  run_on_large_stack([&] { tree = parse_here(statement); });
  return tree;
}

std::shared_ptr<const SyntaxTree> parse_statement(std::string_view text) {
  StatementExtent extent = scan_statement(text);
  if (extent.empty) throw Error(sqlstate::kSyntaxError, "expected a statement, found an empty text");
  return parse_statement(text, extent);
}

void run_on_large_stack(const std::function<void()>& task) {
  struct Run {
    const std::function<void()>* task;
    std::exception_ptr error;
  } run{&task, nullptr};
  auto body = [](void* argument) -> void* {
    auto* self = static_cast<Run*>(argument);
    try {
      (*self->task)();
    } catch (...) {
      self->error = std::current_exception();
    }
    return nullptr;
  };
  // Only touched pages cost memory. Smaller stacks are tried where address space is scarce.
  for (size_t stack_bytes = size_t{256} << 20; stack_bytes >= (size_t{32} << 20); stack_bytes /= 2) {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, stack_bytes);
    pthread_t thread;
    int failure = pthread_create(&thread, &attributes, body, &run);
    pthread_attr_destroy(&attributes);
    if (failure != 0) continue;
    pthread_join(thread, nullptr);
    if (run.error != nullptr) std::rethrow_exception(run.error);
    return;
  }
  throw Error(sqlstate::kOutOfMemory, "no memory for the stack that a deeply nested statement needs");
}

}  // namespace cairn

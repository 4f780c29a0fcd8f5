#include "tpch/text_pool.h"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cassert>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "tpch/distributions.h"
#include "tpch/streams.h"
#include "vector/error.h"

namespace cairn::tpch {
namespace {

/// The pool is one sequence of draws, and a sentence's number of draws varies; these places, where sentences begin,
/// let it be written in parallel. Found by writing the pool once in sequence: the first sentence that begins at or
/// after each 32nd of the pool, with the stream's state before its first draw.
struct Segment {
  size_t offset;
  uint32_t state;
};
constexpr Segment kSegments[] = {
    {0, 933588178},          {9830424, 1925335473},   {19660810, 563391851},   {29491204, 2096013216},
    {39321619, 374858592},   {49152080, 138671338},   {58982448, 1037153816},  {68812820, 1524107},
    {78643223, 123793686},   {88473607, 1628772256},  {98304011, 181171974},   {108134421, 764823328},
    {117964817, 1062410537}, {127795221, 1546339090}, {137625648, 652432975},  {147456075, 2144846129},
    {157286442, 400078567},  {167116822, 1027504690}, {176947229, 46453828},   {186777602, 1724970504},
    {196608019, 1105413057}, {206438492, 1689164023}, {216268868, 1956087994}, {226099227, 1380217445},
    {235929648, 1407925218}, {245760024, 75277368},   {255590452, 1660456561}, {265420831, 569786304},
    {275251227, 42055684},   {285081613, 1039810711}, {294912013, 2013011059}, {304742424, 788345060}};
constexpr size_t kSegmentCount = std::size(kSegments);

constexpr size_t kHugePageBytes = 2 << 20;
static_assert(TextPool::kByteCount % kHugePageBytes == 0);

/// Words are copied as whole slots, whatever their length; what is beyond it gets overwritten by the next word.
struct Word {
  static constexpr size_t kSlotBytes = 31;
  char text[kSlotBytes];
  uint8_t length;
};

/// Writing a sentence touches no more than this: the longest form has three noun phrases and one verb phrase of three
/// words each, two prepositions and a terminator, 15 words.
constexpr size_t kMaxSentenceBytes = 15 * sizeof(Word);

/// A weighted list with one index entry per unit of weight, and each word with the text that always follows it.
class WordList {
 public:
  WordList(WeightedList list, std::string_view suffix) : words_(list.size()) {
    for (size_t i = 0; i < list.size(); ++i) {
      const std::string text = std::string(list[i].value) + std::string(suffix);
      assert(text.size() <= Word::kSlotBytes);
      std::memcpy(words_[i].text, text.data(), text.size());
      words_[i].length = static_cast<uint8_t>(text.size());
      index_.insert(index_.end(), list[i].weight, static_cast<uint8_t>(i));
    }
  }

  const Word& pick(Draws& draws) const { return words_[index_[scale_exact(draws.next(), index_.size())]]; }

 private:
  std::vector<Word> words_;
  std::vector<uint8_t> index_;
};

/// A weighted list of phrase forms, each a sequence of word lists.
class PhraseForms {
 public:
  struct Form {
    std::array<const WordList*, 3> lists{};
    uint8_t word_count = 0;
  };

  template <class FindList>
  PhraseForms(WeightedList list, FindList find_list) {
    for (const auto& [form, weight] : list) {
      Form parsed;
      for (size_t i = 0; i < form.size(); ++i) {
        if (form[i] == ' ' || form[i] == ',') continue;
        parsed.lists[parsed.word_count++] = find_list(form[i], form.substr(i + 1).starts_with(','));
      }
      forms_.insert(forms_.end(), weight, parsed);
    }
  }

  const Form& pick(Draws& draws) const { return forms_[scale_exact(draws.next(), forms_.size())]; }

 private:
  std::vector<Form> forms_;
};

class Grammar {
 public:
  Grammar() {
    for (const auto& [form, weight] : kSentenceForms) sentences_.insert(sentences_.end(), weight, form);
  }

  /// Writes a sentence and one blank and returns their end. May touch kMaxSentenceBytes.
  char* write_sentence(char* out, Draws& draws) const {
    for (char symbol : sentences_[scale_exact(draws.next(), sentences_.size())]) {
      switch (symbol) {
        case 'N':
          out = write_phrase(out, draws, noun_phrases_);
          break;
        case 'V':
          out = write_phrase(out, draws, verb_phrases_);
          break;
        case 'P':
          out = write_word(out, prepositions_.pick(draws));
          out = write_phrase(out, draws, noun_phrases_);
          break;
        case 'T':
          out = write_word(out - 1, terminators_.pick(draws));
          break;
        default:
          break;  // a blank
      }
    }
    return out;
  }

 private:
  static char* write_word(char* out, const Word& word) {
    std::memcpy(out, &word, sizeof(Word));
    return out + word.length;
  }

  static char* write_phrase(char* out, Draws& draws, const PhraseForms& forms) {
    const PhraseForms::Form& form = forms.pick(draws);
    for (size_t i = 0; i < form.word_count; ++i) out = write_word(out, form.lists[i]->pick(draws));
    return out;
  }

  const WordList* find_list(char symbol, bool comma) const {
    switch (symbol) {
      case 'N':
        return &nouns_;
      case 'J':
        return comma ? &listed_adjectives_ : &adjectives_;
      case 'D':
        return &adverbs_;
      case 'V':
        return &verbs_;
      default:
        assert(symbol == 'X');
        return &auxiliaries_;
    }
  }

  WordList nouns_{kNouns, " "};
  WordList verbs_{kVerbs, " "};
  WordList adjectives_{kAdjectives, " "};
  WordList listed_adjectives_{kAdjectives, ", "};
  WordList adverbs_{kAdverbs, " "};
  WordList auxiliaries_{kAuxiliaries, " "};
  WordList prepositions_{kPrepositions, " the "};
  WordList terminators_{kTerminators, " "};
  PhraseForms noun_phrases_{kNounPhraseForms, [this](char symbol, bool comma) { return find_list(symbol, comma); }};
  PhraseForms verb_phrases_{kVerbPhraseForms, [this](char symbol, bool comma) { return find_list(symbol, comma); }};
  std::vector<std::string_view> sentences_;
};

/// Writes [out, end) and not a byte beyond, as another thread writes there.
void write_segment(const Grammar& grammar, Draws draws, char* out, char* end) {
  while (out + kMaxSentenceBytes < end) out = grammar.write_sentence(out, draws);
  char sentence[kMaxSentenceBytes];
  while (out < end) {
    const auto byte_count = std::min(grammar.write_sentence(sentence, draws) - sentence, end - out);
    std::memcpy(out, sentence, static_cast<size_t>(byte_count));
    out += byte_count;
  }
}

}  // namespace

void TextPool::Free::operator()(char* bytes) const { std::free(bytes); }

TextPool::TextPool(unsigned thread_count) : bytes_(static_cast<char*>(std::aligned_alloc(kHugePageBytes, kByteCount))) {
  if (!bytes_)
    throw Error(sqlstate::kOutOfMemory, "expected 300 MiB of free memory for the text of TPC-H's comments, got none");
  // Comments are cut at random places: small pages would cost a TLB miss each. Refusal does no harm.
  (void)madvise(bytes_.get(), kByteCount, MADV_HUGEPAGE);

  const Grammar grammar;
  std::atomic<size_t> next_segment = 0;
  const auto work = [&] {
    for (size_t i; (i = next_segment.fetch_add(1, std::memory_order_relaxed)) < kSegmentCount;) {
      const size_t end = i + 1 < kSegmentCount ? kSegments[i + 1].offset : kByteCount;
      write_segment(grammar, Draws(kSegments[i].state), bytes_.get() + kSegments[i].offset, bytes_.get() + end);
    }
  };
  if (thread_count == 0) thread_count = std::max(1u, std::thread::hardware_concurrency());
  std::vector<std::jthread> threads;
  for (unsigned i = 1; i < std::min<size_t>(thread_count, kSegmentCount); ++i) threads.emplace_back(work);
  work();
}

std::shared_ptr<const TextPool> TextPool::shared(unsigned thread_count) {
  static std::mutex mutex;
  static std::weak_ptr<const TextPool> pool;
  const std::lock_guard lock(mutex);
  auto held = pool.lock();
  if (!held) pool = held = std::make_shared<const TextPool>(thread_count);
  return held;
}

}  // namespace cairn::tpch

// Commits on a disk that fails: at every I/O in turn, once or from then on, or with the power. After it the database is
// exactly as before or after each commit; where the process lives on, a commit that failed has left no trace.

#include <cerrno>

#include "io/storage/own_files.h"
#include "tests/io/table_fixture.h"

namespace cairn {
namespace {

constexpr const char* kPath = "/db";

/// What the database should hold.
struct Model {
  std::optional<std::vector<Fruit>> fruit;  ///< nothing: no table
  bool has_view = false;
  std::optional<std::vector<Fruit>> pinned;
  friend bool operator==(const Model&, const Model&) = default;
};

Model model_of(const Database& database) {
  Model model;
  const auto snapshot = database.snapshot();
  if (snapshot->tables.contains("fruit")) model.fruit = scan(*snapshot);
  model.has_view = snapshot->views.contains("cheap");
  if (const auto pinned = database.pinned("pin")) model.pinned = scan(*pinned);
  return model;
}

using Step = std::function<void(Database&, Model&)>;

void append_to(Model& model, const std::vector<Fruit>& fruits) {
  model.fruit->insert(model.fruit->end(), fruits.begin(), fruits.end());
}

Step insert_step(int begin, int end) {
  return [=](Database& database, Model& model) {
    append_to(model, numbered_fruits(begin, end));
    insert(database, numbered_fruits(begin, end));
  };
}

/// Each step is one commit, and changes the model to what shall be true after it before it begins.
std::vector<Step> steps() {
  return {
      [](Database& database, Model& model) {
        model.fruit.emplace();
        create_fruit(database);
      },
      insert_step(0, 3),
      insert_step(3, 4),
      [](Database& database, Model& model) {  // more than fits into the manifest, in two tables
        append_to(model, numbered_fruits(10, 12'000));
        const auto transaction = database.begin_write();
        transaction->create_table(fruit_schema("other"));
        insert(*transaction, numbered_fruits(0, 9'000), "other");
        insert(*transaction, numbered_fruits(10, 12'000));
        transaction->commit();
      },
      [](Database& database, Model& model) {
        model.pinned = model.fruit;
        database.pin_durably("pin", database.snapshot());
      },
      [](Database& database, Model& model) {
        model.has_view = true;
        const auto transaction = database.begin_write();
        transaction->create_view({"cheap", {}, "SELECT 1"});
        transaction->drop_table("other");
        transaction->commit();
      },
      [](Database& database, Model& model) {
        model.fruit->erase(model.fruit->begin() + 1);
        const auto transaction = database.begin_write();
        const uint64_t row_group = database.snapshot()->tables.at("fruit")->row_groups[0]->id();
        const uint32_t rows = database.snapshot()->tables.at("fruit")->row_groups[0]->row_count();
        std::vector<uint64_t> mask(mask_words(rows));
        mask[0] = 2;
        transaction->delete_rows("fruit", row_group, mask);
        transaction->commit();
      },
      insert_step(12'000, 12'001),
      [](Database& database, Model& model) {
        const auto old = database.snapshot();
        model.pinned = model.fruit;
        append_to(model, {numbered_fruit(7)});
        // Not one commit but two: the model allows the first alone, see below.
        insert(database, {numbered_fruit(7)});
        database.pin_durably("pin", old);
      },
      [](Database& database, Model& model) {
        model.pinned.reset();
        database.unpin("pin");
      },
      [](Database& database, Model& model) {
        model.fruit.reset();
        const auto transaction = database.begin_write();
        transaction->drop_table("fruit");
        transaction->commit();
      },
  };
}

std::string describe(const Model& model) {
  return (model.fruit ? std::to_string(model.fruit->size()) + " rows" : "no table") + (model.has_view ? ", view" : "") +
         (model.pinned ? ", " + std::to_string(model.pinned->size()) + " pinned" : "");
}

/// The states that a failed step may leave: before, after, and, where it is two commits, between.
std::vector<Model> possible_states(const Model& before, const Model& after) {
  std::vector<Model> states = {before, after};
  if (before.fruit != after.fruit && before.pinned != after.pinned)
    states.push_back({after.fruit, after.has_view, before.pinned});
  return states;
}

void expect_one_of(const Model& found, const std::vector<Model>& states) {
  std::string expected;
  for (const Model& state : states) {
    if (found == state) return;
    expected += "\n  " + describe(state);
  }
  ADD_FAILURE() << "found " << describe(found) << ", expected one of" << expected;
}

/// No file that nothing names. REQUIRES: a database just opened.
void expect_no_leftovers(SimulatedStorage& storage, const Database& database) {
  size_t row_groups = 0;
  for (const auto& [name, table] : database.snapshot()->tables) row_groups += table->row_groups.size();
  if (const auto pinned = database.pinned("pin")) {
    for (const auto& [name, table] : pinned->tables) row_groups += table->row_groups.size();
  }
  EXPECT_LE(storage.list(std::string(kPath) + "/data").size(), row_groups);
  for (const DirectoryEntry& entry : storage.list(kPath)) {
    EXPECT_FALSE(is_own_name(OwnName::kDraft, entry.name));
  }
}

/// Runs all steps until one fails; the states that may be there then.
std::vector<Model> run_until_error(const std::shared_ptr<SimulatedStorage>& storage, bool& failed) {
  Model model;
  Model before;
  failed = true;
  try {
    const auto database = Database::open(kPath, storage);
    for (const Step& step : steps()) {
      before = model;
      step(*database, model);
    }
    failed = false;
    return {model};
  } catch (const Error&) {
    return possible_states(before, model);
  }
}

TEST(DatabaseFault, PowerFailsAtEveryOperation) {
  const uint64_t seed = test_seed();
  for (uint64_t n = 1;; ++n) {
    SCOPED_TRACE("power fails at operation " + std::to_string(n));
    const auto storage = std::make_shared<SimulatedStorage>(seed + n);
    storage->crash_at(n);
    bool failed = false;
    const std::vector<Model> states = run_until_error(storage, failed);
    storage->crash();
    const auto database = Database::open(kPath, storage);
    expect_one_of(model_of(*database), states);
    expect_no_leftovers(*storage, *database);
    if (HasFailure()) return;
    // And it can be written to.
    const auto transaction = database->begin_write();
    transaction->create_table(fruit_schema("more"));
    insert(*transaction, numbered_fruits(0, 10), "more");
    EXPECT_EQ(scan(*transaction->commit(), "more"), numbered_fruits(0, 10));
    if (!failed) return;
  }
}

TEST(DatabaseFault, PowerFailsAtEveryOperationOfRecovery) {
  const uint64_t seed = test_seed();
  std::mt19937_64 random(seed);
  for (int round = 0; round < 150; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    const auto storage = std::make_shared<SimulatedStorage>(random());
    storage->crash_at(20 + random() % 250);
    bool failed = false;
    const std::vector<Model> states = run_until_error(storage, failed);
    storage->crash();
    for (int again = 0; again < 5; ++again) {
      storage->crash_at(1 + random() % 30);
      try {
        Database::open(kPath, storage);
      } catch (const Error&) {
      }
      storage->crash();
    }
    const auto database = Database::open(kPath, storage);
    expect_one_of(model_of(*database), states);
    if (HasFailure()) return;
  }
}

TEST(DatabaseFault, EveryOperationFailsOnceAndTheDatabaseGoesOn) {
  const uint64_t seed = test_seed();
  for (uint64_t n = 1;; ++n) {
    SCOPED_TRACE("operation " + std::to_string(n) + " fails");
    const auto storage = std::make_shared<SimulatedStorage>(seed + n);
    storage->fail_at(n, n % 2 == 0 ? EIO : ENOSPC);
    std::shared_ptr<Database> database;
    bool failed = false;
    try {
      database = Database::open(kPath, storage);
    } catch (const Error&) {
      failed = true;
      database = Database::open(kPath, storage);
    }
    Model model;
    for (const Step& step : steps()) {
      const Model before = model;
      try {
        step(*database, model);
      } catch (const Error&) {
        EXPECT_FALSE(failed) << "failed again";
        failed = true;
        const Model found = model_of(*database);
        std::vector<Model> states = possible_states(before, model);
        states.erase(states.begin() + 1);  // a commit that failed must not be there
        expect_one_of(found, states);
        model = before;
        if (found == before) {
          step(*database, model);
        } else {
          model = found;
        }
      }
      // The scan may be what fails; it can be tried again.
      std::optional<Model> found;
      try {
        found = model_of(*database);
      } catch (const Error&) {
        EXPECT_FALSE(failed) << "failed again";
        failed = true;
        found = model_of(*database);
      }
      ASSERT_EQ(*found, model);
    }
    const Model final_model = model;
    database.reset();
    storage->crash(Survival::kNothing);
    database = Database::open(kPath, storage);
    EXPECT_EQ(model_of(*database), final_model);
    expect_no_leftovers(*storage, *database);
    if (HasFailure() || storage->operation_count() < n) return;
  }
}

TEST(DatabaseFault, EverythingFailsFromSomeOperationOn) {
  const uint64_t seed = test_seed();
  for (uint64_t n = 1;; ++n) {
    SCOPED_TRACE("fails from operation " + std::to_string(n) + " on");
    const auto storage = std::make_shared<SimulatedStorage>(seed + n);
    storage->fail_from(n, EIO);
    bool failed = false;
    const std::vector<Model> states = run_until_error(storage, failed);
    storage->clear_faults();
    if (n % 2 == 0) storage->crash();
    const auto database = Database::open(kPath, storage);
    expect_one_of(model_of(*database), states);
    expect_no_leftovers(*storage, *database);
    if (HasFailure() || !failed) return;
  }
}

TEST(DatabaseFault, AFullDiskLeavesNothingHalfVisible) {
  const auto storage = std::make_shared<SimulatedStorage>(test_seed());
  const auto database = Database::open(kPath, storage);
  create_fruit(*database);
  insert(*database, numbered_fruits(0, 1000));
  const uint64_t used = storage->used_bytes();
  storage->set_capacity(used + 500'000);
  const Error error = error_of([&] { insert(*database, numbered_fruits(1000, 400'000)); });
  EXPECT_EQ(error.sqlstate, sqlstate::kDiskFull);
  EXPECT_EQ(scan(*database->snapshot()), numbered_fruits(0, 1000));
  EXPECT_LT(storage->used_bytes(), used + 10'000);
  insert(*database, numbered_fruits(1000, 1010));
  storage->set_capacity({});
  insert(*database, numbered_fruits(1010, 400'000));
  EXPECT_EQ(scan(*database->snapshot()), numbered_fruits(0, 400'000));
}

TEST(DatabaseName, SurvivesTheFirstCommit) {
  for (const std::string path : {"/db", "/dir/db", "/dir//db/", "/new/newer/db"}) {
    const auto storage = std::make_shared<SimulatedStorage>(1);
    storage->create_directories("/dir");
    storage->sync_directory("/");
    {
      const auto database = Database::open(path, storage);
      create_fruit(*database);
      insert(*database, numbered_fruits(0, 10));
    }
    storage->crash(Survival::kNothing);
    const auto snapshot = Database::open(path, storage)->snapshot();
    ASSERT_TRUE(snapshot->tables.contains("fruit")) << path;
    EXPECT_EQ(scan(*snapshot), numbered_fruits(0, 10)) << path;
  }
}

}  // namespace
}  // namespace cairn

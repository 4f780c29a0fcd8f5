// Where a database's checkpoints are, and what the names of its pins say of that.

#include "checkpoint/place.h"

#include "tests/checkpoint/store_fixture.h"

namespace cairn::testing {
namespace {

class CheckpointPlaceTest : public ::testing::Test {
 protected:
  std::optional<QueryPin> pin(std::string_view name) const { return QueryPin::of_name(*database_, name); }

  std::shared_ptr<SimulatedStorage> storage_ = std::make_shared<SimulatedStorage>();
  const std::string kIdentity = "0123456789abcdef0123456789abcdef";
  std::shared_ptr<Database> database_ = std::make_shared<PinnedDatabase>(storage_);  // at /db
};

TEST_F(CheckpointPlaceTest, IsInTheDatabaseOrNamedByItsIdentityAndItsPath) {
  EXPECT_EQ(checkpoint_place(*database_, ""), "/db/checkpoints");
  const std::string place = checkpoint_place(*database_, "/nvme");
  EXPECT_EQ(place.substr(0, 6 + 33), "/nvme/" + kIdentity + "-");
  EXPECT_EQ(place.size(), 6u + 33 + 16);
  EXPECT_EQ(checkpoint_place(*database_, "/nvme/sub/..//"), place) << "one directory, one place";
  EXPECT_NE(checkpoint_place(*database_, "/other"), place);
}

TEST_F(CheckpointPlaceTest, IsItsOwnWhereItIsNotACopys) {
  EXPECT_TRUE(is_own_place(*database_, checkpoint_place(*database_, "")));
  EXPECT_TRUE(is_own_place(*database_, checkpoint_place(*database_, "/nvme")));
  EXPECT_FALSE(is_own_place(*database_, "/nvme/" + kIdentity + "-0000000000000000"));
  EXPECT_FALSE(is_own_place(*database_, "/other/checkpoints"));
}

TEST_F(CheckpointPlaceTest, APinSaysWhereItsQueryIs) {
  for (const std::string directory : {"", "/nvme", "/a/b in c"}) {
    const std::string place = checkpoint_place(*database_, directory);
    const auto read = pin(QueryPin{"0badcafe", place}.name(*database_));
    ASSERT_TRUE(read) << directory;
    EXPECT_EQ(read->id, "0badcafe");
    EXPECT_EQ(read->place, place);
  }
  EXPECT_EQ((QueryPin{"0badcafe", "/db/checkpoints"}.name(*database_)), "query 0badcafe in checkpoints")
      << "wherever the database is moved";
}

TEST_F(CheckpointPlaceTest, APinOfAnotherVersionHasNoPlace) {
  const auto read = pin("query in 0011223344556677: 0badcafe");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->id, "0badcafe");
  EXPECT_EQ(read->place, "");
}

TEST_F(CheckpointPlaceTest, OtherNamesAreNoPinsOfQueries) {
  const std::string hash = kIdentity + "-0011223344556677";
  ASSERT_TRUE(pin("query 0badcafe in /nvme/" + hash));
  ASSERT_TRUE(pin("query 0badcafe in /" + hash));
  for (const std::string& name :
       {std::string("backup"), std::string("query"), std::string("query 0badcafe"), std::string("query 0badcafe in"),
        std::string("query 0badcafe in /nvme"), "query 0badcafe in nvme/" + hash, "query 0badcafe at /nvme/" + hash,
        "query 0badcaf in /nvme/" + hash, "query 0badcafe0 in /nvme/" + hash, "query 0BADCAFE in /nvme/" + hash,
        "query 0badcafg in /nvme/" + hash, "query 0bad`afe in /nvme/" + hash, "query 0bad:afe in /nvme/" + hash,
        "query 0bad/afe in /nvme/" + hash, "query 0badcafe in /nvme/" + hash + "0",
        "query 0badcafe in /nvme/" + hash.substr(1), "query 0badcafe in /nvme/" + hash + "/checkpoints",
        "query 0badcafe in /nvme/" + std::string(32, 'f') + "-0011223344556677", std::string("query in 0011: 0badcaf"),
        std::string("query in 0011 0badcafe"), std::string("query in 0011: 0badcafx")}) {
    EXPECT_FALSE(pin(name)) << name;
  }
}

}  // namespace
}  // namespace cairn::testing

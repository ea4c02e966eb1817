#include "resolver/net/query_log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/support/wire.h"

namespace sluice::net {
namespace {

using conf::QueryField;

conf::QueryFields only(std::initializer_list<QueryField> fields) {
  conf::QueryFields set;
  for (const QueryField field : fields) set.set(static_cast<std::size_t>(field));
  return set;
}

LoggedQuery logged(const wire::Bytes& reply) {
  LoggedQuery query{.time = std::chrono::system_clock::time_point{1'700'000'000'123ms},
                    .latency = 12'345us,
                    .client = *Endpoint::parse("192.0.2.7:40000", 0),
                    .source = ReplySource::upstream,
                    .tries = 2,
                    .zone_labels = 1,
                    .upstream = {'v', 'p', 'c'}};
  read_reply(reply, query);
  return query;
}

TEST(QueryLogLine, SaysEverythingInTheOrderOfTheFields) {
  wire::ResponseOptions options;
  options.rcode = dns::Rcode::servfail;
  using namespace std::string_view_literals;
  options.edns = wire::Edns{.options = wire::option(15, "\0\x16no answer"sv)};
  const wire::Bytes reply = wire::response("www.example. AAAA", {}, options);
  EXPECT_EQ(to_line(logged(reply), conf::QueryFields{}.set()),
            "time=2023-11-14T22:13:20.123Z client=192.0.2.7:40000 name=www.example. type=AAAA "
            "class=IN rcode=SERVFAIL source=upstream latency_ms=12.345 upstream=vpc zone=example. "
            "tries=2 size=" +
                std::to_string(reply.size()) + " ede=22");
}

TEST(QueryLogLine, HasABarForWhatIsNotKnown) {
  LoggedQuery query = logged(wire::response("www.example. A", {}));
  query.zone_labels = LoggedQuery::kNoZone;
  EXPECT_EQ(to_line(query, only({QueryField::upstream, QueryField::zone, QueryField::tries,
                                 QueryField::ede})),
            "upstream=- zone=- tries=- ede=-");
}

TEST(QueryLogLine, IsOneLineWhateverIsAsked) {
  const LoggedQuery query = logged(wire::response("a\\010b\\034.example. A", {}));
  EXPECT_EQ(to_line(query, only({QueryField::name})), R"(name="a\\010b\".example.")");
}

TEST(QueryLogLine, ReadsAnRcodeThatNeedsTheOptRecord) {
  wire::ResponseOptions options;
  options.rcode = dns::Rcode::badvers;
  options.edns = wire::Edns{};
  const LoggedQuery query = logged(wire::response("www.example. A", {}, options));
  EXPECT_EQ(query.rcode, 16);
}

TEST(QueryLogLine, TakesAReplyWithoutAQuestion) {
  const wire::Bytes header(12, std::byte{0});
  EXPECT_EQ(to_line(logged(header), only({QueryField::name, QueryField::size})), "name=- size=12");
}

class QueryLogFile : public ::testing::Test {
 protected:
  ~QueryLogFile() override { std::filesystem::remove_all(folder_); }
  [[nodiscard]] static std::string read(const std::filesystem::path& path) {
    std::ostringstream text;
    text << std::ifstream{path}.rdbuf();
    return text.str();
  }
  std::filesystem::path folder_ = [] {
    std::string pattern = ::testing::TempDir() + "query-log-XXXXXX";
    return std::filesystem::path{::mkdtemp(pattern.data())};
  }();
  std::filesystem::path file_ = folder_ / "queries.log";
};

TEST_F(QueryLogFile, HasAllLinesThatWereTakenOnceTheLogIsGone) {
  const LoggedQuery query = logged(wire::response("www.example. A", {}));
  std::uint64_t lines = 0;
  {
    QueryLog log;
    log.use({.sample = 1, .fields = only({QueryField::name}), .file = file_});
    for (int i = 0; i < 100; ++i) log.offer(query);
    lines = 100 - log.dropped();
  }
  std::string expected;
  for (std::uint64_t i = 0; i < lines; ++i) expected += "name=www.example.\n";
  EXPECT_EQ(read(file_), expected);
  EXPECT_EQ(lines, 100U) << "fewer than the queue holds";
}

TEST_F(QueryLogFile, DropsAndCountsWhatIsNotTaken) {
  ASSERT_EQ(::mkfifo(file_.c_str(), 0600), 0);
  const int pipe = ::open(file_.c_str(), O_RDONLY | O_NONBLOCK);  // which nobody reads
  const LoggedQuery query = logged(wire::response("www.example. A", {}));
  constexpr std::uint64_t kOffered = 20 * QueryLog::kQueue;
  {
    QueryLog log;
    log.use({.sample = 1, .fields = conf::QueryFields{}.set(), .file = file_});
    for (std::uint64_t i = 0; i < kOffered; ++i) log.offer(query);
    EXPECT_GT(log.dropped(), kOffered / 2);
    EXPECT_LE(log.lines() + log.dropped(), kOffered);
  }
  ::close(pipe);
}

}  // namespace
}  // namespace sluice::net

#include <gtest/gtest.h>

#include <vector>

#include "resolver/net/udp_listener.h"
#include "tests/net/loopback.h"
#include "tests/support/allocations.h"

namespace sluice::net {
namespace {

using metrics::WorkerMetric;

/// Takes misses and keeps nothing.
struct CountingSink final : QuerySink {
  void on_query(const ClientRef&, const dns::Query&) override { ++misses; }
  void on_refresh(const dns::Query&) override {}
  std::size_t misses = 0;
};

class HitPathAllocation : public ::testing::Test {
 protected:
  HitPathAllocation() {
    for (const char* question : {"a.example. A", "b.example. A", "c.example. A"}) {
      store_answer(cache_, question, {}, Clock::now());
      hits_.push_back(wire::query(question));
      hits_.push_back(wire::query(question, {.edns = wire::Edns{}}));
    }
  }

  /// Sends each of `queries` in bursts of `burst` and serves them. True if all were served.
  bool serve(const std::vector<wire::Bytes>& queries, std::size_t rounds, std::size_t burst) {
    for (std::size_t round = 0; round < rounds; ++round) {
      const std::uint64_t due = counters_.get(WorkerMetric::queries_udp) + burst;
      for (std::size_t i = 0; i < burst; ++i) client_.send(queries[i % queries.size()]);
      if (!run_until(loop_, [&] { return counters_.get(WorkerMetric::queries_udp) == due; }))
        return false;
      while (::recv(client_.descriptor(), bytes_.data(), bytes_.size(), MSG_DONTWAIT) > 0) continue;
    }
    return true;
  }

  boost::asio::io_context loop_;
  cache::ResponseCache cache_{1 << 20, {.k0 = 1, .k1 = 2}};
  WorkerCounters counters_;
  ClientAccess access_{policy::ClientLimit{HashKey{3, 4}}, {}};
  AnswerPath answers_{cache_, access_, counters_};
  CountingSink sink_;
  QueryLog log_;
  ClientTap tap_;
  UdpListener listener_{loop_, 0, answers_, sink_, tap_};
  LoopbackClient client_{SOCK_DGRAM,
                         listener_.listen(endpoint("127.0.0.1"), PortSharing::alone).value()};
  std::vector<wire::Bytes> hits_;
  std::array<std::byte, 4'096> bytes_;
};

TEST_F(HitPathAllocation, IsZeroFromSocketToSocketForHits) {
  ASSERT_TRUE(serve(hits_, 10, 1));

  const std::size_t before = allocations::count();
  const bool served = serve(hits_, 500, 1) && serve(hits_, 50, 100);
  const std::size_t after = allocations::count();

  EXPECT_TRUE(served);
  EXPECT_GT(before, 0) << "the count works";
  EXPECT_EQ(after - before, 0);
  EXPECT_EQ(counters_.get(WorkerMetric::cache_hits), 10 + 500 + 50 * 100);
  EXPECT_EQ(counters_.get(WorkerMetric::replies_udp), 10 + 500 + 50 * 100);
}

TEST_F(HitPathAllocation, IsZeroForHitsThatAreLogged) {
  ASSERT_TRUE(serve(hits_, 10, 1));
  log_.use({.sample = 1, .fields = {}, .file = "/dev/full"});
  tap_.log_to(log_, 1);
  ASSERT_TRUE(serve(hits_, 10, 1));
  ASSERT_TRUE(run_until(loop_, [&] { return log_.dropped() == 10; }));

  const std::size_t before = allocations::count();
  const bool served = serve(hits_, 500, 1) && serve(hits_, 50, 100);
  const std::size_t after = allocations::count();

  EXPECT_TRUE(served);
  EXPECT_EQ(after - before, 0);
}

TEST_F(HitPathAllocation, IsZeroForErrorsAndUpToTheSinkForMisses) {
  wire::Bytes malformed = wire::query("a.example. A");
  malformed.push_back(std::byte{0});
  const std::vector<wire::Bytes> queries{malformed, wire::query("missing.example. A"),
                                         wire::query("example. AXFR", {.edns = wire::Edns{}})};
  ASSERT_TRUE(serve(queries, 10, 3));

  const std::size_t before = allocations::count();
  const bool served = serve(queries, 100, 30);
  const std::size_t after = allocations::count();

  EXPECT_TRUE(served);
  EXPECT_GT(before, 0) << "the count works";
  EXPECT_EQ(after - before, 0);
  EXPECT_EQ(sink_.misses, 10 + 100 * 10);
}

}  // namespace
}  // namespace sluice::net

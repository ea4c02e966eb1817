#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include <boost/asio/io_context.hpp>

#include "cache/response_cache.h"
#include "resolver/dns/name.h"

namespace sluice::net {

/// Goes through the response cache for an operator: shows the entries of a name, lists what is
/// stored, throws out a name, a subtree or everything.
///
/// Works in steps on `loop`, so that nobody else who asks there waits for a large cache, and holds
/// a shard's lock for about a millisecond at a time. Thread-confined to `loop`. Bounds: kMaxListed
/// entries in a reply, kMaxRuns under way at once.
class CacheVerbs {
 public:
  static constexpr std::size_t kMaxListed = 10'000;
  static constexpr std::size_t kMaxRuns = 4;

  enum class Action : std::uint8_t { show, dump, flush, flush_tree, flush_all };
  using Done = std::function<void(const nlohmann::json& reply)>;

  CacheVerbs(boost::asio::io_context& loop, cache::ResponseCache& cache)
      : loop_{loop}, cache_{cache} {}

  /// `name` is that of show, flush and flush_tree. Calls `done` later, with {"entries": [...],
  /// "cut", "total"}, {"flushed": n}, or {"error": ...} if too many are under way.
  void run(Action action, const dns::Name& name, Done done);

  /// Forgets the runs under way, without a reply.
  void abandon() noexcept { is_alive_.reset(); }

 private:
  struct Run;
  void step(const std::shared_ptr<Run>& run);
  [[nodiscard]] static cache::ResponseCache::Fate visit(Run& run, const cache::EntryView& entry);

  boost::asio::io_context& loop_;
  cache::ResponseCache& cache_;
  std::size_t runs_ = 0;
  std::shared_ptr<char> is_alive_ = std::make_shared<char>();  // a step posted finds out
};

}  // namespace sluice::net

#include "resolver/net/spender_reader.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include <boost/asio/post.hpp>

#include "resolver/net/spender_book.h"

namespace sluice::net {

namespace {

using Verdict = SpenderReader::Verdict;

// So that to want something does not allocate.
WantedSpenders nothing_wanted() {
  WantedSpenders wanted;
  wanted.sockets.reserve(SpenderReader::kMaxWanted);
  wanted.names.reserve(SpenderReader::kMaxWanted);
  return wanted;
}

Verdict add(WantedSpenders& wanted, const ClientSocket& socket) noexcept {
  if (wanted.sockets.size() == SpenderReader::kMaxWanted) return Verdict::dropped;
  wanted.sockets.push_back(socket);
  return Verdict::taken;
}

Verdict add(WantedSpenders& wanted, const WantedSpenders::Name& name) noexcept {
  const auto same = std::find_if(wanted.names.begin(), wanted.names.end(),
                                 [&](const auto& each) { return each.spender == name.spender; });
  if (same != wanted.names.end()) {
    if (name.uid && same->uid != name.uid) same->uid.reset();  // it has several
    return Verdict::taken;
  }
  if (wanted.names.size() == SpenderReader::kMaxWanted) return Verdict::dropped;
  wanted.names.push_back(name);
  return Verdict::taken;
}

}  // namespace

/// Lives until both the object and its thread are done with it.
struct SpenderReader::Shared {
  using Post = std::function<void(Reading)>;

  const HashKey key;
  const SpenderSources sources;
  const Pace pace;

  std::mutex mutex;  // of all that follows
  std::condition_variable changed;
  WantedSpenders wanted = nothing_wanted();
  SpenderBook book{kMaxNames, key};
  Post post;
  bool is_over = false;

  Shared(HashKey its_key, SpenderSources its_sources, Pace its_pace, Post its_post)
      : key{its_key}, sources{std::move(its_sources)}, pace{its_pace}, post{std::move(its_post)} {}

  void run() {
    for (;;) {
      WantedSpenders taken = nothing_wanted();
      {
        std::unique_lock lock{mutex};
        changed.wait(
            lock, [this] { return is_over || !wanted.sockets.empty() || !wanted.names.empty(); });
        if (is_over) return;
        std::swap(wanted, taken);
      }
      const TimePoint begin = Clock::now();
      SpenderFindings findings = look_for(taken, sources, key);
      const Duration pause = std::max(pace.pause, (Clock::now() - begin) * (pace.share - 1));

      std::unique_lock lock{mutex};
      publish(std::move(findings));
      if (changed.wait_for(lock, pause, [this] { return is_over; })) return;
    }
  }

  void publish(SpenderFindings findings) {
    Reading reading;
    for (auto& [spender, words, is_number] : findings.names) {
      if (is_number && book.find(spender) != nullptr) continue;  // it had a name while it lived
      if (book.record(spender, std::move(words)) == SpenderBook::Room::made)
        ++reading.names_evicted;
    }
    findings.names.clear();
    reading.findings = std::move(findings);
    if (post) post(std::move(reading));
  }
};

SpenderReader::SpenderReader(boost::asio::io_context& engine_loop, HashKey key, Done done,
                             SpenderSources sources, Pace pace) {
  // Called on the engine's loop, where this object is destroyed, or else it is alive.
  auto call = [done = std::move(done), alive = std::weak_ptr{alive_}](const Reading& reading) {
    if (!alive.expired()) done(reading);
  };
  shared_ = std::make_shared<Shared>(
      key, std::move(sources), pace, [&engine_loop, call = std::move(call)](Reading reading) {
        boost::asio::post(engine_loop, [call, reading = std::move(reading)] { call(reading); });
      });
  std::thread{[shared = shared_] { shared->run(); }}.detach();
}

SpenderReader::~SpenderReader() {
  {
    const std::lock_guard lock{shared_->mutex};
    shared_->post = nullptr;  // from here on there may be no loop to post to
    shared_->is_over = true;
  }
  shared_->changed.notify_one();
}

SpenderReader::Verdict SpenderReader::want_holder(const ClientSocket& socket) noexcept {
  Verdict verdict;
  {
    const std::lock_guard lock{shared_->mutex};
    verdict = add(shared_->wanted, socket);
  }
  shared_->changed.notify_one();
  return verdict;
}

SpenderReader::Verdict SpenderReader::want_name(const Spender& spender,
                                                std::uint32_t uid) noexcept {
  Verdict verdict;
  {
    const std::lock_guard lock{shared_->mutex};
    if (shared_->book.see_owner(spender, uid)) return Verdict::taken;
    verdict = add(shared_->wanted, {spender, uid});
  }
  shared_->changed.notify_one();
  return verdict;
}

SpenderWords SpenderReader::describe(const Spender& spender) {
  if (spender.kind == SpenderKind::unknown || spender.kind == SpenderKind::address)
    return words_by_number(spender);
  {
    const std::lock_guard lock{shared_->mutex};
    if (const SpenderWords* words = shared_->book.find(spender)) return *words;
    // Of a program, the hash is all that we have.
    if (spender.kind == SpenderKind::process) return words_by_number(spender);
    add(shared_->wanted, {spender, std::nullopt});
  }
  shared_->changed.notify_one();
  return words_by_number(spender);
}

}  // namespace sluice::net

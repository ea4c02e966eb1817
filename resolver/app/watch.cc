#include "resolver/app/watch.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "resolver/app/control_client.h"
#include "resolver/app/live_view.h"
#include "resolver/app/report_fields.h"
#include "resolver/app/request.h"
#include "resolver/app/watch_screen.h"

namespace sluice::app {

namespace {

using Clock = std::chrono::steady_clock;
using nlohmann::json;

// The keyboard waits as long as the daemon does not answer.
constexpr std::chrono::milliseconds kPatience{2'000};
constexpr FrameSize kPaper{.columns = 100, .rows = 60};

/// SIGINT, SIGTERM and SIGHUP as something to poll.
class StopSignals {
 public:
  StopSignals() {
    sigset_t set{};
    sigemptyset(&set);
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set, number);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    descriptor_ = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  }
  ~StopSignals() { ::close(descriptor_); }
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;
  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

/// One call of `watch`.
class Watch {
 public:
  explicit Watch(const Command& command)
      : command_{command}, interval_{std::stod(command.value("--interval"))} {}

  [[nodiscard]] int run();

 private:
  enum class Wake : std::uint8_t { time, redraw, stop };

  void look();
  [[nodiscard]] bool show();
  [[nodiscard]] Wake wait(Clock::time_point until);

  const Command& command_;
  std::chrono::duration<double> interval_;
  LiveView view_;
  std::string last_line_;
  // Only who has a terminal to give back may not just be ended.
  std::optional<StopSignals> signals_;
  std::unique_ptr<WatchScreen> screen_;
};

void Watch::look() {
  const auto line = ask_daemon(command_.socket, request_for(command_).dump(), {kPatience});
  if (!line) return view_.lose(line.error().reason);
  json overview = json::parse(line.value(), nullptr, false);
  if (command_.as_json && !overview.is_discarded()) last_line_ = overview.dump(-1, ' ', true);
  view_.take(std::move(overview));
}

// False if nobody takes what is shown.
bool Watch::show() {
  if (screen_) {
    screen_->draw(view_.frame(screen_->size()));
    return true;
  }
  std::string text;
  if (view_.problem()) {
    std::fprintf(stderr, "sluicectl: %s; trying again\n", view_.problem()->c_str());
  } else {
    text = (command_.as_json ? last_line_ : to_text(view_.frame(kPaper))) + "\n";
  }
  return std::fputs(text.c_str(), stdout) >= 0 && std::fflush(stdout) == 0;
}

Watch::Wake Watch::wait(Clock::time_point until) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
  std::array<pollfd, 2> sources{pollfd{signals_ ? signals_->descriptor() : -1, POLLIN, 0},
                                pollfd{screen_ ? STDIN_FILENO : -1, POLLIN, 0}};
  const int ready = poll(sources.data(), sources.size(), static_cast<int>(std::max(left, 0L)));
  if (ready > 0 && sources[0].revents != 0) return Wake::stop;
  if (ready > 0 && (sources[1].revents & (POLLERR | POLLHUP | POLLNVAL)) != 0) return Wake::stop;
  // Also when poll() was interrupted: the signal of a window's new size becomes a key.
  if (screen_ && ready != 0) {
    switch (screen_->read_key()) {
      case WatchScreen::Key::quit:
        return Wake::stop;
      case WatchScreen::Key::redraw:
      case WatchScreen::Key::none:
        return Wake::redraw;
    }
  }
  return Wake::time;
}

int Watch::run() {
  look();
  if (view_.problem()) {
    std::fprintf(stderr, "sluicectl: %s\n", view_.problem()->c_str());
    return kFailed;
  }
  if (!command_.as_json) screen_ = WatchScreen::open();
  if (screen_) signals_.emplace();
  while (true) {
    if (!show()) return kFailed;
    const auto next = Clock::now() + std::chrono::duration_cast<Clock::duration>(interval_);
    while (Clock::now() < next) {
      const Wake wake = wait(next);
      if (wake == Wake::stop) return kDone;
      if (wake == Wake::redraw && !show()) return kFailed;
    }
    look();
  }
}

}  // namespace

int watch(const Command& command) { return Watch{command}.run(); }

}  // namespace sluice::app

#pragma once

#include <cstdint>
#include <memory>

#include "resolver/app/frame.h"

namespace sluice::app {

/// The terminal while the live view has it: the only part that knows ncurses.
///
/// Thread-confined; there is at most one. Its destructor gives the terminal back as it was.
class WatchScreen {
 public:
  enum class Key : std::uint8_t {
    none,    ///< no key waits
    redraw,  ///< the window has another size, or Ctrl-L
    quit     ///< q, or Ctrl-C where the terminal makes no signal of it
  };

  /// Takes the terminal; nullptr if standard input and output are none, or one on which nothing can
  /// be drawn.
  [[nodiscard]] static std::unique_ptr<WatchScreen> open();
  ~WatchScreen();
  WatchScreen(const WatchScreen&) = delete;
  WatchScreen& operator=(const WatchScreen&) = delete;

  [[nodiscard]] FrameSize size() const;
  void draw(const Frame& frame);
  /// The next key that means something. Waits for none.
  [[nodiscard]] Key read_key();

 private:
  struct Terminal;
  explicit WatchScreen(std::unique_ptr<Terminal> terminal);

  std::unique_ptr<Terminal> terminal_;
};

}  // namespace sluice::app

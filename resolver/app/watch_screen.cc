#include "resolver/app/watch_screen.h"

#include <unistd.h>

#include <cstdio>
#include <utility>

#define NCURSES_NOMACROS  // erase, move and their like are words of ours, too
#include <curses.h>
#include <term.h>

namespace sluice::app {

namespace {

constexpr short kGood = 1;
constexpr short kWarning = 2;
constexpr short kBad = 3;
constexpr int kControlC = 3;
constexpr int kControlL = 12;

void start_colours() {
  if (!has_colors() || start_color() != OK) return;
  use_default_colors();
  init_pair(kGood, COLOR_GREEN, -1);
  init_pair(kWarning, COLOR_YELLOW, -1);
  init_pair(kBad, COLOR_RED, -1);
}

attr_t attribute(Style style) {
  switch (style) {
    case Style::plain:
      return A_NORMAL;
    case Style::faint:
      return A_DIM;
    case Style::heading:
      return A_BOLD;
    case Style::good:
      return static_cast<attr_t>(COLOR_PAIR(kGood));
    case Style::warning:
      return static_cast<attr_t>(COLOR_PAIR(kWarning)) | A_BOLD;
    case Style::bad:
      return static_cast<attr_t>(COLOR_PAIR(kBad)) | A_BOLD;
  }
  return A_NORMAL;
}

// Whether the type of terminal is known, and its cursor can be sent to a place.
bool can_draw() {
  int reason = 0;
  if (setupterm(nullptr, STDOUT_FILENO, &reason) != OK) return false;
  const bool can_move = cursor_address != nullptr;
  del_curterm(cur_term);
  return can_move;
}

}  // namespace

struct WatchScreen::Terminal {
  SCREEN* screen;
};

std::unique_ptr<WatchScreen> WatchScreen::open() {
  if (isatty(STDIN_FILENO) == 0 || isatty(STDOUT_FILENO) == 0 || !can_draw()) return nullptr;
  SCREEN* const screen = newterm(nullptr, stdout, stdin);
  if (screen == nullptr) return nullptr;
  set_term(screen);
  start_colours();
  cbreak();
  noecho();
  curs_set(0);
  keypad(stdscr, TRUE);
  nodelay(stdscr, TRUE);
  return std::unique_ptr<WatchScreen>{
      new WatchScreen{std::make_unique<Terminal>(Terminal{screen})}};
}

WatchScreen::WatchScreen(std::unique_ptr<Terminal> terminal) : terminal_{std::move(terminal)} {}

WatchScreen::~WatchScreen() {
  endwin();
  delscreen(terminal_->screen);
}

FrameSize WatchScreen::size() const {
  return {static_cast<std::size_t>(getmaxx(stdscr)), static_cast<std::size_t>(getmaxy(stdscr))};
}

void WatchScreen::draw(const Frame& frame) {
  erase();
  int row = 0;
  for (const Line& line : frame) {
    move(row++, 0);
    for (const Span& span : line) {
      attrset(static_cast<int>(attribute(span.style)));
      addstr(span.text.c_str());
    }
  }
  attrset(A_NORMAL);
  refresh();
}

WatchScreen::Key WatchScreen::read_key() {
  for (int key = getch(); key != ERR; key = getch()) {
    if (key == 'q' || key == 'Q' || key == kControlC) return Key::quit;
    if (key == KEY_RESIZE) return Key::redraw;
    if (key == kControlL) {
      clearok(stdscr, TRUE);
      return Key::redraw;
    }
  }
  return Key::none;
}

}  // namespace sluice::app

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace sluice::app {

/// What a word of the command line must look like.
enum class Form : std::uint8_t {
  flag,       ///< takes no value
  any,        ///< any text
  name,       ///< a domain name in presentation format
  type,       ///< a type of records
  choice,     ///< one of the words of `value`, which '|' separates
  whole,      ///< a whole number from `least` to `most`
  fractional  ///< a number from `least` to `most`
};

enum class Need : std::uint8_t { optional, required };

/// An operand ("NAME") or an option ("--window").
struct Argument {
  std::string_view name;
  std::string_view value;  ///< what help shows for its value, or the choices; "" for a flag
  std::string_view help;
  Form form;
  Need need = Need::optional;
  double least = 0;
  double most = 0;
  std::string_view fallback{};  ///< its value if it is not given

  [[nodiscard]] constexpr bool is_option() const { return name.front() == '-'; }
};

/// Something to ask the daemon for. Help, command line, completion and manual have the verbs from
/// here, or tests compare them with it.
struct Verb {
  std::string_view name;   ///< its words, as in "cache show"
  std::string_view group;  ///< the heading that help puts it under
  std::string_view help;
  std::span<const Argument> arguments;  ///< in the order of their places
};

/// In the order in which help lists them.
[[nodiscard]] std::span<const Verb> verbs();

/// The options that every verb takes, before it and behind it.
[[nodiscard]] std::span<const Argument> common_options();

/// "sluicectl top [--window minute|hour] [--count N]".
[[nodiscard]] std::string usage(const Verb& verb);

}  // namespace sluice::app

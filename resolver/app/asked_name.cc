#include "resolver/app/asked_name.h"

#include <algorithm>
#include <cctype>

#include "resolver/app/report_fields.h"

namespace sluice::app {

namespace {

constexpr std::size_t kMaxNameText = std::size_t{255} * 4;
constexpr std::size_t kMaxTypeText = 16;

// A dot behind an odd number of backslashes belongs to its label.
bool has_final_dot(std::string_view name) {
  if (!name.ends_with('.')) return false;
  name.remove_suffix(1);
  const std::size_t last = name.find_last_not_of('\\');
  const std::size_t backslashes = name.size() - (last == std::string_view::npos ? 0 : last + 1);
  return backslashes % 2 == 0;
}

auto wrong(std::string reason) { return failure(WrongWord{std::move(reason)}); }

}  // namespace

Result<std::string, WrongWord> asked_name(std::string_view typed) {
  if (typed.empty()) return wrong("a name is missing; the root's is '.'");
  std::string name;
  for (const char c : typed) name += c == ' ' ? std::string{"\\032"} : printable({&c, 1});
  if (!has_final_dot(name)) name += '.';
  if (name.size() > kMaxNameText) return wrong("no name is that long; 255 octets are the most");
  return name;
}

Result<std::string, WrongWord> asked_type(std::string_view typed) {
  std::string type;
  for (const char c : typed) type += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  const bool is_word = std::all_of(type.begin(), type.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  });
  if (is_word && !type.empty() && type.size() <= kMaxTypeText) return type;
  return wrong("'" + printable(typed) +
               "' is no type of records; there are A, AAAA, PTR, MX, TXT, TYPE65 and more, and a "
               "type comes behind the name");
}

}  // namespace sluice::app

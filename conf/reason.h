#pragma once

#include <string>
#include <string_view>

#include "conf/value_form.h"

/// Why a value is refused, in words.
namespace sluice::conf::form {

inline std::string in_quotes(std::string_view text) { return "\"" + std::string{text} + "\""; }

inline Reasons wrong_kind(std::string_view shape, const Value& value) {
  return {"must be " + std::string{shape} + ", not " + std::string{value.kind}};
}

inline Reasons wrong_text(std::string_view shape, std::string_view text) {
  return {"must be " + std::string{shape} + ", not " + in_quotes(text)};
}

}  // namespace sluice::conf::form

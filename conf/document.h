#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// A configuration file as its author wrote it, checked for nothing but its syntax and free of the
/// parser's types: what load.cc gets from the parser and draft.cc turns into a Config.
namespace sluice::conf {

struct Value {
  /// monostate: something that no key takes (a date, a list of numbers, ...).
  std::variant<std::monostate, bool, std::int64_t, double, std::string, std::vector<std::string>>
      content;
  std::string_view kind;  ///< what it is, in words: "a boolean"
};

/// `key = value`
struct Entry {
  std::string key;
  std::uint32_t line = 0;
  Value value;
};

/// What stands at the top of the file under one name.
struct Section {
  enum class Form : std::uint8_t {
    table,         ///< [name]
    list_element,  ///< [[name]]
    value,         ///< name = ...
  };

  std::string name;
  std::uint32_t line = 0;
  Form form = Form::value;
  std::size_t index = 0;  ///< of a list element, among those of the same name
  std::vector<Entry> entries = {};
};

using Document = std::vector<Section>;

}  // namespace sluice::conf

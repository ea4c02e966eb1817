#include "conf/load.h"

#include <toml++/toml.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <iterator>
#include <memory>
#include <system_error>
#include <tuple>
#include <utility>

#include "conf/check.h"
#include "conf/document.h"
#include "conf/draft.h"

namespace sluice::conf {

namespace {

std::string_view kind_of(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::none:
      break;
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "a list";
    case toml::node_type::string:
      return "a string";
    case toml::node_type::integer:
      return "a number";
    case toml::node_type::floating_point:
      return "a number with a fraction";
    case toml::node_type::boolean:
      return "a boolean";
    case toml::node_type::date:
      return "a date";
    case toml::node_type::time:
      return "a time of day";
    case toml::node_type::date_time:
      return "a date and time";
  }
  return "nothing";
}

Value value_of(const toml::node& node) {
  if (const auto* const number = node.as_integer())
    return {.content = number->get(), .kind = kind_of(node)};
  if (const auto* const number = node.as_floating_point())
    return {.content = number->get(), .kind = kind_of(node)};
  if (const auto* const text = node.as_string())
    return {.content = text->get(), .kind = kind_of(node)};
  if (const auto* const flag = node.as_boolean())
    return {.content = flag->get(), .kind = kind_of(node)};
  const auto* const array = node.as_array();
  if (array == nullptr) return {.content = {}, .kind = kind_of(node)};

  std::vector<std::string> list;
  for (const toml::node& element : *array) {
    const auto* const text = element.as_string();
    if (text == nullptr) return {.content = {}, .kind = "a list of other things than strings"};
    list.push_back(text->get());
  }
  return {.content = std::move(list), .kind = kind_of(node)};
}

std::vector<Entry> entries_of(const toml::table& table) {
  std::vector<Entry> entries;
  for (const auto& [key, node] : table)
    entries.push_back(
        {.key = std::string{key.str()}, .line = key.source().begin.line, .value = value_of(node)});
  return entries;
}

void append_section(const toml::key& key, const toml::node& node, Document& document) {
  Section section{.name = std::string{key.str()}, .line = key.source().begin.line};
  if (const auto* const table = node.as_table()) {
    section.form = Section::Form::table;
    section.entries = entries_of(*table);
  }
  if (!node.is_array_of_tables()) {
    document.push_back(std::move(section));
    return;
  }
  section.form = Section::Form::list_element;
  for (const toml::node& element : *node.as_array()) {
    section.line = element.source().begin.line;
    section.entries = entries_of(*element.as_table());
    document.push_back(section);
    ++section.index;
  }
}

Document document_of(const toml::table& root) {
  Document document;
  for (const auto& [key, node] : root) append_section(key, node, document);
  return document;
}

Result<Config, Problems> finish(Draft draft) {
  Problems problems = std::move(draft.problems);
  std::ranges::move(check(draft.config, draft.origins), std::back_inserter(problems));
  if (problems.empty()) return std::move(draft.config);

  const auto order = [](const Problem& a, const Problem& b) {
    return std::tie(a.line, a.key, a.reason) < std::tie(b.line, b.key, b.reason);
  };
  std::ranges::sort(problems, order);
  problems.erase(std::unique(problems.begin(), problems.end()), problems.end());
  return problems;
}

Problems unreadable(const std::string& path, const std::string& why) {
  return {{.file = path, .line = 0, .key = "", .reason = "cannot be read: " + why}};
}

Result<std::string, Problems> read_file(const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file{std::fopen(path.c_str(), "re"),
                                                             &std::fclose};
  if (file == nullptr) return unreadable(path, std::generic_category().message(errno));
  std::string text(kMaxFileBytes + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (std::ferror(file.get()) != 0) return unreadable(path, std::generic_category().message(errno));
  if (text.size() > kMaxFileBytes)
    return unreadable(path, "it has more than " + std::to_string(kMaxFileBytes) + " bytes");
  return text;
}

}  // namespace

Result<Config, Problems> load_text(std::string_view text, const std::string& file) {
  try {
    const toml::table root = toml::parse(text, file);
    return finish(read_document(document_of(root), file));
  } catch (const toml::parse_error& error) {
    return Problems{{.file = file,
                     .line = error.source().begin.line,
                     .key = "",
                     .reason = std::string{error.description()}}};
  }
}

Result<Config, Problems> load_file(const std::string& path) {
  const auto text = read_file(path);
  if (!text) return text.error();
  return load_text(text.value(), path);
}

}  // namespace sluice::conf

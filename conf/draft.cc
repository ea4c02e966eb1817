#include "conf/draft.h"

#include <algorithm>
#include <string>
#include <utility>

#include "conf/nearest.h"
#include "conf/option_table.h"

namespace sluice::conf {

namespace {

template <typename Section>
std::vector<std::string_view> keys_of() {
  std::vector<std::string_view> keys;
  for (const Option<Section>& option : options<Section>()) keys.push_back(option.key);
  return keys;
}

template <typename Section>
bool has_key(std::string_view key) {
  return std::ranges::any_of(options<Section>(),
                             [&](const auto& option) { return option.key == key; });
}

std::string header(const SectionName& section) {
  const std::string name{section.name};
  return section.is_list ? "[[" + name + "]]" : "[" + name + "]";
}

std::string header(std::string_view name) {
  for (const SectionName& section : section_names())
    if (section.name == name) return header(section);
  return std::string{name};
}

/// The sections that do have a key which is wrong where it stands: "[server] or [admin]".
std::string homes_of(std::string_view key) {
  const std::pair<std::string_view, bool> homes[]{
      {"server", has_key<Server>(key)},
      {"admin", has_key<Admin>(key)},
      {"log", has_key<Log>(key)},
      {"cache", has_key<Cache>(key)},
      {"local", has_key<Local>(key)},
      {"recorder", has_key<Recorder>(key)},
      {"query_log", has_key<QueryLog>(key)},
      {"dnstap", has_key<Dnstap>(key)},
      {"record", has_key<Record>(key)},
      {"blocklist", has_key<Blocklist>(key)},
      {"budget", has_key<Budget>(key)},
      {"upstream", has_key<Upstream>(key)},
      {"zone", has_key<Zone>(key)},
      {"network", has_key<Network>(key)},
  };
  std::string text;
  for (const auto& [name, has_it] : homes) {
    if (!has_it) continue;
    if (!text.empty()) text += " or ";
    text += header(name);
  }
  return text;
}

std::string joined(const std::vector<std::string_view>& words) {
  std::string text;
  for (const std::string_view word : words) {
    if (!text.empty()) text += ", ";
    text += word;
  }
  return text;
}

/// Why a key that `section` does not have is wrong, and what was probably meant.
std::string unknown_key(std::string_view key, const std::vector<std::string_view>& known,
                        std::string_view section) {
  if (const auto near = nearest(key, known))
    return "unknown key; did you mean \"" + std::string{*near} + "\"?";
  if (const std::string homes = homes_of(key); !homes.empty())
    return "unknown key here; it belongs under " + homes;
  return "unknown key; " + header(section) + " has " + joined(known);
}

std::string unknown_section(std::string_view name) {
  std::vector<std::string_view> names;
  std::vector<std::string> headers;
  for (const SectionName& section : section_names()) {
    names.push_back(section.name);
    headers.push_back(header(section));
  }
  if (const auto near = nearest(name, names))
    return "unknown section; did you mean " + header(*near) + "?";
  if (const std::string homes = homes_of(name); !homes.empty())
    return "a key needs its section; it belongs under " + homes;
  return "unknown section; known are " + joined({headers.begin(), headers.end()});
}

class DocumentReader {
 public:
  explicit DocumentReader(const std::string& file) { draft_.origins.file = file; }

  Draft read(const Document& document) {
    for (const Section& section : document) read_section(section);
    return std::move(draft_);
  }

 private:
  void report(std::uint32_t line, std::string key, std::string reason) {
    draft_.problems.push_back({.file = draft_.origins.file,
                               .line = line,
                               .key = std::move(key),
                               .reason = std::move(reason)});
  }

  void read_section(const Section& section) {
    Config& config = draft_.config;
    Origins& origins = draft_.origins;
    if (!has_right_form(section)) return;
    if (section.name == "server") read_entries(section, config.server, origins.server);
    if (section.name == "admin") read_entries(section, config.admin, origins.admin);
    if (section.name == "log") read_entries(section, config.log, origins.log);
    if (section.name == "cache") read_entries(section, config.cache, origins.cache);
    if (section.name == "local") read_entries(section, config.local, origins.local);
    if (section.name == "recorder") read_entries(section, config.recorder, origins.recorder);
    if (section.name == "query_log") read_entries(section, config.query_log, origins.query_log);
    if (section.name == "dnstap") read_entries(section, config.dnstap, origins.dnstap);
    if (section.name == "record") append_each(section, "data", config.records, origins.records);
    if (section.name == "blocklist") append(section, config.blocklists, origins.blocklists);
    if (section.name == "budget") append(section, config.budgets, origins.budgets);
    if (section.name == "upstream") append(section, config.upstreams, origins.upstreams);
    if (section.name == "zone") append_each(section, "name", config.zones, origins.zones);
    if (section.name == "network") append(section, config.networks, origins.networks);
  }

  bool has_right_form(const Section& section) {
    const auto known = std::ranges::find_if(
        section_names(), [&](const SectionName& name) { return name.name == section.name; });
    if (known == section_names().end()) {
      report(section.line, section.name, unknown_section(section.name));
      return false;
    }
    const auto wanted = known->is_list ? Section::Form::list_element : Section::Form::table;
    if (section.form == wanted) return true;
    const std::string often = known->is_list ? ", once for each" : ", once";
    report(section.line, section.name, "must be written as " + header(*known) + often);
    return false;
  }

  /// The first section of a list takes the place of the defaults.
  template <typename Element>
  void append(const Section& section, std::vector<Element>& list, std::vector<Origin>& origins) {
    if (origins.empty()) list.clear();
    read_entries(section, list.emplace_back(), origins.emplace_back());
  }

  /// A section whose `key` has a list of strings is as many sections: a [[zone]] with several
  /// names, a [[record]] with several lines.
  template <typename Element>
  void append_each(const Section& section, std::string_view key, std::vector<Element>& list,
                   std::vector<Origin>& origins) {
    const auto entry = std::ranges::find_if(
        section.entries, [&](const Entry& candidate) { return candidate.key == key; });
    const auto* const texts = entry == section.entries.end()
                                  ? nullptr
                                  : std::get_if<std::vector<std::string>>(&entry->value.content);
    if (texts == nullptr) return append(section, list, origins);
    if (texts->empty()) {
      report(entry->line,
             section.name + "[" + std::to_string(section.index) + "]." + std::string{key},
             "must have at least one " + std::string{key == "name" ? "name" : "record"});
      return;
    }
    Section single = section;
    Value& value = single.entries[static_cast<std::size_t>(entry - section.entries.begin())].value;
    for (const std::string& text : *texts) {
      value = {.content = text, .kind = "a string"};
      append(single, list, origins);
    }
  }

  template <typename Target>
  void read_entries(const Section& section, Target& target, Origin& origin) {
    origin.section = section.name;
    if (section.form == Section::Form::list_element)
      origin.section += "[" + std::to_string(section.index) + "]";
    origin.line = section.line;

    for (const Entry& entry : section.entries) {
      const std::string key = origin.section + "." + entry.key;
      const auto option = std::ranges::find_if(
          options<Target>(), [&](const auto& known) { return known.key == entry.key; });
      if (option == options<Target>().end()) {
        report(entry.line, key, unknown_key(entry.key, keys_of<Target>(), section.name));
        continue;
      }
      origin.key_lines.emplace(entry.key, entry.line);
      const form::Reasons reasons = option->read(entry.value, option->bounds, target);
      if (!reasons.empty()) origin.refused.insert(entry.key);
      for (const std::string& reason : reasons) report(entry.line, key, reason);
    }

    for (const Option<Target>& option : options<Target>()) {
      if (option.presence == Presence::optional || origin.key_lines.contains(option.key)) continue;
      origin.refused.emplace(option.key);
      report(section.line, origin.section + "." + std::string{option.key},
             "is missing: it is " + std::string{option.shape});
    }
  }

  Draft draft_;
};

}  // namespace

Draft read_document(const Document& document, const std::string& file) {
  return DocumentReader{file}.read(document);
}

}  // namespace sluice::conf

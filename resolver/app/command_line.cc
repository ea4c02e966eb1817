#include "resolver/app/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <sstream>
#include <vector>

#include "conf/nearest.h"
#include "resolver/app/asked_name.h"
#include "resolver/app/report_fields.h"

namespace sluice::app {

namespace {

constexpr const char* kFooter =
    "A verb's --help says what it takes. sluicectl(1) says what the answers mean.\n"
    "Exit status: 0 done, 1 the daemon is not there or says no, 2 wrong use,\n"
    "3 (diagnose) something is wrong.";

std::string listed(std::string_view choices) {
  std::string text;
  for (const char c : choices) text += c == '|' ? std::string{", "} : std::string{c};
  return text;
}

bool is_among(std::string_view choices, std::string_view word) {
  while (!choices.empty()) {
    const std::size_t end = std::min(choices.find('|'), choices.size());
    if (choices.substr(0, end) == word) return true;
    choices.remove_prefix(std::min(end + 1, choices.size()));
  }
  return false;
}

template <typename Number>
std::optional<Number> to_number(const std::string& word) {
  Number value{};
  const char* const end = word.data() + word.size();
  const auto [stop, error] = std::from_chars(word.data(), end, value);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

template <typename Number>
std::string check_number(const Argument& argument, const std::string& word) {
  const auto value = to_number<Number>(word);
  if (value && *value >= static_cast<Number>(argument.least) &&
      *value <= static_cast<Number>(argument.most))
    return {};
  std::ostringstream reason;
  reason << "'" << word << "' is no " << (argument.form == Form::whole ? "whole number" : "number")
         << " from " << argument.least << " to " << argument.most;
  return reason.str();
}

// Makes `word` what the daemon takes; returns what is wrong with it, if anything is.
std::string settle(const Argument& argument, std::string& word) {
  const auto replace = [&](const Result<std::string, WrongWord>& better) {
    if (!better) return better.error().reason;
    word = better.value();
    return std::string{};
  };
  switch (argument.form) {
    case Form::flag:
      return {};
    case Form::any:
      return word.empty() ? "it must not be empty" : "";
    case Form::name:
      return replace(asked_name(word));
    case Form::type:
      return replace(asked_type(word));
    case Form::choice:
      if (is_among(argument.value, word)) return {};
      return "'" + word + "' is none of " + listed(argument.value);
    case Form::whole:
      return check_number<int>(argument, word);
    case Form::fractional:
      return check_number<double>(argument, word);
  }
  return {};
}

std::vector<std::string> words_of(std::string_view name) {
  std::istringstream in{std::string{name}};
  return {std::istream_iterator<std::string>{in}, {}};
}

/// The parser of one command line, and where it puts what it finds.
class Parser {
 public:
  Parser();
  [[nodiscard]] Result<Command, Ending> parse(int argc, const char* const* argv);

 private:
  void add(const Verb& verb);
  void add(CLI::App& to, const Argument& argument);
  [[nodiscard]] CLI::App& parent_of(const Verb& verb);
  [[nodiscard]] const Verb* chosen() const;
  [[nodiscard]] Ending wrong_use(const CLI::ParseError& error) const;
  [[nodiscard]] std::string reason(const CLI::ParseError& error) const;
  [[nodiscard]] std::string missing_verb() const;

  CLI::App app_{"Asks a running sluiced what it does, and why.", "sluicectl"};
  std::map<const Verb*, CLI::App*> subcommands_;
  std::map<std::string, CLI::App*> parents_;  // by the first word of verbs that have two
  Command command_{nullptr, {}, false, {}};
};

Parser::Parser() {
  app_.set_version_flag("--version", SLUICE_VERSION, "The version of sluicectl itself");
  app_.require_subcommand(1);
  app_.fallthrough();
  app_.footer(kFooter);
  app_.get_formatter()->label("SUBCOMMAND", "VERB");
  for (const Argument& argument : common_options()) add(app_, argument);
  for (const Verb& verb : verbs()) add(verb);
}

CLI::App& Parser::parent_of(const Verb& verb) {
  const std::vector<std::string> words = words_of(verb.name);
  if (words.size() == 1) return app_;
  CLI::App*& parent = parents_[words.front()];
  if (parent != nullptr) return *parent;
  parent = app_.add_subcommand(words.front(), "Stored responses: show, dump, flush");
  parent->group(std::string{verb.group});
  parent->require_subcommand(1);
  return *parent;
}

void Parser::add(const Verb& verb) {
  CLI::App* sub =
      parent_of(verb).add_subcommand(words_of(verb.name).back(), std::string{verb.help});
  sub->group(std::string{verb.group});
  for (const Argument& argument : verb.arguments) add(*sub, argument);
  subcommands_[&verb] = sub;
}

void Parser::add(CLI::App& to, const Argument& argument) {
  const std::string name{argument.name};
  std::string help{argument.help};
  if (!argument.fallback.empty()) help += " (" + std::string{argument.fallback} + ")";
  if (argument.form == Form::flag) {
    to.add_flag(name, command_.as_json, help);
    return;
  }
  CLI::Option* option = to.add_option_function<std::string>(
      name, [this, name](const std::string& word) { command_.values[name] = word; }, help);
  option->type_name(std::string{argument.value});
  option->required(argument.need == Need::required);
  option->transform(
      CLI::Validator{[&argument](std::string& word) { return settle(argument, word); }, ""});
}

const Verb* Parser::chosen() const {
  for (const auto& [verb, subcommand] : subcommands_)
    if (subcommand->parsed()) return verb;
  return nullptr;
}

Result<Command, Ending> Parser::parse(int argc, const char* const* argv) {
  try {
    app_.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() != 0) return failure(wrong_use(error));
    std::ostringstream out;
    std::ostringstream unused;
    app_.exit(error, out, unused);
    return failure(Ending{kDone, out.str()});
  }
  command_.verb = chosen();
  const auto fill_in = [this](std::span<const Argument> arguments) {
    for (const Argument& argument : arguments)
      if (!argument.fallback.empty()) command_.values.emplace(argument.name, argument.fallback);
  };
  fill_in(common_options());
  fill_in(command_.verb->arguments);
  command_.socket = command_.value("--socket");
  return command_;
}

// Of a verb that has two words, the first alone may be right.
std::string Parser::missing_verb() const {
  std::string typed;
  if (!app_.get_subcommands().empty()) typed = app_.get_subcommands().front()->get_name();
  const std::string beginning = typed.empty() ? "" : typed + " ";
  for (const std::string& word : app_.remaining(true)) typed += (typed.empty() ? "" : " ") + word;

  std::vector<std::string_view> names;
  std::string listing;
  for (const Verb& verb : verbs()) {
    if (!verb.name.starts_with(beginning)) continue;
    names.push_back(verb.name);
    listing += (listing.empty() ? "" : ", ") + std::string{verb.name};
  }
  if (typed.empty()) return "a verb is missing; there are " + listing;
  if (const auto near = conf::nearest(typed, names))
    return "no verb '" + typed + "'; did you mean " + std::string{*near} + "?";
  return "no verb '" + typed + "'; there are " + listing;
}

std::string Parser::reason(const CLI::ParseError& error) const {
  const Verb* const verb = chosen();
  const std::vector<std::string> extra = app_.remaining(true);
  if (verb == nullptr && (extra.empty() || !extra.front().starts_with('-'))) return missing_verb();
  if (!extra.empty())
    return "'" + extra.front() + "' is " +
           (extra.front().starts_with('-') ? "no option of it" : "one word too many");
  std::string what = error.what();
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) == nullptr) return what;
  return what.substr(0, what.find(':')) + " takes one value, and is given once";
}

Ending Parser::wrong_use(const CLI::ParseError& error) const {
  const Verb* const verb = chosen();
  std::string text = "sluicectl: ";
  if (verb != nullptr) text.append(verb->name).append(": ");
  text += printable(reason(error)) + "\nusage: ";
  text += verb == nullptr ? "sluicectl [--socket PATH] [--json] VERB ..." : usage(*verb);
  return {kWrongUse, text + "\n"};
}

}  // namespace

std::string Command::value(std::string_view name) const {
  const auto it = values.find(name);
  return it == values.end() ? std::string{} : it->second;
}

Result<Command, Ending> parse_command(int argc, const char* const* argv) {
  return Parser{}.parse(argc, argv);
}

}  // namespace sluice::app

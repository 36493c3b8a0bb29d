#include "cmd/parse_errors.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "cmd/cli.hpp"
#include "protocols/grammar/hints.hpp"

namespace netecho {
namespace {

std::string try_help(const CLI::App& sub) {
  return "try 'netecho " + sub.get_name() + " --help'";
}

Error unknown_option(const CLI::App& sub, const std::vector<const OptionSpec*>& specs,
                     const std::string& word) {
  std::vector<std::string_view> known;
  for (const OptionSpec* spec : specs) {
    if (main_name(*spec).starts_with("--")) known.push_back(main_name(*spec));
  }
  const std::string guess{nearest_word(word.substr(0, word.find('=')), known)};
  return usage_error("option", word,
                     "unknown; " + (guess.empty() ? try_help(sub) : "did you mean " + guess + "?"));
}

std::string value_of(const CLI::App& sub, const std::string& option) {
  const CLI::Option* found = sub.get_option_no_throw(option);
  return found == nullptr ? "" : " " + found->get_type_name();
}

}  // namespace

Error unknown_subcommand(const std::string& word) {
  std::vector<std::string_view> names;
  for (const Subcommand& each : subcommands()) {
    if (!each.hidden()) names.emplace_back(each.name);
  }
  const std::string guess{nearest_word(word, names)};
  const bool option = word.starts_with("-");
  return usage_error(option ? "option" : "command", word,
                     guess.empty() || option ? "unknown; try 'netecho --help'"
                                             : "unknown; did you mean " + guess + "?");
}

void reject_extras(const CLI::App& sub, const std::vector<const OptionSpec*>& specs) {
  std::vector<std::string> extras = sub.remaining();
  // CLI11 leaves the first "--" among them: it has done its work.
  if (const auto dashes = std::find(extras.begin(), extras.end(), "--"); dashes != extras.end()) {
    extras.erase(dashes);
  }
  if (extras.empty()) return;
  const std::string& first = extras.front();
  if (first.size() > 1 && first.front() == '-') throw unknown_option(sub, specs, first);
  throw usage_error(
      "argument", first,
      sub.get_name() == "send" ? "one too many; quote DATA that has spaces" : "one too many");
}

Error explained(const CLI::ParseError& error, const CLI::App& sub) {
  const std::string text = error.what();
  // CLI11 says "OPTION: what" or "OPTION what"; only its text tells which option it was.
  const std::string name = text.substr(0, text.find_first_of(": "));
  if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) {
    return usage_error(sub.get_name(), "", name + " is missing; " + try_help(sub));
  }
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) {
    if (text.find("flag override") != text.npos) {
      return usage_error("option", "--" + name, "takes no value");
    }
    return usage_error("option", name,
                       text.find("missing") != text.npos ? "needs a value:" + value_of(sub, name)
                                                         : "given more than once");
  }
  const std::size_t colon = text.find(": ");
  if (dynamic_cast<const CLI::ValidationError*>(&error) != nullptr && colon != text.npos) {
    return usage_error(name.starts_with('-') ? "option" : "argument", name, text.substr(colon + 2));
  }
  return usage_error("option", "", text + "; " + try_help(sub));
}

}  // namespace netecho

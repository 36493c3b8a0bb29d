#include "cmd/cli.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "cmd/context.hpp"
#include "protocols/grammar/hints.hpp"

namespace netecho {
namespace {

constexpr const char* kProgram = "Tells whether the other end echoes, how fast, and how reliably.";

const Subcommand* find_subcommand(std::string_view name) {
  for (const Subcommand& each : subcommands()) {
    if (name == each.name) return &each;
  }
  return nullptr;
}

int print(const std::string& text) {
  Output out{STDOUT_FILENO, "stdout"};
  out.write(text);
  if (const auto error = out.error()) throw *error;
  return 0;
}

bool wants_help(const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    if (word == "--") return false;
    if (word == "-h" || word == "--help") return true;
  }
  return false;
}

Error unknown_subcommand(const std::string& word) {
  std::vector<std::string_view> names;
  for (const Subcommand& each : subcommands()) {
    if (*each.description != '\0') names.emplace_back(each.name);
  }
  const std::string guess{nearest_word(word, names)};
  const bool option = word.starts_with("-");
  return usage_error(option ? "option" : "command", word,
                     guess.empty() || option ? "unknown; try 'netecho --help'"
                                             : "unknown; did you mean " + guess + "?");
}

Error unknown_option(const CLI::App& sub, const std::string& word) {
  std::vector<std::string> names;
  for (const CLI::Option* option : sub.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  const std::vector<std::string_view> known{names.begin(), names.end()};
  const std::string guess{nearest_word(word.substr(0, word.find('=')), known)};
  return usage_error("option", word,
                     "unknown; " + (guess.empty() ? "try 'netecho " + sub.get_name() + " --help'"
                                                  : "did you mean " + guess + "?"));
}

/// Left over after parsing: an option nobody knows, or one argument too many.
void reject_extras(const CLI::App& sub) {
  std::vector<std::string> extras = sub.remaining();
  // CLI11 leaves the first "--" among them: it has done its work.
  if (const auto dashes = std::find(extras.begin(), extras.end(), "--"); dashes != extras.end()) {
    extras.erase(dashes);
  }
  if (extras.empty()) return;
  const std::string& first = extras.front();
  if (first.size() > 1 && first.front() == '-') throw unknown_option(sub, first);
  throw usage_error(
      "argument", first,
      sub.get_name() == "send" ? "one too many; quote DATA that has spaces" : "one too many");
}

}  // namespace

const std::vector<Subcommand>& subcommands() {
  static const std::vector<Subcommand> all{
      {"serve", "Echo server on any number of endpoints", add_serve_options},
      {"send", "Send a payload, read its echo, check it, print it", add_send_options},
      {"probe", "Measure round trips", add_probe_options},
      {"completion", "Print the completion script of a shell", add_completion_options},
      {"schema", "Print the JSON Schema of every event", add_schema_options},
      {"__complete", "", add_complete_options},
  };
  return all;
}

int run_command_line(const std::vector<std::string>& words) {
  CLI::App root{kProgram, "netecho"};
  root.set_help_flag();
  const Subcommand* named = words.empty() ? nullptr : find_subcommand(words.front());
  if (named == nullptr) {
    if (wants_help(words)) return print(help_text(root, nullptr));
    if (words.empty()) throw usage_error("", "", "a command is missing; try 'netecho --help'");
    if (words.front() == "--version") return print("netecho " NETECHO_VERSION "\n");
    throw unknown_subcommand(words.front());
  }
  CLI::App* sub = root.add_subcommand(named->name, named->description);
  sub->set_help_flag();
  sub->allow_extras();
  Selected selected;
  named->add_options(*sub, selected);
  if (*named->description != '\0' && wants_help(words)) return print(help_text(*sub, named));
  try {
    root.parse(std::vector<std::string>{words.rbegin(), words.rend()});
  } catch (const CLI::ParseError& error) {
    reject_extras(*sub);
    throw usage_error("option", "",
                      std::string(error.what()) + "; try 'netecho " + named->name + " --help'");
  }
  reject_extras(*sub);
  return selected();
}

ErrorFormat error_format(const std::vector<std::string>& words) {
  ErrorFormat format = ErrorFormat::line;
  const bool serves = !words.empty() && words.front() == "serve";
  for (std::size_t i = 0; i < words.size() && words[i] != "--"; ++i) {
    const std::string& word = words[i];
    const std::string value = word == "--format" && i + 1 < words.size() ? words[i + 1]
                              : word.starts_with("--format=")            ? word.substr(9)
                                                                         : "";
    if (word == "--json" || value == "json") {
      const bool lines = serves || (word == "--json" && std::find(words.begin(), words.end(),
                                                                  "--lines") != words.end());
      format = lines ? ErrorFormat::event : ErrorFormat::result;
    }
    if (value == "jsonl") format = ErrorFormat::event;
  }
  return format;
}

}  // namespace netecho

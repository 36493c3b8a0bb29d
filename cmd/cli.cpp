#include "cmd/cli.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "cmd/common_options.hpp"
#include "cmd/parse_errors.hpp"
#include "cmd/run/context.hpp"
#include "cmd/run/log.hpp"
#include "cmd/run/version.hpp"

namespace netecho {
namespace {

// These are bound after all others, so that they are the last ones of their group.
constexpr OptionSpec kPrintConfig{
    "--print-config", kFlag, "Print what each option holds and who says so, and end", kOutputGroup};
constexpr OptionSpec kHelp{"-h,--help",  kFlag, "Print this help; --help=all: with every option",
                           kOutputGroup, "",    kFirst};

/// Tells whether a bundle such as -vh asks for help: what follows an option with a value is its
/// value.
bool bundles_help(const std::string& word, const CLI::App* sub) {
  if (word.size() < 3 || word[0] != '-' || word[1] == '-') return false;
  for (const char letter : word.substr(1)) {
    if (letter == 'h') return true;
    const CLI::Option* option =
        sub == nullptr ? nullptr : sub->get_option_no_throw(std::string{'-', letter});
    if (option == nullptr || option->get_expected_min() != 0) return false;
  }
  return false;
}

/// Help is looked for before anything is parsed, so that it works beside every other error. Without
/// a subcommand there is no parser.
std::optional<HelpAmount> wanted_help(const std::vector<std::string>& words,
                                      const CLI::App* sub = nullptr) {
  for (const std::string& word : words) {
    if (word == "--") return std::nullopt;
    if (word == "--help=all") return HelpAmount::all;
    if (word == "-h" || word == "--help" || bundles_help(word, sub)) return HelpAmount::first;
  }
  return std::nullopt;
}

bool wants_configuration(const std::vector<std::string>& words) {
  const auto end = std::find(words.begin(), words.end(), "--");
  return std::find(words.begin(), end, kPrintConfig.names.c_str()) != end;
}

Selected bind_options(const Subcommand& subcommand, OptionBinder& options) {
  Selected selected = subcommand.bind(options);
  if (!subcommand.hidden()) {
    options.know(kPrintConfig);
    options.know(kHelp);
  }
  return selected;
}

/// What is typed first: -v may stand on either side.
bool wants_version(const std::vector<std::string>& words) {
  const std::string& first = words.front();
  const bool verbose = first == "-v" || first == "--verbose";
  const std::string& word = verbose && words.size() > 1 ? words[1] : first;
  return word == "--version" || word == "-V";
}

std::string version_of(const std::vector<std::string>& words) {
  const bool verbose = std::any_of(words.begin(), words.end(), [](const std::string& word) {
    return word == "-v" || word == "--verbose";
  });
  return version_text(verbose ? VersionAmount::libraries : VersionAmount::usual);
}

Job parse_without_subcommand(const std::vector<std::string>& words) {
  if (wanted_help(words)) return PrintJob{program_help()};
  if (words.empty()) {
    throw usage_error("", "",
                      "a command is missing: serve, send, probe, wait, watch, report, families, "
                      "completion or schema; "
                      "try 'netecho --help'");
  }
  if (wants_version(words)) return PrintJob{version_of(words)};
  throw unknown_subcommand(words.front());
}

void parse(const std::vector<std::string>& words, CLI::App& root, const CLI::App& sub,
           const std::vector<const OptionSpec*>& specs) {
  try {
    root.parse(std::vector<std::string>{words.rbegin(), words.rend()});
  } catch (const CLI::ParseError& error) {
    reject_extras(sub, specs);
    throw explained(error, sub);
  }
}

/// Errors are about variables, where these gave the values.
Job selected_job(const Selected& selected, const Origins& origins) try {
  return selected();
} catch (const Error& error) {
  throw origins.named(error);
}

int print(const std::string& text) {
  Output out{STDOUT_FILENO, "stdout"};
  out.write(text);
  if (const auto error = out.error()) throw *error;
  return 0;
}

template <typename... Callables>
struct Overloaded : Callables... {
  using Callables::operator()...;
};
template <typename... Callables>
Overloaded(Callables...) -> Overloaded<Callables...>;

}  // namespace

const std::vector<Subcommand>& subcommands() {
  static const std::vector<Subcommand> all{
      {"serve", "Echo server on any number of endpoints", bind_serve},
      {"send", "Send a payload, read its echo, check it, print it", bind_send},
      {"probe", "Measure round trips", bind_probe},
      {"wait", "Wait until services answer, then run a command", bind_wait},
      {"watch", "Probe many targets without an end, for Prometheus", bind_watch},
      {"report", "Make a page of saved output, to read, print or send", bind_report},
      {"families", "Show which protocol families this kernel gives, and how netecho speaks each",
       bind_families},
      {"completion", "Print the completion script of a shell", bind_completion},
      {"schema", "Print the JSON Schema of every event", bind_schema},
      {"help", "Open the manual page of a command", bind_help},
      {"__complete", "", bind_complete},
      {"__manual", "", bind_manual},
  };
  return all;
}

const Subcommand* find_subcommand(std::string_view name) {
  for (const Subcommand& each : subcommands()) {
    if (name == each.name) return &each;
  }
  return nullptr;
}

std::vector<const OptionSpec*> specs_of(const Subcommand& subcommand) {
  CLI::App app;
  app.set_help_flag();
  const std::vector<std::string> no_words;
  OptionBinder options{app, no_words};
  // Nothing is parsed, so that what they are bound to may be gone.
  static_cast<void>(bind_options(subcommand, options));
  return options.specs();
}

std::vector<const OptionSpec*> variable_specs_of(const Subcommand& subcommand) {
  std::vector<const OptionSpec*> out = specs_of(subcommand);
  std::erase_if(out, [](const OptionSpec* spec) {
    return spec->positional() || spec == &kPrintConfig || spec == &kHelp;
  });
  return out;
}

Job parse_command_line(const std::vector<std::string>& words) {
  Origins origins;
  return parse_command_line(words, origins);
}

Job parse_command_line(const std::vector<std::string>& words, Origins& origins) {
  const Subcommand* named = words.empty() ? nullptr : find_subcommand(words.front());
  if (named == nullptr) return parse_without_subcommand(words);
  CLI::App root{"", "netecho"};
  root.set_help_flag();
  CLI::App* sub = root.add_subcommand(named->name, named->description);
  sub->set_help_flag();
  sub->allow_extras();
  OptionBinder options{*sub, words};
  const Selected selected = bind_options(*named, options);
  if (const auto amount = named->hidden() ? std::nullopt : wanted_help(words, sub)) {
    return PrintJob{help_of(*named, options.specs(), *amount)};
  }
  const bool only_shown = wants_configuration(words);
  if (only_shown) options.require_nothing();
  parse(options.without_command(words), root, *sub, options.specs());
  Environment environment{named->name};
  options.read_environment(environment, origins);
  if (!only_shown) options.check_parsed();
  reject_extras(*sub, options.specs());
  Job job = selected_job(selected, origins);
  for (const std::string& complaint : environment.complaints()) log_warning(complaint);
  if (only_shown) return PrintJob{configuration_text(options.settings())};
  options.check_run();
  return job;
}

int run(const Job& job) {
  return std::visit(Overloaded{[](const ServeJob& serve) { return run_serve(serve); },
                               [](const SendJob& send) { return run_send(send); },
                               [](const ProbeJob& probe) {
                                 return probe.self ? run_self_probe(probe) : run_probe(probe);
                               },
                               [](const WaitJob& wait) { return run_wait(wait); },
                               [](const WatchJob& watch) { return run_watch(watch); },
                               [](const ReportJob& report) { return run_report(report); },
                               [](const FamiliesJob& view) { return run_families(view); },
                               [](const HelpJob& help) { return run_help(help); },
                               [](const PrintJob& text) { return print(text.text); }},
                    job);
}

const Format& error_format(const std::vector<std::string>& typed_words) {
  const std::vector<std::string> words = with_format_variables(typed_words);
  const Format* format = &text_format();
  // Only these end in a document; an error of anything else is an event.
  const bool ends_in_document =
      !words.empty() && (words.front() == "send" || words.front() == "probe");
  for (std::size_t i = 0; i < words.size() && words[i] != "--"; ++i) {
    const std::string& word = words[i];
    const std::string value = word == "--format" && i + 1 < words.size() ? words[i + 1]
                              : word.starts_with("--format=")            ? word.substr(9)
                                                                         : "";
    const bool json = word == "--json" || word == "--json=true";
    const Format* typed = json ? &json_format() : find_format(value);
    if (typed == nullptr || typed->kind == FormatKind::words) continue;
    if (typed->kind == FormatKind::figures) continue;
    const bool lines = json && std::find(words.begin(), words.end(), "--lines") != words.end();
    format = ends_in_document && !lines ? typed : &in_pieces(*typed);
  }
  return *format;
}

}  // namespace netecho

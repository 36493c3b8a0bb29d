// `netecho __manual WHAT [COMMAND]` prints a part of a manual page, in mdoc(7): what the build puts
// into the pages of packaging/man, so that they can't differ from the program.

#include <memory>

#include "cmd/cli.hpp"
#include "protocols/registry.hpp"

namespace netecho {
namespace {

struct ManualTyped {
  std::string part;
  std::optional<std::string> command;
};

constexpr OptionRow<ManualTyped> kManualArguments[] = {
    {{"part", choice("commands|synopsis|options|environment|exit-status|schemes"),
      "Which part of a page is printed"},
     &ManualTyped::part},
    {{"command", free_text("[COMMAND]"), "Whose options and variables"}, &ManualTyped::command}};

/// Escapes text for roff: what looks like an option keeps its minus signs when it is copied.
std::string roff(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool begins_word = i == 0 || text[i - 1] == ' ' || text[i - 1] == '-';
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-' && begins_word) {
      out += "\\-";
    } else {
      out += c;
    }
  }
  // A line that begins so would be a request.
  return out.starts_with('.') || out.starts_with('\'') ? "\\&" + out : out;
}

/// Returns the arguments of .It: `Fl c , Fl \-count Ar N`.
std::string item(const OptionSpec& spec) {
  std::string out;
  for (const std::string& name : parts_of(spec.names, ',')) {
    out += (out.empty() ? "Fl " : " , Fl ") + roff(name.substr(1));
  }
  if (spec.value.kind == ValueKind::none) return out;
  const std::string value = roff(spec.value.name.c_str());
  return out + (spec.value.place == ValuePlace::attached ? " Ns [= Ns Ar " + value + " ]"
                                                         : " Ar " + value);
}

std::string options_part(const Subcommand& subcommand) {
  // Groups keep the order in which they are met.
  std::vector<std::pair<std::string, std::string>> groups;
  for (const OptionSpec* spec : specs_of(subcommand)) {
    if (spec->positional()) continue;
    auto group = groups.begin();
    while (group != groups.end() && group->first != spec->group.c_str()) ++group;
    if (group == groups.end()) group = groups.insert(group, {spec->group.c_str(), ""});
    group->second += ".It " + item(*spec) + "\n" + roff(spec->summary.c_str()) + ".\n";
  }
  std::string out;
  for (const auto& [name, items] : groups) {
    out.append(".Ss ").append(name).append("\n.Bl -tag -width Ds\n").append(items).append(".El\n");
  }
  return out;
}

std::string environment_part(const Subcommand& subcommand) {
  std::string out = ".Bl -tag -width Ds -compact\n";
  for (const OptionSpec* spec : variable_specs_of(subcommand)) {
    out += ".It Ev " + variable_of(subcommand.name, *spec) + "\n.Fl " +
           roff(main_name(*spec).substr(1)) + "\n";
    const std::string_view shared = spec->shared;
    if (!shared.empty()) out.append("or else\n.Ev ").append(shared).append("\n");
  }
  return out + ".El\n";
}

std::string synopsis_part(const Subcommand& subcommand) {
  std::string out = ".Nm netecho " + std::string{subcommand.name} + "\n.Op Ar OPTIONS\n";
  for (const OptionSpec* spec : specs_of(subcommand)) {
    if (!spec->positional()) continue;
    std::string_view name = spec->value.name;
    const bool optional = name.starts_with('[');
    if (optional) name = name.substr(1, name.size() - 2);
    constexpr std::string_view kDashes = "-- ";
    const bool behind_dashes = name.starts_with(kDashes);
    if (behind_dashes) name.remove_prefix(kDashes.size());
    out += optional ? ".Op " : ".";
    out += behind_dashes ? "Fl \\- Ar " : "Ar ";
    out.append(name).append("\n");
  }
  return out;
}

std::string commands_part() {
  std::string out = ".Bl -tag -width completion\n";
  for (const Subcommand& each : subcommands()) {
    if (each.hidden()) continue;
    const std::string name = each.name;
    out += ".It Xr netecho-" + name + " 1\n" + roff(each.description) + ".\n";
  }
  return out + ".El\n";
}

std::string exit_status_part() {
  std::string out = ".Bl -tag -width 128+n -compact\n";
  for (const ExitMeaning& each : exit_codes()) {
    out += std::string{".It "} + each.code + "\n" + roff(each.meaning) + "\n";
  }
  return out + ".El\n";
}

std::string schemes_part() {
  std::string out = ".Bl -tag -width Ds\n";
  for (const Backend& backend : backends()) {
    out += ".It";
    const char* before = " Cm ";
    for (const Scheme& scheme : backend.schemes) {
      out.append(before).append(scheme.text);
      before = " , Cm ";
    }
    out += "\n" + roff(backend.summary) + ", such as\n.Ql " + roff(backend.example) + " .\n";
  }
  return out + ".El\n";
}

std::string part_of(const ManualTyped& typed) {
  if (typed.part == "commands") return commands_part();
  if (typed.part == "exit-status") return exit_status_part();
  if (typed.part == "schemes") return schemes_part();
  const Subcommand* const found = find_subcommand(typed.command.value_or(""));
  if (found == nullptr) throw usage_error("__manual", typed.part, "needs a command");
  return typed.part == "synopsis"  ? synopsis_part(*found)
         : typed.part == "options" ? options_part(*found)
                                   : environment_part(*found);
}

}  // namespace

Selected bind_manual(OptionBinder& options) {
  const auto typed = std::make_shared<ManualTyped>();
  options.bind(kManualArguments, *typed);
  return [typed] { return PrintJob{part_of(*typed)}; };
}

}  // namespace netecho

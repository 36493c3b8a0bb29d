#include <CLI/CLI.hpp>
#include <algorithm>

#include "cmd/cli.hpp"
#include "protocols/registry.hpp"

namespace netecho {
namespace {

constexpr std::size_t kWidth = 80;
constexpr std::size_t kIndent = 2;
constexpr std::size_t kColumn = 30;

constexpr const char* kExitCodes =
    R"(Exit codes: 0 success; 1 no reply; 2 usage; 3 name resolution; 4 connect, bind
or listen; 5 timed out; 6 the echo differs; 7 permission; 8 local I/O; 70 a bug;
128+n signal n.
)";

struct Examples {
  std::string_view subcommand;
  const char* text;
};

constexpr Examples kExamples[] = {
    {"serve", R"(  netecho serve                                tcp and udp on localhost:12345
  netecho serve udp://:7 unix:///run/echo.sock several at once
  netecho serve --once --json tcp://localhost:0
)"},
    {"send", R"(  netecho send localhost:12345 hello
  netecho send -f big.iso tcp://192.0.2.1:7    verified, in constant memory
  netecho send --retry 30 unix:///run/echo.sock ping
)"},
    {"probe", R"(  netecho probe udp://localhost:12345
  netecho probe -c 1000 -i 1ms tcp://[::1]:7 udp://[::1]:7
  netecho probe --mode connect tcp://192.0.2.1:443
  netecho probe --self
)"},
    {"completion", R"(  source <(netecho completion bash)
  netecho completion fish > ~/.config/fish/completions/netecho.fish
)"},
    {"schema", "  netecho schema > netecho.schema.json\n"}};

/// `left` in its column, `right` wrapped beside it.
std::string entry(const std::string& left, const std::string& right) {
  std::string out = std::string(kIndent, ' ') + left;
  if (out.size() + 2 > kColumn) out += "\n" + std::string(kColumn, ' ');
  out.append(kColumn > out.size() ? kColumn - out.size() : 0, ' ');
  std::size_t line = kColumn;
  for (std::size_t begin = 0; begin < right.size();) {
    std::size_t end = right.find(' ', begin);
    if (end == std::string::npos) end = right.size();
    const std::string word = right.substr(begin, end - begin);
    if (line + word.size() + 1 > kWidth && line > kColumn) {
      out += "\n" + std::string(kColumn, ' ');
      line = kColumn;
    }
    out += (line > kColumn ? " " : "") + word;
    line += word.size() + (line > kColumn ? 1 : 0);
    begin = end + 1;
  }
  return out + "\n";
}

std::string option_names(const CLI::Option& option) {
  std::string out;
  for (const std::string& name : option.get_snames()) out += (out.empty() ? "-" : ", -") + name;
  for (const std::string& name : option.get_lnames()) {
    out += (out.empty() ? "    --" : ", --") + name;
  }
  const std::string value = option.get_type_name();
  if (option.get_expected_min() == 0 && !value.empty()) return out + "[=" + value + "]";
  return value.empty() ? out : out + " " + value;
}

std::string option_groups(const CLI::App& app) {
  std::vector<std::pair<std::string, std::string>> groups;  // In the order they are met.
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_positional() || option->get_group().empty()) continue;
    const std::string& name = option->get_group();
    const auto same = [&name](const auto& group) { return group.first == name; };
    auto group = std::find_if(groups.begin(), groups.end(), same);
    if (group == groups.end()) group = groups.insert(groups.end(), {name, ""});
    group->second += entry(option_names(*option), option->get_description());
  }
  std::string out;
  for (const auto& [name, entries] : groups) {
    out.append("\n").append(name).append(":\n").append(entries);
  }
  return out;
}

std::string endpoints() {
  std::string out = "\nEndpoints:\n";
  for (const Backend& backend : backends()) {
    out += entry(std::string(backend.example), std::string(backend.summary));
  }
  return out;
}

std::string program_help() {
  std::string out =
      "netecho tells, over any kind of socket, whether the other end echoes, how fast,\n"
      "and how reliably.\n\nUsage: netecho COMMAND [OPTIONS] ...\n\nCommands:\n";
  for (const Subcommand& each : subcommands()) {
    if (*each.description != '\0') out += entry(each.name, each.description);
  }
  return out + endpoints() +
         "\n'netecho COMMAND --help' tells more of each. --version (-V) prints\nthe" +
         " version.\n\n" + kExitCodes;
}

}  // namespace

std::string help_text(const CLI::App& app, const Subcommand* subcommand) {
  if (subcommand == nullptr) return program_help();
  const std::string name = subcommand->name;
  std::string usage = "Usage: netecho " + name + " [OPTIONS]";
  bool takes_endpoint = false;
  for (const CLI::Option* option : app.get_options()) {
    if (!option->get_positional()) continue;
    usage += " " + option->get_type_name();
    takes_endpoint = takes_endpoint || option->get_name() == "endpoint";
  }
  std::string out = std::string(subcommand->description) + "\n\n" + usage + "\n" +
                    option_groups(app) + (takes_endpoint ? endpoints() : "");
  for (const Examples& each : kExamples) {
    if (each.subcommand == name) out += "\nExamples:\n" + std::string(each.text);
  }
  return out + "\n" + kExitCodes;
}

}  // namespace netecho

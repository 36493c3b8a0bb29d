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

// Each has three, which work as they stand once `netecho serve` runs.
constexpr Examples kExamples[] = {
    {"serve", R"(  netecho serve                                     tcp, udp: localhost:12345
  netecho serve udp://:7777 unix:///tmp/echo.sock   several at once
  netecho serve --once --json tcp://localhost:0     a free port, one connection
)"},
    {"send", R"(  netecho send localhost:12345 hello
  netecho send -f /etc/hosts localhost:12345        verified, in constant memory
  netecho send --retry 30 udp://localhost:12345 hi  waits until it is served
)"},
    {"probe", R"(  netecho probe udp://localhost:12345
  netecho probe -c 1000 -i 1ms --fail-if 'p99>10ms' localhost:12345
  netecho probe --self                              the floor of each transport
)"},
    {"report", R"(  netecho report run.json -o run.html
  netecho report before.json after.json -o difference.html
  netecho report run.json --samples run.csv -o run.html
)"},
    {"families", R"(  netecho families                                  tries IP, Unix, packet, IPX
  netecho families --all                            tries each that has a number
  netecho families --json | jq '.families[] | select(.usable).pf'
)"},
    {"completion", R"(  source <(netecho completion bash)
  netecho completion zsh > "${fpath[1]}/_netecho"
  netecho completion fish > ~/.config/fish/completions/netecho.fish
)"},
    {"schema", R"(  netecho schema > netecho.schema.json
  netecho schema | jq '.["$defs"] | keys'           what there is
  netecho schema | jq '.["$defs"].summary_fields'   the figures of a run
)"}};

/// Puts `left` into its column and wraps `right` beside it.
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

/// Returns "-c, --count N", with the long name in its column where there is no short one.
std::string option_names(const OptionSpec& spec) {
  const std::string_view names = spec.names;
  std::string out{names.starts_with("--") ? "    " : ""};
  for (const char c : names) out += c == ',' ? std::string{", "} : std::string{c};
  if (spec.value.kind == ValueKind::none) return out;
  const std::string value = spec.value.name;
  return out + (spec.value.place == ValuePlace::attached ? "[=" + value + "]" : " " + value);
}

std::string option_groups(const std::vector<const OptionSpec*>& specs) {
  // Groups keep the order in which they are met.
  std::vector<std::pair<std::string, std::string>> groups;
  for (const OptionSpec* spec : specs) {
    if (spec->positional()) continue;
    const std::string name = spec->group;
    const auto same = [&name](const auto& group) { return group.first == name; };
    auto group = std::find_if(groups.begin(), groups.end(), same);
    if (group == groups.end()) group = groups.insert(groups.end(), {name, ""});
    group->second += entry(option_names(*spec), spec->summary);
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

}  // namespace

std::string program_help() {
  std::string out =
      "netecho tells, over any kind of socket, whether the other end echoes, how fast,\n"
      "and how reliably.\n\nUsage: netecho COMMAND [OPTIONS] ...\n\nCommands:\n";
  for (const Subcommand& each : subcommands()) {
    if (!each.hidden()) out += entry(each.name, each.description);
  }
  return out + endpoints() +
         "\n'netecho COMMAND --help' tells more of each. --version (-V) prints\nthe" +
         " version.\n\n" + kExitCodes;
}

std::string help_of(const Subcommand& subcommand, const std::vector<const OptionSpec*>& specs) {
  const std::string name = subcommand.name;
  std::string usage = "Usage: netecho " + name + " [OPTIONS]";
  bool takes_endpoint = false;
  for (const OptionSpec* spec : specs) {
    if (!spec->positional()) continue;
    usage += " " + std::string(spec->value.name);
    takes_endpoint = takes_endpoint || spec->value.kind == ValueKind::endpoint;
  }
  std::string out = std::string(subcommand.description) + "\n\n" + usage + "\n" +
                    option_groups(specs) + (takes_endpoint ? endpoints() : "");
  for (const Examples& each : kExamples) {
    if (each.subcommand == name) out += "\nExamples:\n" + std::string(each.text);
  }
  return out + "\n" + kExitCodes;
}

}  // namespace netecho

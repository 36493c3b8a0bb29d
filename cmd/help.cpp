#include <algorithm>

#include "cmd/cli.hpp"
#include "protocols/registry.hpp"

namespace netecho {
namespace {

constexpr std::size_t kWidth = 80;
constexpr std::size_t kIndent = 2;
constexpr std::size_t kColumn = 30;

constexpr ExitMeaning kExitCodes[] = {
    {"0", "success"},
    {"1", "no reply"},
    {"2", "usage"},
    {"3", "name resolution"},
    {"4", "connect, bind or listen"},
    {"5", "timed out"},
    {"6", "the echo differs"},
    {"7", "permission"},
    {"8", "local I/O"},
    {"70", "a bug"},
    {"126", "COMMAND can't be run"},
    {"127", "there is no such COMMAND"},
    {"128+n", "signal n"},
};

struct Examples {
  std::string_view subcommand;
  const char* text;
};

// Each has three, which work as they stand once `netecho serve` runs.
constexpr Examples kExamples[] = {
    {"", R"(  netecho serve                                     tcp, udp: localhost:12345
  netecho send localhost:12345 hello
  netecho probe udp://localhost:12345
)"},
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
    {"wait", R"(  netecho wait localhost:12345 udp://localhost:12345
  netecho wait -v --any localhost:7 localhost:12345   the first that answers
  netecho wait --echo localhost:12345 -- netecho probe localhost:12345
)"},
    {"watch", R"(  netecho watch udp://localhost:12345 localhost:12345
  netecho watch --targets targets.json --interval 250ms
  netecho watch --listen 127.0.0.1:0 -v icmp://localhost
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
)"},
    {"help", R"(  netecho help                                      opens netecho(1)
  netecho help probe                                opens netecho-probe(1)
  netecho help serve | less
)"}};

/// Breaks a text into lines, the first of which begins in this column, and so do the others.
std::string wrapped(const std::string& text, std::size_t column) {
  std::string out;
  std::size_t line = column;
  for (std::size_t begin = 0; begin < text.size();) {
    std::size_t end = text.find(' ', begin);
    if (end == std::string::npos) end = text.size();
    const std::string word = text.substr(begin, end - begin);
    if (line + word.size() + 1 > kWidth && line > column) {
      out += "\n" + std::string(column, ' ');
      line = column;
    }
    out += (line > column ? " " : "") + word;
    line += word.size() + (line > column ? 1 : 0);
    begin = end + 1;
  }
  return out + "\n";
}

/// Puts `left` into its column and wraps `right` beside it.
std::string entry(const std::string& left, const std::string& right) {
  std::string out = std::string(kIndent, ' ') + left;
  if (out.size() + 2 > kColumn) out += "\n" + std::string(kColumn, ' ');
  out.append(kColumn > out.size() ? kColumn - out.size() : 0, ' ');
  return out + wrapped(right, kColumn);
}

/// Every help ends with these.
std::string ending(std::string_view subcommand) {
  std::string codes = "Exit codes:";
  const char* between = " ";
  for (const ExitMeaning& each : kExitCodes) {
    codes.append(between).append(each.code).append(" ").append(each.meaning);
    between = "; ";
  }
  std::string out = "\n" + wrapped(codes + ".", 0);
  for (const Examples& each : kExamples) {
    if (each.subcommand == subcommand) out.append("\nExamples:\n").append(each.text);
  }
  return out;
}

/// Returns "-c, --count N", with the long name in its column where there is no short one.
std::string option_names(const OptionSpec& spec) {
  const std::string_view names = spec.names;
  std::string out{names.starts_with("--") ? "    " : ""};
  for (const char c : names) out += c == ',' ? std::string{", "} : std::string{c};
  if (spec.value.kind == ValueKind::none) return out;
  const std::string value{spec.value.name};
  return out + (spec.value.place == ValuePlace::attached ? "[=" + value + "]" : " " + value);
}

std::string option_groups(const std::vector<const OptionSpec*>& specs, HelpAmount amount) {
  // Groups keep the order in which they are met.
  std::vector<std::pair<std::string, std::string>> groups;
  for (const OptionSpec* spec : specs) {
    if (spec->positional()) continue;
    if (amount == HelpAmount::first && spec->rank != Rank::first) continue;
    const std::string name{spec->group};
    const auto same = [&name](const auto& group) { return group.first == name; };
    auto group = std::find_if(groups.begin(), groups.end(), same);
    if (group == groups.end()) group = groups.insert(groups.end(), {name, ""});
    group->second += entry(option_names(*spec), spec->summary.c_str());
  }
  std::string out;
  for (const auto& [name, entries] : groups) {
    out.append("\n").append(name).append(":\n").append(entries);
  }
  return out;
}

bool has_more(const std::vector<const OptionSpec*>& specs) {
  return std::any_of(specs.begin(), specs.end(), [](const OptionSpec* spec) {
    return !spec->positional() && spec->rank == Rank::later;
  });
}

std::ptrdiff_t option_count(const std::vector<const OptionSpec*>& specs) {
  return std::count_if(specs.begin(), specs.end(),
                       [](const OptionSpec* spec) { return !spec->positional(); });
}

/// Shows how each kind of endpoint looks, or what it is, too.
std::string endpoints(HelpAmount amount) {
  std::string out = "\nEndpoints:\n";
  if (amount == HelpAmount::first) {
    std::string all;
    for (const Backend& backend : backends()) {
      all.append(all.empty() ? "" : " ").append(backend.example);
    }
    return out + std::string(kIndent, ' ') + wrapped(all, kIndent);
  }
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
  return out + endpoints(HelpAmount::all) +
         "\n'netecho COMMAND --help' tells more of each, 'netecho help COMMAND' most.\n"
         "--version (-V) prints the version.\n" +
         ending("");
}

std::string help_of(const Subcommand& subcommand, const std::vector<const OptionSpec*>& specs,
                    HelpAmount amount) {
  const std::string name = subcommand.name;
  std::string usage = "Usage: netecho " + name + " [OPTIONS]";
  bool takes_endpoint = false;
  for (const OptionSpec* spec : specs) {
    if (!spec->positional()) continue;
    usage += " " + std::string(spec->value.name);
    takes_endpoint = takes_endpoint || spec->value.kind == ValueKind::endpoint;
  }
  std::string out =
      std::string(subcommand.description) + "\n\n" + usage + "\n" + option_groups(specs, amount);
  if (amount == HelpAmount::first && has_more(specs)) {
    out += "\n--help=all shows all " + std::to_string(option_count(specs)) + " options.\n";
  }
  return out + (takes_endpoint ? endpoints(amount) : "") + ending(name);
}

std::span<const ExitMeaning> exit_codes() {
  return kExitCodes;
}

}  // namespace netecho

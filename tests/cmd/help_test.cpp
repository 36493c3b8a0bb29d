#include <algorithm>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "cmd/cli.hpp"
#include "tests/support/catch.hpp"

using namespace netecho;

namespace {

std::string help_text(const char* subcommand) {
  return std::get<PrintJob>(parse_command_line({subcommand, "--help"})).text;
}

bool contains(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

std::size_t longest_line(const std::string& text) {
  std::size_t longest = 0;
  std::istringstream lines{text};
  for (std::string line; std::getline(lines, line);) longest = std::max(longest, line.size());
  return longest;
}

/// The lines under "Examples:", up to the empty one.
std::vector<std::string> examples_in(const std::string& help) {
  std::istringstream lines{help.substr(std::min(help.find("\nExamples:\n") + 11, help.size()))};
  std::vector<std::string> out;
  for (std::string line; std::getline(lines, line) && !line.empty();) out.push_back(line);
  return out;
}

/// What a shell would give to netecho: without quotes, redirections, and the remark behind it.
std::vector<std::string> words_of_example(const std::string& line) {
  std::string command = line.substr(std::min(line.find("netecho "), line.size()));
  for (const char* end : {"  ", " > ", " | ", ")"}) {
    command.resize(std::min(command.find(end), command.size()));
  }
  std::erase(command, '\'');
  std::istringstream words{command};
  std::vector<std::string> out;
  for (std::string word; words >> word;) out.push_back(word);
  return out;
}

}  // namespace

TEST_CASE("help: fits a terminal of 80 columns, with examples and exit codes", "[unit]") {
  CHECK(longest_line(program_help()) <= 80);
  for (const Subcommand& each : subcommands()) {
    if (each.hidden()) continue;
    CAPTURE(each.name);
    const std::string help = help_text(each.name);
    CHECK(contains(help, "\nExamples:\n"));
    CHECK(contains(help, "\nExit codes: "));
    CHECK(longest_line(help) <= 80);
  }
}

TEST_CASE("help: fits two screens and ends with its examples; --help=all shows every option",
          "[unit]") {
  for (const Subcommand& each : subcommands()) {
    if (each.hidden()) continue;
    CAPTURE(each.name);
    const std::string help = help_text(each.name);
    CHECK(std::count(help.begin(), help.end(), '\n') <= 48);
    CHECK(help.rfind("\nExamples:\n") > help.rfind("\nExit codes: "));
    const std::string all = std::get<PrintJob>(parse_command_line({each.name, "--help=all"})).text;
    CHECK(longest_line(all) <= 80);
    for (const OptionSpec* spec : specs_of(each)) {
      if (spec->positional()) continue;
      const std::string name = " " + std::string{main_name(*spec)};
      CAPTURE(name);
      CHECK(contains(all, name.c_str()));
      if (spec->rank == Rank::first) CHECK(contains(help, name.c_str()));
    }
  }
  CHECK(contains(help_text("probe"), "\n--help=all shows all "));
  CHECK(examples_in(program_help()).size() == 3);
}

TEST_CASE("help: has three examples of each subcommand, and each is a command line", "[unit]") {
  for (const Subcommand& each : subcommands()) {
    if (each.hidden()) continue;
    const std::vector<std::string> lines = examples_in(help_text(each.name));
    CHECK(lines.size() == 3);
    for (const std::string& line : lines) {
      CAPTURE(line);
      const std::vector<std::string> words = words_of_example(line);
      REQUIRE(words.size() > 1);
      CHECK(words[1] == each.name);
      CHECK_NOTHROW(parse_command_line({words.begin() + 1, words.end()}));
    }
  }
}

TEST_CASE("help: each line of an option stands alone", "[unit]") {
  for (const Subcommand& each : subcommands()) {
    std::set<std::string> told;
    for (const OptionSpec* spec : specs_of(each)) {
      CAPTURE(spec->names.c_str());
      const std::string line{spec->summary};
      CHECK(told.insert(line).second);
      CHECK((line.front() >= 'A' && line.front() <= 'Z'));
      CHECK_FALSE(line.starts_with("Of "));
      CHECK(line.find(' ') != std::string::npos);
      CHECK((spec->positional() || *spec->group.c_str() != '\0'));
    }
  }
}

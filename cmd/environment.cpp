#include "cmd/environment.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "protocols/grammar/hints.hpp"

namespace netecho {
namespace {

char to_upper(char letter) {
  return letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter;
}

std::string prefix_of(std::string_view subcommand) {
  std::string out = "NETECHO_";
  for (const char letter : subcommand) out += to_upper(letter);
  return out + "_";
}

/// Tells whether Kubernetes names a variable like this after a service in the namespace, such as
/// one called netecho-serve: NETECHO_SERVE_SERVICE_HOST, NETECHO_SERVE_PORT_7_TCP_ADDR.
bool is_of_kubernetes(std::string_view name) {
  if (name.ends_with("_SERVICE_HOST") || name.ends_with("_PORT")) return true;
  const std::size_t service = name.find("_SERVICE_PORT");
  if (service != std::string_view::npos) {
    const std::string_view rest = name.substr(service + std::string_view{"_SERVICE_PORT"}.size());
    if (rest.empty() || rest.front() == '_') return true;
  }
  constexpr std::string_view kPort = "_PORT_";
  for (std::size_t at = name.find(kPort); at != std::string_view::npos;
       at = name.find(kPort, at + 1)) {
    const std::string_view rest = name.substr(at + kPort.size());
    const std::string_view digits = rest.substr(0, rest.find('_'));
    if (digits.size() < rest.size() && !digits.empty() && is_digits(digits)) return true;
  }
  return false;
}

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  const auto same = [text](std::string_view word) {
    return std::ranges::equal(text, word, {}, to_upper, to_upper);
  };
  return std::any_of(words.begin(), words.end(), same);
}

bool is_true(const std::string& text) {
  return is_one_of(text, {"1", "true", "yes"});
}

}  // namespace

std::string variable_of(std::string_view subcommand, const OptionSpec& spec) {
  std::string out = prefix_of(subcommand);
  const std::string_view name = main_name(spec);
  for (const char letter : name.substr(name.find_first_not_of('-'))) {
    out += letter == '-' ? '_' : to_upper(letter);
  }
  return out;
}

std::string variable_value(const std::string& name) {
  const char* const value = std::getenv(name.c_str());
  return value == nullptr ? "" : value;
}

bool flag_value(const std::string& variable, const std::string& text) {
  if (is_true(text)) return true;
  if (is_one_of(text, {"0", "false", "no"})) return false;
  throw usage_error("environment", variable, "expected 1 or 0, got '" + text + "'");
}

Environment::Environment(std::string_view subcommand) : subcommand_{subcommand} {
  const std::string prefix = prefix_of(subcommand);
  for (char** each = ::environ; each != nullptr && *each != nullptr; ++each) {
    const std::string_view entry = *each;
    if (!entry.starts_with(prefix)) continue;
    const std::size_t equals = std::min(entry.find('='), entry.size());
    if (equals + 1 >= entry.size()) continue;
    variables_.push_back(
        {std::string{entry.substr(0, equals)}, std::string{entry.substr(equals + 1)}});
  }
}

const Environment::Variable* Environment::take(const OptionSpec& spec) {
  if (variables_.empty()) return nullptr;  // As nearly always: no name has to be made.
  known_.push_back(variable_of(subcommand_, spec));
  const auto found = std::ranges::find(variables_, known_.back(), &Variable::name);
  return found == variables_.end() ? nullptr : &*found;
}

std::vector<std::string> Environment::complaints() const {
  // What all names begin with says nothing of how near two are.
  const std::size_t prefix = prefix_of(subcommand_).size();
  std::vector<std::string_view> known;
  for (const std::string_view name : known_) known.push_back(name.substr(prefix));
  std::vector<std::string> out;
  for (const Variable& each : variables_) {
    const bool is_known = std::ranges::find(known_, each.name) != known_.end();
    if (is_known || is_of_kubernetes(each.name)) continue;
    std::string line =
        "environment " + each.name + ": no option of " + subcommand_ + " has this name";
    const std::string_view near = nearest_word(each.name.substr(prefix), known);
    if (!near.empty())
      line += "; did you mean " + each.name.substr(0, prefix) + std::string{near} + "?";
    out.push_back(std::move(line));
  }
  return out;
}

void Origins::add(const OptionSpec& spec, std::string variable) {
  variables_.emplace_back(&spec, std::move(variable));
}

Error Origins::named(const Error& error) const {
  // One that no endpoint can honor stands in front.
  const std::string& name = error.operation() == "option" ? error.subject() : error.operation();
  for (const auto& [spec, variable] : variables_) {
    const std::vector<std::string> names = parts_of(spec->names, ',');
    if (std::find(names.begin(), names.end(), name) == names.end()) continue;
    return Error{error.category(), "environment", variable, error.reason(), error.error_number()};
  }
  return error;
}

std::vector<std::string> with_format_variables(std::vector<std::string> words) {
  if (words.empty()) return words;
  const auto end = std::find(words.begin(), words.end(), "--");
  const auto typed = [&](std::string_view name) {
    return std::any_of(words.begin(), end, [name](std::string_view word) {
      return word == name || (word.starts_with(name) && word.substr(name.size()).starts_with('='));
    });
  };
  const std::string prefix = prefix_of(words.front());
  std::vector<std::string> added;
  if (!typed("--format") && !typed("--json")) {
    const std::string format = variable_value(prefix + "FORMAT");
    if (!format.empty()) added.push_back("--format=" + format);
    if (is_true(variable_value(prefix + "JSON"))) added.emplace_back("--json");
  }
  if (!typed("--lines") && is_true(variable_value(prefix + "LINES"))) added.emplace_back("--lines");
  words.insert(words.begin() + 1, added.begin(), added.end());
  return words;
}

}  // namespace netecho

#include "cmd/option_binder.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iterator>

namespace netecho {
namespace {

/// Gives an option its value's name for error lines, and a check of its words.
CLI::Option* described(CLI::Option* option, const ValueSpec& value) {
  option->type_name(value.name);
  if (value.kind != ValueKind::choice) return option;
  return option->check([&value](const std::string& text) {
    const std::vector<std::string> words = parts_of(value.name, '|');
    if (std::find(words.begin(), words.end(), text) != words.end()) return std::string{};
    return "expected " + std::string(value.name) + ", got '" + text + "'";
  });
}

}  // namespace

void OptionBinder::know(const OptionSpec& spec) {
  app_.add_flag(spec.names)->disable_flag_override();
  specs_.push_back(&spec);
}

void OptionBinder::bind_command(const OptionSpec& spec, std::vector<std::string>& command) {
  command_ = &command;
  specs_.push_back(&spec);
}

std::vector<std::string> OptionBinder::without_command(std::vector<std::string> words) const {
  const auto dashes = std::find(words.begin(), words.end(), "--");
  if (command_ == nullptr || dashes == words.end()) return words;
  command_->assign(std::next(dashes), words.end());
  words.erase(dashes, words.end());
  return words;
}

void OptionBinder::on_parsed(std::function<void()> check) {
  app_.callback(std::move(check));
}

// CLI11 would take --json=false, and --json=0, and more, if its override were not disabled.
void OptionBinder::bind_one(const OptionSpec& spec, bool& flag) {
  app_.add_flag(spec.names, flag)->disable_flag_override();
}

void OptionBinder::bind_one(const OptionSpec& spec, int& count) {
  app_.add_flag(spec.names, count)->disable_flag_override();
}

void OptionBinder::bind_one(const OptionSpec& spec, std::string& text) {
  if (spec.positional()) {
    described(app_.add_option(spec.names, text), spec.value)->required();
  } else {  // To CLI11 it is a flag whose value can be overridden.
    described(app_.add_flag(spec.names + std::string{"{on}"}, text), spec.value);
  }
}

void OptionBinder::bind_one(const OptionSpec& spec, std::optional<std::string>& value) {
  described(app_.add_option(spec.names, value), spec.value);
}

void OptionBinder::bind_one(const OptionSpec& spec, std::vector<std::string>& values) {
  CLI::Option* option = described(app_.add_option(spec.names, values), spec.value);
  // An option takes one value a mention: what follows is an endpoint.
  if (!spec.positional()) option->allow_extra_args(false);
}

std::vector<std::string> parts_of(std::string_view text, char separator) {
  std::vector<std::string> parts{""};
  for (const char c : text) {
    if (c == separator) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

}  // namespace netecho

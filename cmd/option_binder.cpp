#include "cmd/option_binder.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iterator>

namespace netecho {
namespace {

/// Gives an option its value's name for error lines, and a check of its words.
CLI::Option* described(CLI::Option* option, const ValueSpec& value) {
  option->type_name(value.name.c_str());
  if (value.kind != ValueKind::choice) return option;
  return option->check([&value](const std::string& text) { return choice_complaint(value, text); });
}

}  // namespace

void OptionBinder::know(const OptionSpec& spec) {
  if (is_named(spec)) app_.add_flag(spec.names.c_str())->disable_flag_override();
  specs_.push_back(&spec);
}

void OptionBinder::bind_command(const OptionSpec& spec, std::vector<std::string>& command) {
  command_spec_ = &spec;
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

void OptionBinder::check_parsed() const {
  if (parsed_) parsed_();
}

void OptionBinder::check_run() const {
  if (run_) run_();
}

void OptionBinder::require_nothing() {
  for (const Bound& bound : bound_) {
    if (bound.option != nullptr) bound.option->required(false);
  }
}

bool OptionBinder::is_named(const OptionSpec& spec) const {
  if (spec.positional()) return true;
  const std::string_view name = main_name(spec);
  const char letter = spec.names.c_str()[1];  // '-' is the letter of none.
  return std::any_of(words_.begin(), words_.end(), [&](const std::string& word) {
    if (word.starts_with("--")) return word.starts_with(name);
    return word.starts_with('-') && word.find(letter, 1) != word.npos;
  });
}

// CLI11 would take --json=false, and --json=0, and more, if its override were not disabled.
CLI::Option* OptionBinder::bind_one(const OptionSpec& spec, bool& flag) {
  return app_.add_flag(spec.names.c_str(), flag)->disable_flag_override();
}

CLI::Option* OptionBinder::bind_one(const OptionSpec& spec, int& count) {
  return app_.add_flag(spec.names.c_str(), count)->disable_flag_override();
}

CLI::Option* OptionBinder::bind_one(const OptionSpec& spec, std::string& text) {
  if (spec.positional()) {
    return described(app_.add_option(spec.names.c_str(), text), spec.value)->required();
  }
  // To CLI11 it is a flag whose value can be overridden.
  return described(app_.add_flag(spec.names.c_str() + std::string{"{on}"}, text), spec.value);
}

CLI::Option* OptionBinder::bind_one(const OptionSpec& spec, std::optional<std::string>& value) {
  return described(app_.add_option(spec.names.c_str(), value), spec.value);
}

CLI::Option* OptionBinder::bind_one(const OptionSpec& spec, std::vector<std::string>& values) {
  CLI::Option* option = described(app_.add_option(spec.names.c_str(), values), spec.value);
  // An option takes one value a mention: what follows is an endpoint.
  if (!spec.positional()) option->allow_extra_args(false);
  return option;
}

}  // namespace netecho

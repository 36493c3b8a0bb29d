// Where the options of a subcommand have their values from: what was typed, or else a variable.

#include <CLI/CLI.hpp>
#include <algorithm>

#include "cmd/option_binder.hpp"

namespace netecho {
namespace {

/// Reads the value of a variable into what an option is bound to, as it would be typed.
struct Assign {
  const OptionSpec& spec;
  const std::string& variable;
  const std::string& text;

  void operator()(bool* flag) const { *flag = flag_value(variable, text); }
  /// How often it would be typed: a digit, or a flag's words.
  void operator()(int* count) const {
    const bool digit = text.size() == 1 && text[0] >= '0' && text[0] <= '9';
    *count = digit ? text[0] - '0' : static_cast<int>(flag_value(variable, text));
  }
  void operator()(std::string* attached) const { *attached = text; }
  void operator()(std::optional<std::string>* value) const { *value = checked_text(); }
  void operator()(std::vector<std::string>* values) const { *values = {checked_text()}; }

  [[nodiscard]] const std::string& checked_text() const {
    if (spec.value.kind == ValueKind::choice) {
      const std::string complaint = choice_complaint(spec.value, text);
      if (!complaint.empty()) throw usage_error("environment", variable, complaint);
    }
    return text;
  }
};

/// Returns what an option that has a value is shown with.
struct Shown {
  std::string operator()(const bool* flag) const { return *flag ? "on" : "off"; }
  std::string operator()(const int* count) const { return std::to_string(*count); }
  std::string operator()(const std::string* text) const { return *text; }
  std::string operator()(const std::optional<std::string>* value) const {
    return value->value_or("");
  }
  std::string operator()(const std::vector<std::string>* values) const {
    std::string out;
    for (const std::string& each : *values) out += (out.empty() ? "" : " ") + each;
    return out;
  }
};

}  // namespace

void OptionBinder::exclude(std::initializer_list<std::string_view> names) {
  for (const std::string_view stronger : names) {
    for (const std::string_view weaker : names) {
      if (stronger != weaker) prefer(stronger, weaker.substr(0, weaker.find('=')));
    }
  }
}

void OptionBinder::prefer(std::string_view stronger, std::string_view weaker) {
  preferred_.emplace_back(stronger, weaker);
}

bool OptionBinder::Bound::is_typed() const {
  return option != nullptr && option->count() > 0;
}

bool OptionBinder::is_typed(std::string_view name) const {
  const std::size_t equals = std::min(name.find('='), name.size());
  const std::string option{name.substr(0, equals)};
  const CLI::Option* const found = app_.get_option_no_throw(option);
  if (found == nullptr || found->count() == 0) return false;
  return equals == name.size() || found->results().front() == name.substr(equals + 1);
}

bool OptionBinder::is_excluded(const OptionSpec& spec) const {
  return std::any_of(preferred_.begin(), preferred_.end(), [&](const auto& pair) {
    return pair.second == main_name(spec) && is_typed(pair.first);
  });
}

void OptionBinder::read_environment(Environment& environment, Origins& origins) {
  for (Bound& bound : bound_) {
    if (bound.spec->positional()) continue;
    const Environment::Variable* const variable = environment.take(*bound.spec);
    if (variable == nullptr || bound.is_typed() || is_excluded(*bound.spec)) {
      continue;
    }
    std::visit(Assign{*bound.spec, variable->name, variable->value}, bound.target);
    bound.variable = variable->name;
    origins.add(*bound.spec, variable->name);
  }
}

Setting OptionBinder::setting_of(const Bound& bound) const {
  const OptionSpec& spec = *bound.spec;
  if (bound.is_typed()) return {&spec, std::visit(Shown{}, bound.target), "command line"};
  if (!bound.variable.empty()) {
    return {&spec, std::visit(Shown{}, bound.target), "environment " + bound.variable};
  }
  const std::string shared = is_excluded(spec) ? "" : variable_value(spec.shared.c_str());
  if (!shared.empty()) return {&spec, shared, std::string{"environment "} + spec.shared.c_str()};
  const bool flag = spec.value.kind == ValueKind::none;
  const std::string usual = flag ? std::visit(Shown{}, bound.target) : spec.usual.c_str();
  return {&spec, usual.empty() ? "-" : usual, "default"};
}

std::vector<GivenOption> OptionBinder::given() const {
  std::vector<GivenOption> out;
  for (const Bound& bound : bound_) {
    if (bound.spec->needs == Needs::nothing) continue;
    if (!bound.is_typed() && bound.variable.empty()) continue;
    // A variable may say no to a flag.
    const auto* const flag = std::get_if<bool*>(&bound.target);
    if (flag != nullptr && !**flag) continue;
    out.push_back({std::string{main_name(*bound.spec)}, bound.spec->needs});
  }
  return out;
}

std::vector<Setting> OptionBinder::settings() const {
  std::vector<Setting> out;
  for (const Bound& bound : bound_) {
    if (bound.spec->positional() && !bound.is_typed()) continue;
    out.push_back(setting_of(bound));
  }
  if (command_ != nullptr && !command_->empty()) {  // It is typed behind all others, too.
    out.push_back({command_spec_, Shown{}(command_), "command line"});
  }
  return out;
}

}  // namespace netecho

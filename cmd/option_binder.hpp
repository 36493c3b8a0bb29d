#pragma once

/// \file
/// CLI11's options are made of rows here, whose specs are kept for help and completion.

#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "cmd/environment.hpp"
#include "cmd/option_spec.hpp"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace netecho {

/// Says what one option holds, and where that comes from.
struct Setting {
  const OptionSpec* spec = nullptr;
  std::string value;
  std::string origin;
};

/// Binds the options of one subcommand. Borrows the parser and the words that it will parse; what
/// the options are bound to must be there while it parses. The parser gets to know only the options
/// that one of the words may name: making all of them takes longer than anything else at start.
class OptionBinder {
 public:
  OptionBinder(CLI::App& app, const std::vector<std::string>& words) : app_{app}, words_{words} {}

  template <class Rows, class Typed>
  void bind(const Rows& rows, Typed& typed) {
    for (const auto& row : rows) {
      const auto bind_member = [&](auto member) {
        auto& target = typed.*member;
        CLI::Option* const option = is_named(row.spec) ? bind_one(row.spec, target) : nullptr;
        bound_.push_back({&row.spec, option, &target, ""});
      };
      std::visit(bind_member, row.member);
      specs_.push_back(&row.spec);
    }
  }
  /// Adds a flag that the parser only has to know: somebody else looks for it. It has no variable.
  void know(const OptionSpec& spec);
  /// What follows "--" is another program's command line, and goes to `command` whole.
  void bind_command(const OptionSpec& spec, std::vector<std::string>& command);
  /// Moves that command line to its place and returns the other words. Where none was bound, the
  /// parser knows itself what "--" means.
  [[nodiscard]] std::vector<std::string> without_command(std::vector<std::string> words) const;

  /// Says that of these options one alone may be given: where one is typed, the variables of the
  /// others don't hold. "--mode=connect" excludes them with that value only.
  void exclude(std::initializer_list<std::string_view> names);
  /// Says that the variable of `weaker` doesn't hold where `stronger` is typed.
  void prefer(std::string_view stronger, std::string_view weaker);

  /// `check` is called when all options have their values, before what is left over is refused. It
  /// may throw a usage Error.
  void on_parsed(std::function<void()> check) { parsed_ = std::move(check); }
  void check_parsed() const;
  /// `check` is called when nothing else is wrong, before the job is run. It may throw, too.
  void on_run(std::function<void()> check) { run_ = std::move(check); }
  void check_run() const;

  /// Asks for no argument that must be there otherwise: nothing will be run.
  void require_nothing();

  /// Gives the options that were not typed the values of their variables, once the command line was
  /// parsed. Throws a usage Error that names a variable whose value is none.
  void read_environment(Environment& environment, Origins& origins);

  /// Returns what each option and each argument that is there holds now, in their order.
  [[nodiscard]] std::vector<Setting> settings() const;

  /// Returns the options that hold a value and mean nothing for some endpoints, in their order.
  [[nodiscard]] std::vector<GivenOption> given() const;

  /// Returns all specs, in the order in which they were bound.
  [[nodiscard]] const std::vector<const OptionSpec*>& specs() const { return specs_; }

 private:
  using Target = std::variant<bool*, int*, std::string*, std::optional<std::string>*,
                              std::vector<std::string>*>;
  struct Bound {
    const OptionSpec* spec;
    CLI::Option* option;  ///< Null where no word can name it.
    Target target;
    std::string variable;  ///< Gave the value; empty if none did.

    [[nodiscard]] bool is_typed() const;
  };

  /// Tells whether a word may name the option, alone, with a value or in a bundle such as -vq.
  /// Positional arguments need no name.
  [[nodiscard]] bool is_named(const OptionSpec& spec) const;
  [[nodiscard]] bool is_typed(std::string_view name) const;
  [[nodiscard]] bool is_excluded(const OptionSpec& spec) const;
  [[nodiscard]] Setting setting_of(const Bound& bound) const;

  CLI::Option* bind_one(const OptionSpec& spec, bool& flag);
  CLI::Option* bind_one(const OptionSpec& spec, int& count);
  CLI::Option* bind_one(const OptionSpec& spec, std::string& text);
  CLI::Option* bind_one(const OptionSpec& spec, std::optional<std::string>& value);
  CLI::Option* bind_one(const OptionSpec& spec, std::vector<std::string>& values);

  CLI::App& app_;
  const std::vector<std::string>& words_;
  const OptionSpec* command_spec_ = nullptr;
  std::vector<std::string>* command_ = nullptr;  ///< Null where nothing else is to be run.
  std::vector<Bound> bound_;
  std::vector<const OptionSpec*> specs_;
  std::vector<std::pair<std::string_view, std::string_view>> preferred_;  ///< Stronger, weaker.
  std::function<void()> parsed_;
  std::function<void()> run_;
};

}  // namespace netecho

#pragma once

/// \file
/// CLI11's options are made of rows here, whose specs are kept for help and completion.

#include <functional>

#include "cmd/option_spec.hpp"

namespace CLI {
class App;
}

namespace netecho {

/// Binds the options of one subcommand. Borrows the parser; what the options are bound to must be
/// there while it parses.
class OptionBinder {
 public:
  explicit OptionBinder(CLI::App& app) : app_{app} {}

  template <class Rows, class Typed>
  void bind(const Rows& rows, Typed& typed) {
    for (const auto& row : rows) {
      std::visit([&](auto member) { bind_one(row.spec, typed.*member); }, row.member);
      specs_.push_back(&row.spec);
    }
  }
  /// Adds a flag that the parser only has to know: somebody else looks for it.
  void know(const OptionSpec& spec);
  /// What follows "--" is another program's command line, and goes to `command` whole.
  void bind_command(const OptionSpec& spec, std::vector<std::string>& command);
  /// Moves that command line to its place and returns the other words. Where none was bound, the
  /// parser knows itself what "--" means.
  [[nodiscard]] std::vector<std::string> without_command(std::vector<std::string> words) const;
  /// `check` is called when all options have their values, before what is left over is refused. It
  /// may throw a usage Error.
  void on_parsed(std::function<void()> check);

  /// Returns all specs, in the order in which they were bound.
  [[nodiscard]] const std::vector<const OptionSpec*>& specs() const { return specs_; }

 private:
  void bind_one(const OptionSpec& spec, bool& flag);
  void bind_one(const OptionSpec& spec, int& count);
  void bind_one(const OptionSpec& spec, std::string& text);
  void bind_one(const OptionSpec& spec, std::optional<std::string>& value);
  void bind_one(const OptionSpec& spec, std::vector<std::string>& values);

  CLI::App& app_;
  std::vector<std::string>* command_ = nullptr;  ///< Null where nothing else is to be run.
  std::vector<const OptionSpec*> specs_;
};

}  // namespace netecho

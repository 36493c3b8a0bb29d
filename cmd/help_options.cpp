#include <memory>

#include "cmd/cli.hpp"
#include "cmd/parse_errors.hpp"

namespace netecho {
namespace {

struct HelpTyped {
  std::optional<std::string> command;
};

constexpr OptionRow<HelpTyped> kHelpArguments[] = {
    {{"command", free_text("[COMMAND]"), "Whose page is opened; netecho's own without it"},
     &HelpTyped::command}};

HelpJob help_job_of(const HelpTyped& typed) {
  if (!typed.command) return {"netecho", program_help()};
  const Subcommand* const found = find_subcommand(*typed.command);
  if (found == nullptr || found->hidden()) throw unknown_subcommand(*typed.command);
  return {std::string{"netecho-"} + found->name,
          help_of(*found, specs_of(*found), HelpAmount::first)};
}

}  // namespace

Selected bind_help(OptionBinder& options) {
  const auto typed = std::make_shared<HelpTyped>();
  options.bind(kHelpArguments, *typed);
  return [typed] { return help_job_of(*typed); };
}

}  // namespace netecho

#include <memory>

#include "cmd/cli.hpp"
#include "cmd/common_options.hpp"
#include "cmd/run/families_job.hpp"

namespace netecho {
namespace {

struct FamiliesTyped {
  CommonTyped common;
  bool all = false;
};

constexpr OptionRow<FamiliesTyped> kFamiliesRows[] = {
    {{"--all", kFlag, "Try the sockets of all families, for which the kernel may load modules",
      "Families", "", kFirst},
     &FamiliesTyped::all},
};

}  // namespace

Selected bind_families(OptionBinder& options) {
  const auto typed = std::make_shared<FamiliesTyped>();
  options.bind(kFamiliesRows, *typed);
  bind_output(options, typed->common, Reports::events);
  return [typed] {
    return FamiliesJob{.common = common_values(typed->common),
                       .tried = typed->all ? FamiliesTried::all : FamiliesTried::lesson};
  };
}

}  // namespace netecho

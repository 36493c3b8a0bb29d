#include "cmd/run/families_view.hpp"

#include <algorithm>

#include "protocols/registry.hpp"

namespace netecho {
namespace {

FamilyFacts facts_of(const ProtocolFamily& family) {
  FamilyFacts out{.number = static_cast<std::uint16_t>(family.number),
                  .pf = std::string{"PF_"} + family.name.c_str(),
                  .af = std::string{"AF_"} + family.name.c_str(),
                  .description = family.description.c_str(),
                  .socket_types = {},
                  .schemes = {},
                  .privilege = {},
                  .usable = {}};
  const std::string_view privilege = family.privilege;
  if (!privilege.empty()) out.privilege = privilege;
  for (const SocketTry& each : calls_of(family.tries))
    out.socket_types.push_back({.type = each.type});
  if (!family.addresses) return out;
  for (const std::string_view scheme : schemes_of(*family.addresses)) {
    out.schemes.emplace_back(scheme);
  }
  return out;
}

void try_types(const ProtocolFamily& family, const SocketAttempt& attempt, FamilyFacts& facts) {
  const auto calls = calls_of(family.tries);
  for (std::size_t i = 0; i < calls.size(); ++i) {
    const int error = attempt(family.number, calls[i]);
    facts.socket_types[i].available = error == 0;
    facts.socket_types[i].error_number = error;
  }
  facts.usable = std::ranges::any_of(facts.socket_types, [](const SocketTypeFacts& each) {
    return each.available.value_or(false);
  });
}

/// What netecho speaks over sockets of another family can be used whenever those can.
void lend_carriers(std::vector<FamilyFacts>& facts) {
  for (std::size_t i = 0; i < facts.size(); ++i) {
    const int carrier = protocol_families()[i].carrier;
    if (carrier == 0 || facts[i].schemes.empty() || facts[i].usable == true) continue;
    const auto lends = [=](const FamilyFacts& each) { return each.number == carrier; };
    facts[i].usable = std::ranges::find_if(facts, lends)->usable;
  }
}

}  // namespace

FamiliesEvent families_view(FamiliesTried tried, const SocketAttempt& attempt) {
  FamiliesEvent out;
  for (const ProtocolFamily& family : protocol_families()) {
    const bool of_lesson = out.families.size() < kLessonFamilies;
    FamilyFacts& facts = out.families.emplace_back(facts_of(family));
    if (of_lesson || tried == FamiliesTried::all) try_types(family, attempt, facts);
  }
  lend_carriers(out.families);
  return out;
}

}  // namespace netecho

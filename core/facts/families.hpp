#pragma once

/// \file
/// What `netecho families` tells of each protocol family.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/facts/fields.hpp"
#include "core/net/protocol_families.hpp"

namespace netecho {

/// Whether the kernel gives a type of socket; with a reason where it does not.
struct SocketTypeFacts {
  KernelType type = KernelType::stream;
  std::optional<bool> available{};  ///< None: not tried.
  int error_number = 0;             ///< What socket(2) said; 0: nothing.
};

template <>
struct Fields<SocketTypeFacts> {
  static void visit(auto&& v, auto&... t) {
    v("type", t.type...);
    v("available", t.available...);
    v("errno_name", ErrnoName{t.error_number}...);
  }
};

struct FamilyFacts {
  std::uint16_t number = 0;
  std::string pf, af;  ///< "PF_INET", "AF_INET".
  std::string description;
  std::vector<SocketTypeFacts> socket_types;
  std::vector<std::string> schemes;        ///< By which netecho speaks it.
  std::optional<std::string> privilege{};  ///< None: its sockets take none.
  std::optional<bool> usable{};            ///< One can be had now; none: not tried.
};

template <>
struct Fields<FamilyFacts> {
  static void visit(auto&& v, auto&... f) {
    v("number", f.number...);
    v("pf", f.pf...);
    v("af", f.af...);
    v("description", f.description...);
    v("socket_types", f.socket_types...);
    v("schemes", f.schemes...);
    v("privilege", f.privilege...);
    v("usable", f.usable...);
  }
};

struct FamiliesEvent {
  std::vector<FamilyFacts> families;
};

template <>
struct Fields<FamiliesEvent> {
  static constexpr std::string_view kType = "families";
  static void visit(auto&& v, auto&... e) { v("families", e.families...); }
};

}  // namespace netecho

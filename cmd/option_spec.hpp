#pragma once

/// \file
/// An option is a row, from which CLI11's option, its line in --help and what a shell completes are
/// made. Nothing here knows CLI11.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "cmd/run/endpoint_options.hpp"
#include "core/base/fixed_text.hpp"

namespace netecho {

/// This is what a value may be, as far as the parser checks it and a shell can complete it.
enum class ValueKind : std::uint8_t {
  none,         ///< A flag has no value.
  other,        ///< No shell can complete it; whoever reads the value checks it.
  choice,       ///< One of the words in the value's name; the parser refuses all others.
  open_choice,  ///< The same words are offered, and others checked by whoever reads the value.
  file,         ///< bash asks `netecho __complete file`; zsh and fish know files themselves.
  interface,    ///< Shells ask `netecho __complete interface`.
  dscp,         ///< Shells ask `netecho __complete dscp`.
  endpoint,     ///< Shells ask `netecho __complete serve|client`.
};

enum class ValuePlace : std::uint8_t {
  next,      ///< It is the next argument, or follows an equals sign.
  attached,  ///< It may be left out, and follows an equals sign only: never the next argument.
};

struct ValueSpec {
  FixedText<63> name = "";  ///< Help shows it; a choice is all its words: "auto|always|never".
  ValueKind kind = ValueKind::none;
  ValuePlace place = ValuePlace::next;
};

inline constexpr ValueSpec kFlag{};
inline constexpr ValueSpec kNumber{"N", ValueKind::other};
inline constexpr ValueSpec kDuration{"DURATION", ValueKind::other};
inline constexpr ValueSpec kSize{"SIZE", ValueKind::other};
inline constexpr ValueSpec kFile{"FILE", ValueKind::file};
constexpr ValueSpec free_text(const char* name) {
  return {name, ValueKind::other};
}
constexpr ValueSpec choice(const char* words) {
  return {words, ValueKind::choice};
}
constexpr ValueSpec attached(const char* name) {
  return {name, ValueKind::other, ValuePlace::attached};
}

/// `--help` shows few options, `--help=all` shows all.
enum class Rank : std::uint8_t {
  later,  ///< Only --help=all shows it.
  first,  ///< People who begin need it.
};
inline constexpr Rank kFirst = Rank::first;
inline constexpr Rank kLater = Rank::later;

/// Describes an option, or a positional argument, whose name has no dash. It lives as long as the
/// program.
struct OptionSpec {
  FixedText<31> names;  ///< The short one comes first: "-c,--count".
  ValueSpec value;
  FixedText<127> summary;    ///< The line of --help stands alone: what it does, unit, default.
  FixedText<15> group = "";  ///< It stands under this heading of --help.
  FixedText<31> usual = "";  ///< What holds if it isn't given; the summary tells it in parentheses.
  Rank rank = Rank::later;
  FixedText<31> shared = "";     ///< A variable that all subcommands read if its own is not set.
  Needs needs = Needs::nothing;  ///< It means nothing for endpoints that lack this.

  [[nodiscard]] bool positional() const { return *names.c_str() != '-'; }
};

/// What was typed goes to a member. The type says how often an option may be given, and with what:
/// bool is a flag, int counts one, a vector takes a value a mention (or all positional arguments),
/// an optional one value. A plain string is an argument that must be there or, as an option, a
/// value that is attached: "on" where it was left out.
template <class Typed>
using Member = std::variant<bool Typed::*, int Typed::*, std::string Typed::*,
                            std::optional<std::string> Typed::*, std::vector<std::string> Typed::*>;

/// A subcommand's table has such a row for each option.
template <class Typed>
struct OptionRow {
  OptionSpec spec;
  Member<Typed> member;
};

/// Cuts a text at the separators: into the names of an option, or the words of a choice.
[[nodiscard]] std::vector<std::string> parts_of(std::string_view text, char separator);

/// Returns what is wrong with a value that is to be one of the words; nothing if it is one.
[[nodiscard]] std::string choice_complaint(const ValueSpec& value, const std::string& text);

/// Returns the name to tell an option by: the long one, where it has one.
[[nodiscard]] std::string_view main_name(const OptionSpec& spec);

}  // namespace netecho

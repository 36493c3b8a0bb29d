#pragma once

/// \file
/// What stands about an option in one place: a row, from which CLI11's option, its line in --help
/// and what a shell completes are made. It knows nothing of CLI11.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace netecho {

/// What a value may be, as far as the parser checks it and a shell can complete it.
enum class ValueKind : std::uint8_t {
  none,         ///< A flag has no value.
  other,        ///< Nothing here could be completed; whoever reads the value checks it.
  choice,       ///< One of the words in the value's name; the parser refuses all others.
  open_choice,  ///< The same words are offered, and others checked by whoever reads the value.
  file,         ///< In bash asked of `netecho __complete file`; zsh and fish know files themselves.
  interface,    ///< Asked of `netecho __complete interface`.
  dscp,         ///< Asked of `netecho __complete dscp`.
  endpoint,     ///< Asked of `netecho __complete serve|client`.
};

enum class ValuePlace : std::uint8_t {
  next,      ///< The next argument, or what follows an equals sign.
  attached,  ///< It may be left out, and follows an equals sign only: never the next argument.
};

struct ValueSpec {
  const char* name = "";  ///< As help shows it; of choices all words: "auto|always|never".
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

/// An option, or a positional argument, whose name has no dash. Lives as long as the program.
struct OptionSpec {
  const char* names;  ///< Short before long: "-c,--count".
  ValueSpec value;
  const char* summary;     ///< A line that stands alone: subject, effect, unit, default.
  const char* group = "";  ///< The heading of --help that it stands under.

  [[nodiscard]] bool positional() const { return *names != '-'; }
};

/// Where what was typed goes. The type says how often an option may be given, and with what: bool
/// is a flag, int counts one, a vector takes a value a mention (or all positional arguments), an
/// optional one value. A plain string is an argument that must be there or, as an option, a value
/// that is attached: "on" where it was left out.
template <class Typed>
using Member = std::variant<bool Typed::*, int Typed::*, std::string Typed::*,
                            std::optional<std::string> Typed::*, std::vector<std::string> Typed::*>;

/// A line of a subcommand's table.
template <class Typed>
struct OptionRow {
  OptionSpec spec;
  Member<Typed> member;
};

/// What stands between the separators: the names of an option, the words of a choice.
[[nodiscard]] std::vector<std::string> parts_of(std::string_view text, char separator);

}  // namespace netecho

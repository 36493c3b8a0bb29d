#pragma once

/// \file
/// The one table of what events hold: each field is declared once, directly behind its struct, and
/// JSON, its schema, thresholds and sums are visitors of that declaration.
///
/// `Fields<T>::visit(v, of...)` calls `v(name, of.member...)` for each field of T in JSON's order.
/// With one object a visitor reads it, with two it can add one to the other. The type of a value
/// says what it is: std::uint64_t counts, Duration is a time in nanoseconds, an enum is its name,
/// an empty optional is null, a type with Fields of its own is a group. The types below say what no
/// type of C++ says by itself. A figure's unit is the end of its name (docs/json.md).

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "core/base/fixed_text.hpp"

namespace netecho {

/// Specialized for every type that is a group of fields.
template <typename T>
struct Fields;

/// Templates ask by this whether Fields<T> is there.
struct AnyVisitor {
  void operator()(std::string_view name, const auto&... values);
};
template <typename T>
concept HasFields = requires(AnyVisitor v, T& of) {
  Fields<std::remove_const_t<T>>::visit(v, of);
};

/// A share of a whole, from 0 to 1.
struct Ratio {
  std::optional<double> value;
};

struct ExitCode {
  int value = 0;
};

/// The name of an errno; null for 0.
struct ErrnoName {
  int number = 0;
};
/// The number of an errno; null for 0.
struct ErrnoNumber {
  int number = 0;
};

/// A string for which a later version may have values that this one does not know.
struct GrowingName {
  std::string_view value;
};

/// Null until a later version has something to say.
struct Nothing {};

/// Text that is null when it is empty.
[[nodiscard]] inline std::optional<std::string> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional{text};
}

/// The name of a value in the table of its enum. It is empty behind the last one: names_of() counts
/// on it.
template <typename Enum, std::size_t kCapacity, std::size_t kSize>
requires std::is_enum_v<Enum>
[[nodiscard]] constexpr std::string_view name_in(
    const std::array<FixedText<kCapacity>, kSize>& names, Enum value) {
  const auto index = static_cast<std::size_t>(value);
  return index < kSize ? std::string_view{names[index]} : std::string_view{};
}

/// The names of all values of an enum, in their order. The list ends where to_string() has no name.
template <typename Enum>
requires std::is_enum_v<Enum>
[[nodiscard]] std::vector<std::string_view> names_of() {
  std::vector<std::string_view> out;
  for (std::size_t i = 0; !to_string(static_cast<Enum>(i)).empty(); ++i) {
    out.push_back(to_string(static_cast<Enum>(i)));
  }
  return out;
}

}  // namespace netecho

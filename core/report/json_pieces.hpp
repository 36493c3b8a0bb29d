#pragma once

/// \file
/// Reads JSON of any length as the values that it consists of, one at a time.

#include <functional>
#include <nlohmann/json.hpp>
#include <string_view>

#include "core/report/text_source.hpp"

namespace netecho {

/// Takes a whole object (`list` is empty), or an element of the list of that name in an object.
using TakeJson = std::function<void(std::string_view list, nlohmann::ordered_json&& value)>;

enum class PieceState : std::uint8_t { whole, broken, too_large };

/// Reads what is left of the piece at hand.
///
/// Elements of `targets`, `replies` and `errors` are handed over as soon as they are whole, as are
/// those of a list around everything; such a list is empty in the object that is handed over at
/// last. So a document needs no more memory than its largest element.
[[nodiscard]] PieceState read_piece(TextSource& source, const TakeJson& take);

}  // namespace netecho

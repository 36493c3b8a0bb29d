#pragma once

/// \file
/// How much memory JSON takes while it is made. As much is set aside before (memory_reserve.hpp):
/// where there is none left an event is told whole, and does not stop half-way, where the
/// destructors of JSON values allocate.

#include <cstddef>

#include "core/facts/events.hpp"

namespace netecho {

/// Bytes, and more than it takes: about twice what was measured.
[[nodiscard]] std::size_t room_for(const EventBody& body) noexcept;
[[nodiscard]] std::size_t room_for(const ResultEvent& result) noexcept;

}  // namespace netecho

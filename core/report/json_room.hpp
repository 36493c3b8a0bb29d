#pragma once

/// \file
/// JSON takes memory while it is made, which is set aside before (memory_reserve.hpp). So if no
/// memory is left, an event is still rendered whole and does not stop half-way, where the
/// destructors of JSON values allocate.

#include <cstddef>

#include "core/facts/events.hpp"

namespace netecho {

/// Returns more bytes than it takes: about twice what was measured.
[[nodiscard]] std::size_t room_for(const EventBody& body) noexcept;
[[nodiscard]] std::size_t room_for(const ResultEvent& result) noexcept;

}  // namespace netecho

// A stream on a server with a key when there is no memory for a frame that has to be held.

#include <new>

#include "core/codec/stream_framer.hpp"
#include "tests/core/codec/keyed_server.hpp"
#include "tests/support/catch.hpp"

namespace {

bool memory_is_left = true;

}  // namespace

/// Replaces the one of the whole program; the operator that throws stays what it is.
void* operator new[](std::size_t size, const std::nothrow_t& /*unused*/) noexcept {
  if (!memory_is_left) return nullptr;
  try {
    return ::operator new[](size);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

using namespace netecho;
using namespace netecho::test;

TEST_CASE("auth: without memory for a frame the connection ends, behind what was answered",
          "[unit][auth][stream_framer]") {
  KeyedServer server;
  StreamFramer framer;
  Bytes bytes = request(server.key, 0, 80);
  append(bytes, request(server.key, 1, 200));
  bytes.pop_back();

  memory_is_left = false;
  const FeedResult result = framer.feed(bytes, server.source);
  memory_is_left = true;

  CHECK(result.end == FeedEnd::no_memory);
  CHECK(result.ready_bytes == 80);
  CHECK(result.frames_stamped == 1);
  CHECK_FALSE(framer.holds_frame());
  CHECK(framer.release().empty());
}

#pragma once

/// \file
/// What libevent makes, each with its owner.

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>

#include <memory>

namespace netecho {

struct FreeEvent {
  void operator()(event_base* base) const noexcept { ::event_base_free(base); }
  void operator()(event_config* config) const noexcept { ::event_config_free(config); }
  void operator()(event* each) const noexcept { ::event_free(each); }
  void operator()(evbuffer* buffer) const noexcept { ::evbuffer_free(buffer); }
  void operator()(evhttp* http) const noexcept { ::evhttp_free(http); }
  /// A reference: the bufferevent is somebody else's, too.
  void operator()(bufferevent* each) const noexcept { ::bufferevent_decref(each); }
};
template <typename Thing>
using EventPtr = std::unique_ptr<Thing, FreeEvent>;

}  // namespace netecho

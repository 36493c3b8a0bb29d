#include "core/serve/counter_source.hpp"

#include <utility>

namespace netecho {

bool CounterSource::ask(Reader reader) {
  const std::scoped_lock lock{mutex_};
  if (!server_) return false;
  server_(std::move(reader));
  return true;
}

bool CounterSource::is_open() const {
  const std::scoped_lock lock{mutex_};
  return static_cast<bool>(server_);
}

void CounterSource::open(Server server) {
  const std::scoped_lock lock{mutex_};
  server_ = std::move(server);
}

void CounterSource::close() {
  const std::scoped_lock lock{mutex_};
  server_ = nullptr;
}

}  // namespace netecho

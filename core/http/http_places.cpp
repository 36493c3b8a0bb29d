#include "core/http/http_places.hpp"

namespace netecho {

std::shared_ptr<const void> HttpPlaces::take() const {
  if (free_->fetch_sub(1) <= 0) {
    free_->fetch_add(1);
    return nullptr;
  }
  return {free_.get(), [free = free_](const void*) { free->fetch_add(1); }};
}

}  // namespace netecho

#include "core/http/http_places.hpp"

#include <utility>

namespace netecho {

std::shared_ptr<const void> HttpPlaces::take() const {
  if (free_->fetch_sub(1) <= 0) {
    free_->fetch_add(1);
    return nullptr;
  }
  return {free_.get(), [free = free_](const void*) { free->fetch_add(1); }};
}

HttpBody in_place(std::shared_ptr<const void> place, HttpBody body) {
  return [place = std::move(place), body = std::move(body)](std::string& out) { return body(out); };
}

}  // namespace netecho

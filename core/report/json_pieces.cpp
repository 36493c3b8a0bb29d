#include "core/report/json_pieces.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

namespace netecho {
namespace {

using Json = nlohmann::ordered_json;

/// What nests deeper is nothing of netecho.
constexpr std::size_t kDeepest = 16;
/// A key is looked up among those before it.
constexpr std::size_t kMostKeys = 500;
constexpr std::size_t kMostNodes = 100'000;
constexpr std::size_t kMostBytes = 8 * 1024 * 1024;

constexpr std::array<std::string_view, 3> kLists{"targets", "replies", "errors"};

/// Builds values from what the parser meets. A null pointer on the stack is a list whose elements
/// are handed over. What it refuses ends the piece.
class PieceBuilder final : public nlohmann::json_sax<Json> {
 public:
  explicit PieceBuilder(const TakeJson& take) : take_{take} {}

  [[nodiscard]] bool too_large() const noexcept { return too_large_; }

  bool null() override { return scalar(nullptr); }
  bool boolean(bool value) override { return scalar(value); }
  bool number_integer(number_integer_t value) override { return scalar(value); }
  bool number_unsigned(number_unsigned_t value) override { return scalar(value); }
  bool number_float(number_float_t value, const string_t& /*text*/) override {
    return scalar(value);
  }
  bool string(string_t& value) override {
    bytes_ += value.size();
    return scalar(std::move(value));
  }
  bool binary(binary_t& /*value*/) override { return false; }

  bool start_object(std::size_t /*elements*/) override { return open(Json::object()); }
  bool start_array(std::size_t /*elements*/) override {
    const bool of_root = open_.size() == 1 && open_.back() == &root_ && root_.is_object();
    if (of_root && std::ranges::find(kLists, key_) != kLists.end()) {
      root_[key_] = Json::array();
      list_ = key_;
      open_.push_back(nullptr);
      return true;
    }
    if (open_.empty()) {
      open_.push_back(nullptr);
      return true;
    }
    return open(Json::array());
  }
  bool key(string_t& value) override {
    bytes_ += value.size();
    if (open_.back()->size() >= kMostKeys) return refuse();
    key_ = std::move(value);
    return true;
  }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool parse_error(std::size_t /*position*/, const std::string& /*last*/,
                   const nlohmann::detail::exception& /*error*/) override {
    return false;
  }

 private:
  bool refuse() {
    too_large_ = true;
    return false;
  }
  bool has_room() {
    ++nodes_;
    return nodes_ <= kMostNodes && bytes_ <= kMostBytes && open_.size() < kDeepest;
  }
  /// An event is an object: whatever else stands there can't be one.
  bool scalar(Json value) {
    if (open_.empty() || open_.back() == nullptr) return false;
    if (!has_room()) return refuse();
    place(std::move(value));
    return true;
  }
  Json* place(Json value) {
    Json& parent = *open_.back();
    if (parent.is_array()) {
      parent.push_back(std::move(value));
      return &parent.back();
    }
    Json& member = parent[key_];
    member = std::move(value);
    return &member;
  }
  bool open(Json value) {
    const bool begins = open_.empty() || open_.back() == nullptr;
    if (begins && !value.is_object()) return false;
    if (begins && !open_.empty()) {
      nodes_ = bytes_ = 0;
      element_ = std::move(value);
      open_.push_back(&element_);
      return true;
    }
    if (!has_room()) return refuse();
    if (begins) {
      root_ = std::move(value);
      open_.push_back(&root_);
    } else {
      open_.push_back(place(std::move(value)));
    }
    return true;
  }
  bool close() {
    const Json* closed = open_.back();
    open_.pop_back();
    if (closed == nullptr) {
      list_.clear();
      nodes_ = bytes_ = 0;
      return true;
    }
    const bool is_element = !open_.empty() && open_.back() == nullptr;
    if (is_element) {
      if (element_.empty()) return false;
      take_(list_, std::move(element_));
    } else if (open_.empty()) {
      take_("", std::move(root_));
    }
    return true;
  }

  const TakeJson& take_;
  std::vector<Json*> open_;
  Json root_;
  Json element_;
  std::string key_;
  std::string list_;  ///< The name of the list whose elements are handed over.
  std::size_t nodes_ = 0;
  std::size_t bytes_ = 0;
  bool too_large_ = false;
};

}  // namespace

PieceState read_piece(TextSource& source, const TakeJson& take) {
  while (source.more_in_piece()) {
    PieceBuilder builder{take};
    const bool whole = Json::sax_parse(PieceIterator{source}, PieceIterator{}, &builder,
                                       Json::input_format_t::json, false);
    if (!whole) return builder.too_large() ? PieceState::too_large : PieceState::broken;
  }
  return PieceState::whole;
}

}  // namespace netecho

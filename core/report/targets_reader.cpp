#include "core/report/targets_reader.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "core/base/error.hpp"
#include "core/report/prometheus_probe.hpp"
#include "core/report/target_options.hpp"

namespace netecho {
namespace {

using Json = nlohmann::ordered_json;

/// The bytes of a text, for a parser. It counts the lines that were read.
class LineIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = char;

  LineIterator(const char* at, std::size_t* line) : at_{at}, line_{line} {}
  char operator*() const { return *at_; }
  LineIterator& operator++() {
    if (*at_++ == '\n') ++*line_;
    return *this;
  }
  LineIterator operator++(int) {
    const LineIterator before = *this;
    ++*this;
    return before;
  }
  bool operator==(const LineIterator& other) const { return at_ == other.at_; }
  bool operator!=(const LineIterator& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  std::size_t* line_;
};

bool is_label_name(std::string_view name) noexcept {
  const auto fits = [](char c, bool first) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    return letter || (!first && c >= '0' && c <= '9');
  };
  if (name.empty()) return false;
  return std::ranges::all_of(name, [&](const char& c) { return fits(c, &c == name.data()); });
}

/// Takes a file apart token by token. Each function returns false when the file is broken.
class TargetsHandler {
 public:
  explicit TargetsHandler(const std::size_t& line) : line_{line} {}

  std::vector<WatchTarget> targets;
  std::string why;             ///< Empty as long as nothing is wrong.
  std::size_t wrong_line = 0;  ///< Where that is.

  bool null() { return wrong("null has no place here"); }
  bool boolean(bool /*value*/) { return wrong("true and false have no place here"); }
  bool number_integer(Json::number_integer_t /*value*/) { return no_number(); }
  bool number_unsigned(Json::number_unsigned_t /*value*/) { return no_number(); }
  bool number_float(Json::number_float_t /*value*/, const std::string& /*text*/) {
    return no_number();
  }
  bool binary(Json::binary_t& /*value*/) { return wrong("binary data has no place here"); }

  bool string(std::string& value) {
    if (place_ == Place::targets) return add_target(value);
    if (place_ == Place::labels) return add_label(value);
    return wrong("a string has no place here");
  }
  bool start_array(std::size_t /*size*/) {
    if (place_ == Place::outside) return go_to(Place::list);
    if (place_ == Place::group && key_ == "targets") return go_to(Place::targets);
    return wrong("a list has no place here");
  }
  bool end_array() { return go_to(place_ == Place::targets ? Place::group : Place::outside); }
  bool start_object(std::size_t /*size*/) {
    if (place_ == Place::group && key_ == "labels") return go_to(Place::labels);
    if (place_ != Place::list) return wrong("expected a list of groups: [{\"targets\": […]}]");
    first_ = targets.size();
    seen_.clear();
    labels_.clear();
    options_ = {};
    label_bytes_ = 0;
    return go_to(Place::group);
  }
  bool end_object() {
    if (place_ == Place::labels) return go_to(Place::group);
    return end_group() && go_to(Place::list);
  }
  bool key(std::string& name) {
    key_ = name;
    if (place_ == Place::labels) {
      return label_names_.insert(name).second || wrong("label " + quoted(name) + " comes twice");
    }
    if (name != "targets" && name != "labels") {
      return wrong("a group has targets and labels, not " + quoted(name));
    }
    label_names_.clear();
    return seen_.insert(name).second || wrong(quoted(name) + " comes twice");
  }
  bool parse_error(std::size_t /*position*/, const std::string& token,
                   const nlohmann::detail::exception& /*error*/) {
    if (place_ == Place::outside && line_ == 1 && token.empty()) {
      return wrong("the file is empty: an empty list is []");
    }
    return wrong("this is no JSON");
  }

 private:
  enum class Place : std::uint8_t { outside, list, group, targets, labels };

  static std::string quoted(std::string_view text) { return "'" + std::string{text} + "'"; }
  bool wrong(std::string what) { return wrong(std::move(what), line_); }
  bool wrong(std::string what, std::size_t line) {
    if (why.empty()) {
      why = std::move(what);
      wrong_line = line;
    }
    return false;
  }
  bool no_number() {
    return wrong(place_ == Place::labels
                     ? "the value of label " + quoted(key_) + " has to be a string, in quotes"
                     : "a number has no place here");
  }
  bool go_to(Place place) noexcept {
    place_ = place;
    return true;
  }

  bool add_target(std::string& endpoint) {
    if (targets.size() == kMaxWatchTargets) {
      return wrong("more than " + std::to_string(kMaxWatchTargets) + " targets");
    }
    targets.push_back({.endpoint = std::move(endpoint), .line = line_});
    return true;
  }

  bool add_label(const std::string& value) {
    if (key_.starts_with("__")) {
      std::string complaint = set_target_option(options_, key_, value);
      return complaint.empty() || wrong("label " + quoted(key_) + ": " + complaint);
    }
    if (!is_label_name(key_)) return wrong(quoted(key_) + " is no name of a label");
    if (std::ranges::find(reserved_labels(), key_) != reserved_labels().end()) {
      return wrong("label " + quoted(key_) + " is one that netecho sets itself");
    }
    label_bytes_ += key_.size() + value.size();
    if (label_bytes_ > kMaxLabelBytes) {
      return wrong("the labels of a target have more than " + std::to_string(kMaxLabelBytes) +
                   " bytes");
    }
    // To Prometheus a label without a value is none.
    if (!value.empty()) labels_.emplace(key_, value);
    return true;
  }

  /// The labels of a group may stand behind its targets.
  bool end_group() {
    for (std::size_t i = first_; i < targets.size(); ++i) {
      WatchTarget& target = targets[i];
      target.labels = labels_;
      target.options = options_;
      const auto [other, fresh] = lines_.try_emplace({target.endpoint, target.labels}, target.line);
      if (!fresh) {
        return wrong(quoted(target.endpoint) + " is there already with these labels, on line " +
                         std::to_string(other->second),
                     target.line);
      }
    }
    return true;
  }

  const std::size_t& line_;  ///< The one that is being read.
  Place place_ = Place::outside;
  std::string key_;
  std::size_t first_ = 0;       ///< Target of the group at hand.
  std::set<std::string> seen_;  ///< Keys of the group at hand.
  std::set<std::string> label_names_;
  WatchLabels labels_;
  std::size_t label_bytes_ = 0;
  WatchOptions options_;
  std::map<std::pair<std::string, WatchLabels>, std::size_t>
      lines_;  ///< Where each identity stands.
};

}  // namespace

std::vector<WatchTarget> read_targets(std::string_view text, const std::string& name) {
  const auto fail = [&](std::size_t line, const std::string& why) {
    throw usage_error("read", name, "line " + std::to_string(line) + ": " + why);
  };
  std::size_t line = 1;
  if (text.size() > kMaxTargetsBytes) fail(line, "the file has more than 16 MiB");
  TargetsHandler handler{line};
  const LineIterator begin{text.data(), &line};
  const LineIterator end{text.data() + text.size(), &line};
  if (!Json::sax_parse(begin, end, &handler)) fail(handler.wrong_line, handler.why);
  return std::move(handler.targets);
}

}  // namespace netecho

#include "protocols/grammar/link_rest.hpp"

#include <algorithm>

#include "protocols/grammar/hints.hpp"
#include "protocols/grammar/interface_name.hpp"

namespace netecho {
namespace {

using std::string;
using std::string_view;

constexpr std::size_t kMacDigits = 2 * kMacBytes;

bool is_hex(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// Reads 12 digits in a row, as other programs print an address.
std::optional<MacAddress> parse_bare_digits(string_view text) {
  if (text.size() != kMacDigits || !std::ranges::all_of(text, is_hex)) return std::nullopt;
  string spaced;
  for (std::size_t i = 0; i < kMacDigits; i += 2) {
    spaced += (spaced.empty() ? "" : ":") + string{text.substr(i, 2)};
  }
  return parse_mac(spaced);
}

class LinkParser {
 public:
  LinkParser(string_view rest, const RestContext& context)
      : rest_{rest}, context_{context}, prefix_{hint_prefix(context.scheme.text, context.typed)} {}

  [[nodiscard]] LinkRest parse() const {
    const std::size_t slash = rest_.find('/');
    const string_view name = rest_.substr(0, slash);
    check_interface(name);
    LinkRest out{string{name}, std::nullopt};
    if (slash == string_view::npos) return out;
    if (context_.role == Role::serve) {
      reject("serve answers at the address that the interface has: name no other", out);
    }
    const string_view mac = rest_.substr(slash + 1);
    if (mac.empty()) reject("the MAC address behind '/' is empty", out);
    out.mac = parse_mac(mac);
    if (!out.mac) reject_mac(mac, std::move(out));
    return out;
  }

 private:
  [[noreturn]] void reject(string reason, const string& hint = {}) const {
    reject_endpoint(context_.typed, std::move(reason), hint.empty() ? hint : prefix_ + hint);
  }
  [[noreturn]] void reject(string reason, const LinkRest& hint) const {
    reject(std::move(reason), format_link_rest(hint));
  }

  void check_interface(string_view name) const {
    if (const auto mac = parse_mac(rest_)) {
      reject("the interface is missing", {string{kSomeInterface}, mac});
    }
    if (name.empty()) reject("the interface is missing", string{kSomeInterface});
    if (const std::size_t colon = name.find(':'); colon != string_view::npos) {
      reject_colon(name.substr(0, colon), rest_.substr(colon + 1));
    }
    if (string reason = why_no_interface(name); !reason.empty()) reject(std::move(reason));
  }

  /// What is behind it was meant as an address, or as a port.
  [[noreturn]] void reject_colon(string_view name, string_view behind) const {
    if (!why_no_interface(name).empty()) reject("the name of an interface has no ':'");
    if (is_digits(behind)) reject("frames have no port", string{name});
    if (const auto mac = parse_mac(behind)) {
      reject("a '/' stands between the interface and the MAC address", {string{name}, mac});
    }
    reject("the name of an interface has no ':'");
  }

  [[noreturn]] void reject_mac(string_view mac, LinkRest hint) const {
    hint.mac = parse_bare_digits(mac);
    reject("'" + string{mac} +
               "' is no MAC address: six pairs of hex digits with ':' or '-', or 0200.c0a8.0001",
           hint.mac ? format_link_rest(hint) : string{});
  }

  string_view rest_;
  const RestContext& context_;
  string prefix_;
};

}  // namespace

LinkRest parse_link_rest(string_view rest, const RestContext& context) {
  return LinkParser{rest, context}.parse();
}

string format_link_rest(const LinkRest& rest) {
  return rest.mac ? rest.interface + "/" + to_string(*rest.mac) : rest.interface;
}

LinkRest split_link_rest(string_view rest) {
  const std::size_t slash = rest.find('/');
  LinkRest out{string{rest.substr(0, slash)}, std::nullopt};
  if (slash != string_view::npos) out.mac = parse_mac(rest.substr(slash + 1));
  return out;
}

}  // namespace netecho

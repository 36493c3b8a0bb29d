#pragma once

/// \file
/// A value for each option, so that tests can go through all of them.

#include <map>
#include <string>
#include <vector>

#include "cmd/cli.hpp"

namespace netecho {

/// Returns a value that is right for an option; of a flag "1", which a variable has.
inline std::string sample_of(const OptionSpec& spec) {
  static const std::map<std::string, std::string> by_option{
      {"--mss", "536"}, {"--ready-fd", "2"}, {"--show-payload", "64"}, {"--keepalive", "1,2,3"}};
  static const std::map<std::string, std::string> by_value{{"", "1"},
                                                           {"N", "3"},
                                                           {"DURATION", "2s"},
                                                           {"SIZE", "100"},
                                                           {"FILE", "/f"},
                                                           {"RATE", "100"},
                                                           {"0-255", "16"},
                                                           {"DSCP", "EF"},
                                                           {"SIZE,...", "64,128"},
                                                           {"HEX", "00"},
                                                           {"B64", "AA=="},
                                                           {"EXPR", "loss>1%"},
                                                           {"CIDR", "::1"},
                                                           {"UID", "0"},
                                                           {"PPS", "5"},
                                                           {"OCTAL", "600"},
                                                           {"NAME", "nobody"},
                                                           {"SPEC", "loss=1%,seed=1"},
                                                           {"IF", "lo"},
                                                           {"ADDR[:PORT]", "127.0.0.1"}};
  if (const auto found = by_option.find(std::string{main_name(spec)}); found != by_option.end()) {
    return found->second;
  }
  if (const auto found = by_value.find(spec.value.name.c_str()); found != by_value.end()) {
    return found->second;
  }
  return parts_of(spec.value.name, '|').back();  // A word of a choice.
}

/// Returns the words by which an option is typed with that value.
inline std::vector<std::string> typed_with(const OptionSpec& spec, const std::string& value) {
  const std::string name{main_name(spec)};
  if (spec.value.kind == ValueKind::none) return {name};
  if (spec.value.place == ValuePlace::attached) return {name + "=" + value};
  return {name, value};
}

}  // namespace netecho

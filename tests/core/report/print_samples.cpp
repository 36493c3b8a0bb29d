/// \file
/// Prints the JSON Schema, or one rendered event or result a line, for schema_test.py.

#include <iostream>
#include <string_view>

#include "core/report/json.hpp"
#include "tests/core/report/samples.hpp"

constexpr std::string_view kTransports[] = {"tcp", "udp", "unix"};

int main(int argc, char** argv) {
  using namespace netecho;
  if (argc == 2 && std::string_view{argv[1]} == "schema") {
    std::cout << json_schema(kTransports) << '\n';
    return 0;
  }
  for (const Event& event : samples::all_events()) std::cout << to_json(event) << '\n';
  for (const ResultEvent& result : samples::all_results()) std::cout << to_json(result) << '\n';
}

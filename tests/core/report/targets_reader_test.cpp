// Lists of targets, right ones and each way in which one is broken.

#include "core/report/targets_reader.hpp"

#include <string>

#include "core/base/error.hpp"
#include "tests/support/catch.hpp"

namespace netecho {
namespace {

using namespace std::chrono_literals;

std::vector<WatchTarget> read(std::string_view text) {
  return read_targets(text, "list.json");
}

/// What is wrong with a list; empty: nothing.
std::string complaint(std::string_view text) {
  try {
    static_cast<void>(read(text));
    return "";
  } catch (const Error& error) {
    CHECK(error.category() == ErrorCategory::usage);
    CHECK(error.subject() == "list.json");
    return error.reason();
  }
}

/// The same of a group with this label.
std::string about_label(const std::string& name, const std::string& value) {
  return complaint(R"([{"targets":["udp://h:7"],"labels":{")" + name + R"(":")" + value +
                   R"("}}])");
}

}  // namespace

TEST_CASE("targets: a list of Prometheus is read as it stands", "[targets][unit]") {
  const auto targets = read(R"([
  {"targets": ["udp://h:7", "icmp://r1"],
   "labels": {"dc": "a", "rack": "ü\n", "__interval__": "250ms", "empty": ""}},
  {"labels": {}, "targets": ["tcp://h:7"]},
  {"labels": {"dc": "b"}}
])");
  REQUIRE(targets.size() == 3);
  CHECK(targets[0].endpoint == "udp://h:7");
  CHECK(targets[0].labels == WatchLabels{{"dc", "a"}, {"rack", "ü\n"}});
  CHECK(targets[0].options == WatchOptions{.interval = 250ms});
  CHECK(targets[0].line == 2);
  CHECK(targets[1].endpoint == "icmp://r1");
  CHECK(targets[1].labels == targets[0].labels);
  CHECK(targets[2].endpoint == "tcp://h:7");
  CHECK(targets[2].labels.empty());
  CHECK(targets[2].options == WatchOptions{});
  CHECK(targets[2].line == 4);
}

TEST_CASE("targets: an empty list is a list", "[targets][unit]") {
  CHECK(read("[]").empty());
  CHECK(read(" [ ] \n").empty());
}

TEST_CASE("targets: options are labels of their own", "[targets][unit]") {
  const auto targets = read(R"([{"targets":["udp://h:7"],"labels":{
    "__interval__":"2s","__timeout__":"300ms","__size__":"1k","__dscp__":"ef","__flows__":"4",
    "__resolve__":"all"}}])");
  REQUIRE(targets.size() == 1);
  CHECK(targets[0].labels.empty());
  CHECK(targets[0].options == WatchOptions{.interval = 2s,
                                           .timeout = 300ms,
                                           .size_bytes = 1024,
                                           .tos = 184,
                                           .flows = 4,
                                           .resolve = ResolveChoice::all});
}

TEST_CASE("targets: an option's value is checked", "[targets][unit]") {
  CHECK(about_label("__interval__", "0") ==
        "line 1: label '__interval__': expected a duration above 0");
  CHECK(about_label("__timeout__", "-1s").starts_with("line 1: label '__timeout__': "));
  CHECK(about_label("__size__", "64KiB").empty());
  CHECK(about_label("__size__", "65537") ==
        "line 1: label '__size__': expected 0 to 65536 bytes, got '65537'");
  CHECK(about_label("__dscp__", "64").starts_with("line 1: label '__dscp__': expected EF, "));
  CHECK(about_label("__flows__", "0") == "line 1: label '__flows__': expected 1 to 64, got '0'");
  CHECK(about_label("__flows__", "65") == "line 1: label '__flows__': expected 1 to 64, got '65'");
  CHECK(about_label("__resolve__", "none") ==
        "line 1: label '__resolve__': expected one or all, got 'none'");
  CHECK(about_label("__address__", "x")
            .starts_with("line 1: label '__address__': there is no such option: "));
}

TEST_CASE("targets: a label that netecho sets itself is refused", "[targets][unit]") {
  for (const std::string name : {"target", "transport", "family", "address", "reason", "direction",
                                 "endpoint", "flow", "le", "quantile"}) {
    CHECK(about_label(name, "x") == "line 1: label '" + name + "' is one that netecho sets itself");
  }
}

TEST_CASE("targets: the name of a label is checked", "[targets][unit]") {
  for (const std::string name : {"", "1a", "a-b", "a b", "ü", "a:b"}) {
    CHECK(about_label(name, "x") == "line 1: '" + name + "' is no name of a label");
  }
  for (const std::string name : {"a", "_", "A1_b", "z9"}) CHECK(about_label(name, "x").empty());
}

TEST_CASE("targets: the labels of a target have 1 KiB together", "[targets][unit]") {
  CHECK(about_label("a", std::string(1023, 'x')).empty());
  CHECK(about_label("a", std::string(1024, 'x')) ==
        "line 1: the labels of a target have more than 1024 bytes");
  CHECK(complaint(R"([{"labels":{"a":")" + std::string(600, 'x') + R"(",)" + "\n" + R"("b":")" +
                  std::string(600, 'x') + R"("}}])") ==
        "line 2: the labels of a target have more than 1024 bytes");
}

TEST_CASE("targets: the same endpoint with the same labels is there once", "[targets][unit]") {
  CHECK(complaint("[{\"targets\":[\"udp://h:7\",\n\"udp://h:8\",\n\"udp://h:7\"]}]") ==
        "line 3: 'udp://h:7' is there already with these labels, on line 1");
  // Options are no label, and neither is a label without a value.
  CHECK(complaint(R"([{"targets":["udp://h:7"],"labels":{"a":"","__size__":"9"}},
                      {"targets":["udp://h:7"]}])") ==
        "line 2: 'udp://h:7' is there already with these labels, on line 1");
  CHECK(complaint(R"([{"targets":["udp://h:7"],"labels":{"a":"1"}},
                      {"targets":["udp://h:7"],"labels":{"a":"2"}}])")
            .empty());
}

TEST_CASE("targets: what is no list of groups is refused with its line", "[targets][unit]") {
  CHECK(complaint("") == "line 1: the file is empty: an empty list is []");
  CHECK(complaint("[\n{]") == "line 2: this is no JSON");
  CHECK(complaint("[]x") == "line 1: this is no JSON");
  CHECK(complaint("[\n\n{\"targets\":[\"a\"") == "line 3: this is no JSON");
  CHECK(complaint("[\"\xff\"]") == "line 1: this is no JSON");
  CHECK(complaint("{}") == "line 1: expected a list of groups: [{\"targets\": […]}]");
  CHECK(complaint("[\"udp://h:7\"]") == "line 1: a string has no place here");
  CHECK(complaint("[[]]") == "line 1: a list has no place here");
  CHECK(complaint("null") == "line 1: null has no place here");
  CHECK(complaint("[{\"targets\":\"udp://h:7\"}]") == "line 1: a string has no place here");
  CHECK(complaint("[{\"targets\":[7]}]") == "line 1: a number has no place here");
  CHECK(complaint("[{\"targets\":[[]]}]") == "line 1: a list has no place here");
  CHECK(complaint("[{\"targets\":[true]}]") == "line 1: true and false have no place here");
  CHECK(complaint("[{\"labels\":[]}]") == "line 1: a list has no place here");
  CHECK(complaint("[{\"labels\":{\"a\":{}}}]") ==
        "line 1: expected a list of groups: [{\"targets\": […]}]");
  CHECK(complaint("[{\"labels\":{\"a\":\n1}}]") ==
        "line 2: the value of label 'a' has to be a string, in quotes");
  CHECK(complaint("[{\"source\":\"x\"}]") ==
        "line 1: a group has targets and labels, not 'source'");
  CHECK(complaint("[{\"targets\":[],\"targets\":[]}]") == "line 1: 'targets' comes twice");
  CHECK(complaint("[{\"labels\":{\"a\":\"1\",\"a\":\"2\"}}]") == "line 1: label 'a' comes twice");
}

TEST_CASE("targets: a list has limits", "[targets][unit]") {
  std::string many = "[{\"targets\":[";
  for (std::size_t i = 0; i < kMaxWatchTargets; ++i)
    many += "\"udp://h:" + std::to_string(i) + "\",";
  std::string fits = many;
  fits.back() = ']';
  CHECK(read(fits + "}]").size() == kMaxWatchTargets);
  CHECK(complaint(many + "\"udp://h\"]}]") == "line 1: more than 100000 targets");
  CHECK(complaint("[]" + std::string(kMaxTargetsBytes - 2, ' ')).empty());
  CHECK(complaint("[]" + std::string(kMaxTargetsBytes - 1, ' ')) ==
        "line 1: the file has more than 16 MiB");
}

}  // namespace netecho

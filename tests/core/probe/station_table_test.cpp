// Which stations answered, and what each of them.

#include "core/probe/station_table.hpp"

#include <array>

#include "tests/support/catch.hpp"

using namespace netecho;

namespace {

/// A port whose every slot has another sender.
class ManyStations final : public Stations {
 public:
  [[nodiscard]] PeerRef station(std::size_t index) const noexcept override {
    const std::array<std::byte, 2> bytes{static_cast<std::byte>(index),
                                         static_cast<std::byte>(index >> 8U)};
    return {bytes, {}};
  }
  [[nodiscard]] SocketDescription description(const PeerRef& station) const override {
    SocketDescription out;
    out.address = std::to_string(std::to_integer<int>(station.address()[0]));
    return out;
  }
};

}  // namespace

TEST_CASE("stations: a sequence is new once, in whichever order", "[probe][unit]") {
  SequenceWindow window;
  for (const std::uint64_t value : {5U, 3U, 9U, 4U, 1000U, 600U}) {
    CAPTURE(value);
    CHECK(window.first_time({value}));
    CHECK_FALSE(window.first_time({value}));
  }
}

TEST_CASE("stations: what is further back than the window counts as seen", "[probe][unit]") {
  SequenceWindow window;
  CHECK(window.first_time({5000}));
  CHECK(window.first_time({5000 - SequenceWindow::kSequences + 1}));
  CHECK_FALSE(window.first_time({5000 - SequenceWindow::kSequences}));
  // A leap forgets all places, whose sequences were older.
  CHECK(window.first_time({100'000}));
  CHECK(window.first_time({100'000 - SequenceWindow::kSequences + 1}));
  // A small step forgets those in between.
  CHECK(window.first_time({100'010}));
  for (std::uint64_t value = 100'001; value < 100'010; ++value) {
    CAPTURE(value);
    CHECK(window.first_time({value}));
  }
}

TEST_CASE("stations: each has a place, and their number is bounded", "[probe][unit]") {
  const ManyStations port;
  StationTable table;
  for (std::size_t i = 0; i < StationTable::kMost; ++i) REQUIRE(table.find(port, i) != nullptr);
  CHECK(table.find(port, StationTable::kMost) == nullptr);
  CHECK(table.find(port, 7)->description.address == "7");
  CHECK(table.whole().size() == StationTable::kMost);
}

TEST_CASE("stations: periods add up to the whole", "[probe][unit]") {
  const ManyStations port;
  StationTable table;
  const auto answer = [&](Duration rtt) {
    StationTable::Station& station = *table.find(port, 1);
    ++station.period.received;
    station.period.rtt.record(rtt);
  };
  answer(Duration{10});
  const std::vector<StationResult> first = table.end_period();
  answer(Duration{20});
  answer(Duration{30});
  REQUIRE(first.size() == 1);
  CHECK(first[0].counts.received == 1);
  CHECK(table.whole()[0].counts.received == 3);
  CHECK(table.whole()[0].counts.rtt.max() == Duration{30});
  CHECK(table.end_period()[0].counts.received == 2);
  CHECK(table.end_period()[0].counts.received == 0);
  CHECK(table.whole()[0].counts.received == 3);
}

TEST_CASE("stations: what several flows heard is one list", "[probe][unit]") {
  const auto heard = [](const char* address, std::uint64_t received) {
    std::vector<StationResult> out(1);
    out[0].address = address;
    out[0].counts.received = received;
    return out;
  };
  std::vector<StationResult> all = heard("a", 1);
  merge_stations(all, heard("b", 2));
  merge_stations(all, heard("a", 3));
  REQUIRE(all.size() == 2);
  CHECK(all[0].counts.received == 4);
  CHECK(all[1].address == "b");
}

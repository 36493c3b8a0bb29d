// Addresses of stations, as people and programs write them.

#include "core/base/mac_address.hpp"

#include "tests/support/catch.hpp"

using namespace netecho;

TEST_CASE("mac: all three notations mean the same", "[base][unit]") {
  const MacAddress expected{{0x02, 0x00, 0xC0, 0xA8, 0x00, 0x01}};
  for (const char* text : {"02:00:c0:a8:00:01", "02:00:C0:A8:00:01", "02-00-c0-a8-00-01",
                           "0200.c0a8.0001", "0200.C0A8.0001"}) {
    CAPTURE(text);
    CHECK(parse_mac(text) == expected);
  }
  CHECK(to_string(expected) == "02:00:c0:a8:00:01");
  CHECK(parse_mac(to_string(expected)) == expected);
  CHECK(expected.number() == 0x0200'C0A8'0001);
  CHECK(MacAddress::of_number(0xFFFF'0200'C0A8'0001) == expected);
}

TEST_CASE("mac: what is cut, too long, mixed or no hex is none", "[base][unit]") {
  for (const char* text :
       {"", ":", "02", "02:00:c0:a8:00", "02:00:c0:a8:00:", "02:00:c0:a8:00:0",
        "02:00:c0:a8:00:01:", "02:00:c0:a8:00:01:02", "02:00:c0-a8:00:01", "0200c0a80001",
        "020:0:c0:a8:00:01", "0200.c0a8.00.01", "0200.c0a8.00010", "02.00.c0.a8.00.01",
        "g2:00:c0:a8:00:01", " 02:00:c0:a8:00:01", "2:0:c0:a8:0:1"}) {
    CAPTURE(text);
    CHECK(parse_mac(text) == std::nullopt);
  }
}

TEST_CASE("mac: multicast and broadcast are addresses of a group", "[base][unit]") {
  CHECK(parse_mac("cf:00:00:00:00:00")->is_group());
  CHECK(parse_mac("ff:ff:ff:ff:ff:ff")->is_group());
  CHECK(parse_mac("01:80:c2:00:00:00")->is_group());
  CHECK_FALSE(parse_mac("02:00:c0:a8:00:01")->is_group());
  CHECK_FALSE(parse_mac("fe:ff:ff:ff:ff:ff")->is_group());
}

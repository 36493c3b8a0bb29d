/// \file
/// The load that ./dev bench puts on an echo server: driver KIND ENDPOINT [KEY=NUMBER...]
/// prints {"messages","bytes","ns","all","lost"} of what came back as it was sent (round-trips:
/// {"messages","p50"}), or fails and says why.

#include <unistd.h>

#include "common.hpp"

int main(int argc, char** argv) {
  using namespace bench;
  if (argc < 3)
    fail("usage: driver ping-pong|bulk|datagrams|round-trips|idle ENDPOINT [KEY=NUMBER...]");
  const std::string kind = argv[1];
  const Target target{argv[2]};
  Options options{argc - 3, argv + 3};
  // Whatever happens, this ends.
  ::alarm(static_cast<unsigned>(options.number("limit_s", 120)));
  if (kind == "ping-pong") {
    ping_pong(target, options);
  } else if (kind == "bulk") {
    bulk(target, options);
  } else if (kind == "datagrams") {
    datagrams(target, options);
  } else if (kind == "round-trips") {
    round_trips(target, options);
  } else if (kind == "idle") {
    idle(target, options);
  } else {
    fail("unknown kind: " + kind);
  }
}

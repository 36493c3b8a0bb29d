#include "core/net/resolver.hpp"

#include <sys/eventfd.h>

#include <atomic>
#include <csignal>
#include <string>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/error.hpp"
#include "core/base/unique_fd.hpp"
#include "tests/support/catch.hpp"

namespace netecho {
namespace {

using namespace std::chrono_literals;

std::vector<std::string> ips(const std::vector<SocketAddress>& addresses) {
  std::vector<std::string> out;
  out.reserve(addresses.size());
  for (const SocketAddress& each : addresses) out.push_back(each.ip());
  return out;
}

using Ips = std::vector<std::string>;

/// A name service that must not be asked.
int nobody(const char*, const char*, const addrinfo*, addrinfo**) {
  FAIL("asked the name service");
  return EAI_FAIL;
}

int fail_with(int error) {
  errno = EMFILE;
  return error;
}

/// Calls made by the last fake; tests run one after the other.
struct Asked {
  std::string host;
  addrinfo hints{};
  bool signals_blocked = false;
};
Asked& asked() {
  static Asked last;
  return last;
}

/// Answers 127.0.0.2, 127.0.0.3, 127.0.0.2.
int answer_twice(const char* host, const char* service, const addrinfo* hints, addrinfo** out) {
  sigset_t blocked{};
  ::pthread_sigmask(SIG_BLOCK, nullptr, &blocked);
  asked() = {host, *hints,
             sigismember(&blocked, SIGTERM) == 1 && sigismember(&blocked, SIGINT) == 1};
  addrinfo numeric = *hints;
  numeric.ai_family = AF_INET;
  addrinfo** next = out;
  for (const char* ip : {"127.0.0.2", "127.0.0.3", "127.0.0.2"}) {
    if (const int error = ::getaddrinfo(ip, service, &numeric, next); error != 0) return error;
    next = &(*next)->ai_next;
  }
  return 0;
}

/// Answers when it is released.
std::atomic<bool>& released() {
  static std::atomic<bool> flag;
  return flag;
}
std::atomic<int>& abandoned_ends() {
  static std::atomic<int> count;
  return count;
}
int answer_late(const char*, const char* service, const addrinfo* hints, addrinfo** out) {
  released().wait(false);
  const int error = ::getaddrinfo("127.0.0.1", service, hints, out);
  ++abandoned_ends();
  abandoned_ends().notify_all();
  return error;
}

/// The reason that resolve() gives for failing.
std::string reason(std::string_view host, const ResolveOptions& options = {},
                   std::string_view service = "7") {
  try {
    return "found " + ips(resolve(host, service, options)).front();
  } catch (const Error& error) {
    CHECK(error.category() == ErrorCategory::resolve);
    CHECK(error.operation() == "resolve");
    return error.reason();
  }
}

ResolveOptions with_family(FamilyChoice family) {
  ResolveOptions out;
  out.lookup.family = family;
  out.name_service = nobody;
  return out;
}

TEST_CASE("resolver: localhost is the loopback, IPv4 first, and nobody is asked",
          "[resolver][unit]") {
  const auto host = GENERATE(as<std::string>{}, "localhost", "LocalHost", "localhost.",
                             "a.localhost", "a.b.LOCALHOST.");
  CAPTURE(host);
  CHECK(ips(resolve(host, "7", with_family(FamilyChoice::any))) == Ips{"127.0.0.1", "::1"});
  CHECK(ips(resolve(host, "7", with_family(FamilyChoice::ipv4_only))) == Ips{"127.0.0.1"});
  CHECK(ips(resolve(host, "7", with_family(FamilyChoice::ipv6_only))) == Ips{"::1"});
}

TEST_CASE("resolver: a name that only resembles localhost is looked up", "[resolver][unit]") {
  ResolveOptions options;
  options.name_service = answer_twice;
  for (const char* host : {"mylocalhost", "localhost.example", "localhos"}) {
    CHECK(ips(resolve(host, "7", options)).front() == "127.0.0.2");
    CHECK(asked().host == host);
  }
}

TEST_CASE("resolver: localhost and addresses are no look-ups for -n", "[resolver][unit]") {
  ResolveOptions options = with_family(FamilyChoice::any);
  options.lookup.numeric_only = true;
  CHECK(ips(resolve("localhost", "7", options)) == Ips{"127.0.0.1", "::1"});
  CHECK(ips(resolve("192.0.2.1", "7", options)) == Ips{"192.0.2.1"});
  CHECK(reason("echo.example", options) ==
        "'echo.example' is a name, and names are not looked up with -n");
}

TEST_CASE("resolver: an address stands for itself", "[resolver][unit]") {
  const ResolveOptions options = with_family(FamilyChoice::any);
  CHECK(ips(resolve("192.0.2.1", "7", options)) == Ips{"192.0.2.1"});
  CHECK(ips(resolve("2001:db8::1", "7", options)) == Ips{"2001:db8::1"});
  CHECK(ips(resolve("fe80::1%lo", "7", options)) == Ips{"fe80::1%lo"});
}

TEST_CASE("resolver: an address of the wrong family says so", "[resolver][unit]") {
  CHECK(reason("192.0.2.1", with_family(FamilyChoice::ipv6_only)) ==
        "an IPv4 address, where only IPv6 is allowed");
  CHECK(reason("::1", with_family(FamilyChoice::ipv4_only)) ==
        "an IPv6 address, where only IPv4 is allowed");
}

TEST_CASE("resolver: what can be neither name nor address is not asked for", "[resolver][unit]") {
  const ResolveOptions options = with_family(FamilyChoice::any);
  CHECK(reason("fe80::1%nosuchif0", options) == "no interface for the zone of 'fe80::1%nosuchif0'");
  CHECK(reason("1::2::3", options) == "'1::2::3' is not an IPv6 address");
  CHECK(reason(std::string_view{"a\0b", 3}, options) == std::string{"unknown host 'a\0b'", 18});
}

TEST_CASE("resolver: an empty host is the wildcard for a server, the loopback for a client",
          "[resolver][unit]") {
  ResolveOptions options = with_family(FamilyChoice::any);
  CHECK(ips(resolve("", "7", options)) == Ips{"127.0.0.1", "::1"});
  options.role = Role::serve;
  CHECK(ips(resolve("", "7", options)) == Ips{"0.0.0.0", "::"});
  options.lookup.family = FamilyChoice::ipv6_only;
  CHECK(ips(resolve("", "7", options)) == Ips{"::"});
}

TEST_CASE("resolver: every address gets the port", "[resolver][unit]") {
  const ResolveOptions options = with_family(FamilyChoice::any);
  for (const SocketAddress& each : resolve("localhost", "65535", options)) {
    CHECK(each.port() == 65535);
  }
  CHECK(resolve("localhost", "", options).front().port() == 0);
}

TEST_CASE("resolver: what is no port and no service is refused", "[resolver][unit]") {
  ResolveOptions options = with_family(FamilyChoice::any);
  CHECK(reason("localhost", options, "65536") == "'65536' is neither a port nor a service");
  options.services = "tcp";
  CHECK(reason("localhost", options, "65536") == "'65536' is neither a port nor a service of tcp");
  options.services = "udp";
  CHECK(reason("localhost", options, "no-such-service") ==
        "'no-such-service' is neither a port nor a service of udp");
}

TEST_CASE("resolver: names come from the name service, without duplicates, in its order",
          "[resolver][unit]") {
  ResolveOptions options;
  options.name_service = answer_twice;
  options.type = SocketType::datagram;
  options.lookup.family = FamilyChoice::ipv4_only;
  const auto found = resolve("echo.example", "7", options);
  CHECK(ips(found) == Ips{"127.0.0.2", "127.0.0.3"});
  CHECK(found.back().port() == 7);
  CHECK(asked().host == "echo.example");
  CHECK(asked().hints.ai_family == AF_INET);
  CHECK(asked().hints.ai_socktype == SOCK_DGRAM);
  CHECK(asked().signals_blocked);
  sigset_t blocked{};
  REQUIRE(::pthread_sigmask(SIG_BLOCK, nullptr, &blocked) == 0);
  CHECK(sigismember(&blocked, SIGTERM) == 0);
}

TEST_CASE("resolver: answers of a family that is not allowed are none", "[resolver][unit]") {
  ResolveOptions options = with_family(FamilyChoice::ipv6_only);
  options.name_service = answer_twice;
  CHECK(reason("echo.example", options) == "'echo.example' has no IPv6 address");
}

TEST_CASE("resolver: the system's own name service answers", "[resolver][loopback]") {
  // An old spelling that getaddrinfo(3) understands without asking a server.
  CHECK(ips(resolve("127.1", "7", {})) == Ips{"127.0.0.1"});
}

TEST_CASE("resolver: a host that can't exist is unknown at once", "[resolver][unit]") {
  const ResolveOptions options = with_family(FamilyChoice::any);
  CHECK(reason("no-such-host.invalid", options) == "unknown host 'no-such-host.invalid'");
}

TEST_CASE("resolver: every failure of the name service is told plainly", "[resolver][unit]") {
  ResolveOptions options;
  const auto failing = [&](decltype(&::getaddrinfo) service) {
    options.name_service = service;
    return reason("h.example", options);
  };
  using Hints = const addrinfo*;
  CHECK(failing([](const char*, const char*, Hints, addrinfo**) { return EAI_NONAME; }) ==
        "unknown host 'h.example'");
  CHECK(failing([](const char*, const char*, Hints, addrinfo**) { return EAI_NODATA; }) ==
        "'h.example' has no address");
  CHECK(failing([](const char*, const char*, Hints, addrinfo**) { return EAI_AGAIN; }) ==
        "no name server answered about 'h.example'; try again later");
  CHECK(failing([](const char*, const char*, Hints, addrinfo**) { return EAI_FAIL; }) ==
        "the name server failed to answer about 'h.example'");
  CHECK(failing([](const char*, const char*, Hints, addrinfo**) {
          return fail_with(EAI_SYSTEM);
        }) == "Too many open files");
  CHECK(failing([](const char*, const char*, Hints, addrinfo**) { return EAI_MEMORY; }) ==
        "Memory allocation failure");
}

TEST_CASE("resolver: the error names the endpoint as it was typed", "[resolver][unit]") {
  ResolveOptions options = with_family(FamilyChoice::any);
  options.subject = "tcp://no.invalid:7";
  try {
    static_cast<void>(resolve("no.invalid", "7", options));
    FAIL("found");
  } catch (const Error& error) {
    CHECK(std::string{error.what()} == "resolve tcp://no.invalid:7: unknown host 'no.invalid'");
  }
}

TEST_CASE("resolver: a slow look-up ends at its deadline, or when a signal is pending",
          "[resolver][loopback]") {
  released() = false;
  abandoned_ends() = 0;
  ResolveOptions options;
  options.name_service = answer_late;
  options.lookup.deadline = 10ms;
  const Instant start = monotonic_now();
  CHECK(reason("slow.example", options) == "no answer about 'slow.example' within 10 ms");
  CHECK(monotonic_now() - start >= 10ms);
  CHECK(monotonic_now() - start < 5s);

  const UniqueFd signal{::eventfd(1, EFD_CLOEXEC)};
  options.lookup.deadline = 1h;
  options.interrupt_fd = signal.get();
  CHECK_THROWS_AS(resolve("slow.example", "7", options), Interrupted);

  // Both threads still run, and answer to nobody.
  released() = true;
  released().notify_all();
  abandoned_ends().wait(0);
  abandoned_ends().wait(1);
  CHECK(abandoned_ends() == 2);
}

}  // namespace
}  // namespace netecho

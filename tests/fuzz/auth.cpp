// What a client with a key takes for answers, and a server with one for requests: nothing forged,
// nothing twice.

#include <set>

#include "core/measure/sequence_tracker.hpp"
#include "core/probe/probe_format.hpp"
#include "tests/core/codec/keyed_server.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/support/session_probes.hpp"

namespace netecho::fuzz {
namespace {

constexpr std::uint32_t kProbeBytes = 72;
constexpr std::uint64_t kSession = 7;
constexpr std::size_t kProbes = 32;

/// A client with its key, a server with the same one, and somebody between them who sees all.
class Wire {
 public:
  Wire() : content_{kProbeBytes, kSession, 1, &server_.key}, tracker_{kProbes, kTimeout} {}

  void step(Input& in) {
    switch (in.byte() % 5) {
      case 0:
        return send();
      case 1:
        return deliver(seen_at(in));
      case 2:
        return deliver(damaged(seen_at(in), in));
      case 3:
        return deliver(copy_of(in.take(in.byte())));
      default:
        return ask_server(damaged(seen_at(in), in));
    }
  }

 private:
  static constexpr Duration kTimeout = std::chrono::seconds{1};

  void send() {
    if (tracker_.full()) return;
    const auto probe = content_.encode(tracker_.next());
    seen_.push_back(copy_of(probe));
    std::vector<std::byte> reply = copy_of(probe);
    require(treat_message(reply, server_.source) == Treatment::stamped,
            "a true request is stamped");
    true_replies_.insert(reply);
    seen_.push_back(std::move(reply));
    tracker_.sent(now_, {});
  }

  std::vector<std::byte> seen_at(Input& in) {
    return seen_.empty() ? std::vector<std::byte>{} : seen_[in.byte() % seen_.size()];
  }

  static std::vector<std::byte> damaged(std::vector<std::byte> message, Input& in) {
    for (std::size_t flips = in.byte() % 4; flips > 0 && !message.empty(); --flips) {
      const std::size_t at = in.number(2) % message.size();
      message[at] ^= static_cast<std::byte>(in.byte());
    }
    if (in.flag()) message.resize(in.byte());
    if (in.flag() && message.size() >= kFrameHeaderBytes) write_checksum(message);
    return message;
  }

  void deliver(const std::vector<std::byte>& message) {
    const Reading reading = content_.read(message, {}, tracker_.next());
    if (reading.kind != ReadingKind::intact) return;
    require(true_replies_.contains(message), "only the server's own answers are taken");
    require(reading.sequence && *reading.sequence < tracker_.next(), "they answer what was sent");
    const Arrival arrival = tracker_.arrived(*reading.sequence, now_);
    tracker_.settle([](const SettledProbe&) {});
    if (arrival.kind != ArrivalKind::received) return;
    require(received_.insert(reading.sequence->value).second, "and each of them once");
  }

  void ask_server(std::vector<std::byte> message) {
    const std::vector<std::byte> before = message;
    const Treatment treatment = treat_message(message, server_.source);
    if (treatment == Treatment::stamped && claims_authentication(before)) {
      require(std::ranges::find(seen_, before) != seen_.end(), "only what was signed is answered");
    }
    if (treatment == Treatment::refused)
      require(message == before, "what is refused is not touched");
  }

  test::KeyedServer server_;
  testing::SessionProbes content_;
  SequenceTracker tracker_;
  Instant now_{std::chrono::seconds{5}};
  std::vector<std::vector<std::byte>> seen_;
  std::set<std::vector<std::byte>> true_replies_;
  std::set<std::uint64_t> received_;
};

}  // namespace

void fuzz_one(std::span<const std::byte> input) {
  Input in{input};
  Wire wire;
  for (int steps = 0; steps < 200 && !in.empty(); ++steps) wire.step(in);
}

}  // namespace netecho::fuzz

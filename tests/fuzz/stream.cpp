// Framing of a byte stream: whatever the pieces, the same bytes come back, stamped or not.

#include "core/codec/stream_framer.hpp"
#include "tests/core/codec/keyed_server.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace netecho::fuzz {
namespace {

struct Outcome {
  std::vector<std::byte> echoed;
  std::uint32_t stamped = 0;
  bool refused = false;
  bool withheld = false;
};

/// A connection as a server has it; `sizes` says how large each receive is.
class Connection {
 public:
  explicit Connection(StampSource& source) : source_{source} {}

  void receive(std::span<const std::byte> bytes) {
    while (!bytes.empty() && !outcome_.refused) {
      const auto gap = framer_.gap();
      if (gap.empty()) return feed(bytes);
      const std::size_t taken = std::min(bytes.size(), gap.size());
      std::copy_n(bytes.begin(), taken, gap.begin());
      framer_.filled(taken);
      bytes = bytes.subspan(taken);
      if (framer_.gap().empty()) feed({});
    }
  }

  Outcome end() {
    outcome_.withheld = framer_.withholds();
    if (!outcome_.refused && !outcome_.withheld) append(framer_.release());
    return std::move(outcome_);
  }

 private:
  void feed(std::span<const std::byte> bytes) {
    std::vector<std::byte> buffer = copy_of(framer_.prefix());
    buffer.insert(buffer.end(), bytes.begin(), bytes.end());
    const FeedResult fed = framer_.feed(buffer, source_);
    require(fed.ready_bytes <= buffer.size(), "no more is ready than there is");
    append(std::span{buffer}.first(fed.ready_bytes));
    outcome_.stamped += fed.frames_stamped;
    outcome_.refused = fed.end != FeedEnd::none;
    if (outcome_.refused) return;
    const std::size_t held = framer_.prefix().size();
    require(held == buffer.size() - fed.ready_bytes, "what is not ready is held");
    require(held <= StreamFramer::kMaxHeldBytes || framer_.holds_frame(), "little is held");
  }
  void append(std::span<const std::byte> bytes) {
    outcome_.echoed.insert(outcome_.echoed.end(), bytes.begin(), bytes.end());
  }

  StampSource& source_;
  StreamFramer framer_;
  Outcome outcome_;
};

/// The first receive decides whether a connection is framed, so it is the same for all.
constexpr std::size_t kFirst = 32;

Outcome in_one(std::span<const std::byte> bytes, StampSource& source) {
  Connection connection{source};
  connection.receive(bytes);
  return connection.end();
}

Outcome in_pieces(std::span<const std::byte> bytes, Input sizes, StampSource& source) {
  Connection connection{source};
  std::size_t size = kFirst;
  while (!bytes.empty()) {
    const auto piece = bytes.first(std::min(std::max<std::size_t>(size, 1), bytes.size()));
    connection.receive(piece);
    bytes = bytes.subspan(piece.size());
    size = sizes.empty() ? bytes.size() : sizes.byte();
  }
  return connection.end();
}

void plain_server(std::span<const std::byte> bytes, const Input& sizes) {
  test::HandClock clock{Instant{std::chrono::seconds{5}}, WallTime{std::chrono::seconds{1}}};
  const auto run = [&](auto&& pieces) {
    SessionTable sessions{1, 64};
    StampSource source{sessions, clock};
    source.begin(clock.now());
    return pieces(source);
  };
  const Outcome whole = run([&](StampSource& source) { return in_one(bytes, source); });
  const Outcome pieces = run([&](StampSource& source) { return in_pieces(bytes, sizes, source); });
  require(!whole.refused && !pieces.refused, "without a key nothing is refused");
  require(whole.echoed.size() == bytes.size(), "every byte comes back");
  require(whole.echoed == pieces.echoed && whole.stamped == pieces.stamped,
          "the pieces make no difference");
  if (whole.stamped == 0) require(std::ranges::equal(whole.echoed, bytes), "nothing is changed");
}

void keyed_server(std::span<const std::byte> bytes, const Input& sizes, Unauthenticated others) {
  test::KeyedServer one{others};
  test::KeyedServer other{others};
  const Outcome whole = in_one(bytes, one.source);
  const Outcome pieces = in_pieces(bytes, sizes, other.source);
  require(whole.echoed == pieces.echoed && whole.stamped == pieces.stamped &&
              whole.refused == pieces.refused && whole.withheld == pieces.withheld,
          "the pieces make no difference to a server with a key");
  require(whole.echoed.size() <= bytes.size(), "no more comes back than came");
  // The search does not know the key, and signs nothing.
  if (others == Unauthenticated::refused)
    require(whole.echoed.empty(), "nothing unproven goes out");
}

}  // namespace

void fuzz_one(std::span<const std::byte> input) {
  Input in{input};
  const std::size_t cuts = in.byte();
  const Input sizes{in.take(cuts)};
  const auto bytes = in.rest();
  plain_server(bytes, sizes);
  keyed_server(bytes, sizes, Unauthenticated::echoed);
  keyed_server(bytes, sizes, Unauthenticated::refused);
}

}  // namespace netecho::fuzz

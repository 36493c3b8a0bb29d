#include "core/serve/responder.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <exception>

#include "core/codec/ctp.hpp"
#include "core/codec/stamp.hpp"
#include "core/serve/message_trace.hpp"

namespace netecho {
namespace {

std::optional<DropReason> drop_reason(Refusal refusal) noexcept {
  switch (refusal) {
    case Refusal::none:
      return std::nullopt;
    case Refusal::no_return_address:
      return DropReason::no_return_address;
    case Refusal::source_port:
      return DropReason::source_port;
    case Refusal::not_unicast:
      return DropReason::multicast;
    case Refusal::hop_limit:
      return DropReason::ttl;
    case Refusal::loop:
      return DropReason::loop;
    case Refusal::not_allowed:
      return DropReason::not_allowed;
  }
  return std::nullopt;
}

/// All messages of a slot have this in common.
std::optional<DropReason> drop_reason(const Slot& slot) noexcept {
  if (const auto refused = drop_reason(slot.refused)) return refused;
  if (slot.truncated) return DropReason::truncated;
  return std::nullopt;
}

/// Treats the one message of a slot. `treat` makes the answer in place, or says why there is none.
template <typename Treat>
void prepare_single(Slot& slot, std::size_t index, const MessageSource& source,
                    const Treat& treat) noexcept {
  auto reason = drop_reason(slot);
  if (!reason) reason = treat(std::span{slot.data, slot.size}, slot);
  if (!reason) return;
  slot.skip = true;
  drop_message(slot, index, *reason, source);
}

/// Each segment is a message. Those that are to be answered are moved together: all but the last
/// have the same size, so what remains is a train again.
template <typename Treat>
void prepare_train(Slot& train, std::size_t index, const MessageSource& source,
                   const Treat& treat) noexcept {
  const auto refused = drop_reason(train);
  std::byte* end = train.data;
  for (std::uint32_t at = 0; at < train.size; at += train.segment_size) {
    const std::span message{train.data + at, std::min(train.segment_size, train.size - at)};
    if (const auto reason = refused ? refused : treat(message, train)) {
      Slot dropped = train;
      dropped.cut_front(at);
      drop_message(dropped.first_message(), index, *reason, source);
      continue;
    }
    if (end != message.data()) std::memmove(end, message.data(), message.size());
    end += message.size();
  }
  train.size = static_cast<std::uint32_t>(end - train.data);
  train.skip = train.size == 0;
}

template <typename Treat>
void prepare_each(Batch& batch, const MessageSource& source, const Treat& treat) noexcept {
  EndpointStats& endpoint = source.endpoint;
  std::size_t index = 0;
  for (Slot& slot : batch.filled()) {
    *endpoint.rx_messages_total += slot.segments();
    endpoint.rx_bytes_total += slot.size;
    if (slot.segment_size != 0) {
      prepare_train(slot, index, source, treat);
    } else {
      prepare_single(slot, index, source, treat);
    }
    ++index;
  }
}

/// Returns what came, whatever it is.
class PlainResponder final : public Responder {
 public:
  explicit PlainResponder(ServerShared& /*shared*/) noexcept {}

  void prepare(Batch& batch, const MessageSource& source) noexcept override {
    ServerLimits& limits = source.shared.limits;
    prepare_each(batch, source, [&](std::span<std::byte> /*message*/, const Slot& slot) {
      return limits.admit_reply(slot.source_prefix, slot.at) ? std::nullopt
                                                             : std::optional{DropReason::rate};
    });
  }
};

/// Stamps the frames of netecho (docs/wire-format.md), and returns what is none.
class FrameResponder final : public Responder {
 public:
  explicit FrameResponder(ServerShared& shared) noexcept : stamps_{shared.stamps()} {}

  void prepare(Batch& batch, const MessageSource& source) noexcept override {
    if (batch.count != 0) stamps_.begin(batch.slots().front().at);
    prepare_each(batch, source, [&](std::span<std::byte> message, const Slot& slot) {
      return treat(message, slot, source);
    });
  }

 private:
  std::optional<DropReason> treat(std::span<std::byte> message, const Slot& slot,
                                  const MessageSource& source) noexcept {
    const auto admit = [&] {
      return source.shared.limits.admit_reply(slot.source_prefix, slot.at);
    };
    if (!has_frame_magic(message) && !stamps_.refuses_others()) {
      return admit() ? std::nullopt : std::optional{DropReason::rate};
    }
    // A record can't have come from another server: it has a connection of its own.
    const bool datagram = source.endpoint.endpoint.socket_type == SocketType::datagram;
    if (datagram && is_reply_frame(message)) return DropReason::loop;
    switch (treat_message(message, stamps_, admit)) {
      case Treatment::returned:
        break;
      case Treatment::stamped:
        ++source.endpoint.frames_stamped_total;
        break;
      case Treatment::refused:
        return DropReason::auth;
      case Treatment::over_rate:
        return DropReason::rate;
    }
    return std::nullopt;
  }

  StampSource& stamps_;
};

/// Sends frames of the Configuration Testing Protocol on, unchanged but for the mark of what is
/// done. Their port has decided which ones, and where to.
class CtpResponder final : public Responder {
 public:
  explicit CtpResponder(ServerShared& shared) noexcept
      : only_authenticated_{shared.options.others == Unauthenticated::refused} {}

  void prepare(Batch& batch, const MessageSource& source) noexcept override {
    ServerLimits& limits = source.shared.limits;
    prepare_each(batch, source,
                 [&](std::span<std::byte> frame, const Slot& slot) -> std::optional<DropReason> {
                   if (only_authenticated_) return DropReason::auth;
                   if (!limits.admit_reply(slot.source_prefix, slot.at)) return DropReason::rate;
                   advance_ctp(frame);
                   return std::nullopt;
                 });
  }

 private:
  bool only_authenticated_;  ///< What is sent on unchanged proves nothing: none is.
};

template <typename Kind>
std::unique_ptr<Responder> make(ServerShared& shared) {
  return std::make_unique<Kind>(shared);
}

struct ResponderRow {
  std::string_view wire_format;
  std::unique_ptr<Responder> (*make)(ServerShared& shared);
};
constexpr std::string_view kPlain = "plain";
constexpr std::array kResponders{ResponderRow{kPlain, make<PlainResponder>},
                                 ResponderRow{kFrames, make<FrameResponder>},
                                 ResponderRow{kForwardedFrames, make<CtpResponder>}};

}  // namespace

std::unique_ptr<Responder> make_responder(std::string_view wire_format, ServerShared& shared) {
  if (wire_format == kFrames && shared.options.plain) wire_format = kPlain;
  const auto* const row = std::ranges::find(kResponders, wire_format, &ResponderRow::wire_format);
  if (row == kResponders.end()) std::abort();  // Our own bug: a transport names what nobody has.
  return row->make(shared);
}

void drop_message(const Slot& slot, std::size_t index, DropReason reason,
                  const MessageSource& source) noexcept {
  ++source.endpoint.dropped_total[static_cast<std::size_t>(reason)];
  if (reason == DropReason::rate) tell_of_rate(slot, index, source);
  if (source.shared.options.trace == TraceLevel::everything) {
    trace_message(slot, index, reason, source);
  }
}

}  // namespace netecho

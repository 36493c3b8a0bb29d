/// \file
/// One socket with `window` datagrams under way, plain or in trains that the kernel cuts and joins
/// (`train` messages each: UDP_SEGMENT and UDP_GRO, udp(7)), or in what else carries messages.
///
/// A message starts with sockperf's header (its sequence, flags, its length; big-endian), so that
/// sockperf's server answers it like every other; only its flags are not compared.

#include <arpa/inet.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include "carrier.hpp"
#include "common.hpp"
#include "frames.hpp"

namespace bench {
namespace {

constexpr std::size_t kHeaderBytes = 14;
constexpr std::size_t kFlagsAt = 8;
constexpr std::size_t kFlagsEnd = 10;
constexpr std::size_t kMostAtOnce = 64;
constexpr std::size_t kSlotBytes = 65'536;
constexpr std::size_t kRemembered = 65'536;  ///< Sequences back.
constexpr std::size_t kLateWindows = 4;
constexpr int kLostAfterMs = 200;

class Datagrams {
 public:
  Datagrams(const Target& target, Options& options)
      : size_{options.number("size", 64)},
        window_{options.number("window", 256)},
        train_{options.number("train", 1)},
        batch_{options.number("batch", kMostAtOnce)},
        framed_{options.number("frames", 0) != 0},
        stopwatch_{options},
        pattern_{kSlotBytes},
        carrier_{target.carrier()},
        fd_{carrier_ ? carrier_->fd() : target.connect()} {
    options.check_all_used();
    if (size_ < kHeaderBytes || window_ == 0 || window_ > kRemembered / (2 * kLateWindows) ||
        train_ == 0 || batch_ == 0 || batch_ > kMostAtOnce || train_ * size_ > kSlotBytes - 64) {
      fail("size, window, train or batch out of range");
    }
    if (framed_ && size_ != kFrameBytes) fail("frames are of 64 B");
    if (carrier_ && train_ > 1) fail("trains are for udp");
    const int on = 1;
    if (train_ > 1 && ::setsockopt(fd_, IPPROTO_UDP, UDP_GRO, &on, sizeof on) != 0) {
      fail_errno("UDP_GRO");
    }
    const int room = 4 << 20;  // A full receive buffer would drop what the server did return.
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    for (std::size_t i = 0; i < kMostAtOnce; ++i) {
      sending_[i].msg_hdr.msg_iov = &outgoing_[i][1];
      receiving_[i].msg_hdr.msg_iov = &incoming_[i][1];
      sending_[i].msg_hdr.msg_iovlen = receiving_[i].msg_hdr.msg_iovlen = 1;
      if (carrier_) carry_by(*carrier_, i);
    }
  }

  void run() {
    std::uint64_t before = 0;
    std::uint64_t lost_before = 0;
    stopwatch_.start();
    while (true) {
      if (stopwatch_.warm_up_ends()) before = messages_, lost_before = lost_;
      // In a short time a machine that is busy with others may bring nothing: that is waited for.
      if (stopwatch_.over() && (messages_ > before || stopwatch_.elapsed_ns() > kPatienceNs)) break;
      send_batches();
      if (!receive()) wait();
    }
    const std::uint64_t counted = messages_ - before;
    if (counted == 0) fail("nothing came back");
    print({.messages = counted,
           .bytes = counted * size_,
           .elapsed_ns = stopwatch_.elapsed_ns(),
           .all = messages_,
           .lost = lost_ - lost_before,
           .stamped = stamped_});
  }

 private:
  void carry_by(const Carrier& carrier, std::size_t i) noexcept {
    outgoing_[i][0] = {heads_[i].data(), carrier.head_bytes()};
    msghdr& header = sending_[i].msg_hdr;
    header.msg_iov = outgoing_[i].data();
    header.msg_iovlen = outgoing_[i].size();
    if (carrier.to_size() == 0) return;
    to_ = carrier.to();
    header.msg_name = &to_;
    header.msg_namelen = carrier.to_size();
  }

  void write_message(char* to) noexcept {
    const std::uint64_t sequence = next_++;
    under_way_[sequence % kRemembered] = 1;
    if (framed_) return write_frame(to, session_, sequence);
    const std::uint32_t high = htonl(static_cast<std::uint32_t>(sequence >> 32U));
    const std::uint32_t low = htonl(static_cast<std::uint32_t>(sequence));
    const std::uint16_t flags = htons(3);  // Sent by a client, to be answered.
    const std::uint32_t length = htonl(static_cast<std::uint32_t>(size_));
    std::memcpy(to, &high, 4);
    std::memcpy(to + 4, &low, 4);
    std::memcpy(to + kFlagsAt, &flags, 2);
    std::memcpy(to + kFlagsEnd, &length, 4);
    std::memcpy(to + kHeaderBytes, pattern_.at(sequence), size_ - kHeaderBytes);
  }

  /// Fills the window, in as few calls as there can be.
  void send_batches() {
    while (window_ - outstanding_ >= train_) {
      const std::size_t trains = std::min<std::size_t>(batch_, (window_ - outstanding_) / train_);
      for (std::size_t i = 0; i < trains; ++i) {
        char* to = out_.get() + i * kSlotBytes;
        for (std::uint64_t k = 0; k < train_; ++k) write_message(to + k * size_);
        if (carrier_) carrier_->write_head(heads_[i].data(), next_ - 1, to, size_);
        outgoing_[i][1] = {to, train_ * size_};
        if (train_ > 1) ask_to_cut(i);
      }
      for (std::size_t done = 0; done < trains;) {
        const int sent = ::sendmmsg(fd_, &sending_[done], static_cast<unsigned>(trains - done), 0);
        if (sent < 0) fail_errno("sendmmsg");
        done += static_cast<std::size_t>(sent);
      }
      outstanding_ += trains * train_;
    }
  }

  void ask_to_cut(std::size_t i) noexcept {
    auto* header = reinterpret_cast<cmsghdr*>(cut_[i].data());
    header->cmsg_level = IPPROTO_UDP;
    header->cmsg_type = UDP_SEGMENT;
    header->cmsg_len = CMSG_LEN(sizeof(std::uint16_t));
    const auto segment = static_cast<std::uint16_t>(size_);
    std::memcpy(CMSG_DATA(header), &segment, sizeof segment);
    sending_[i].msg_hdr.msg_control = cut_[i].data();
    sending_[i].msg_hdr.msg_controllen = CMSG_SPACE(sizeof segment);
  }

  bool receive() {
    // A train fills its buffer: with one buffer a call the next lands in memory that is still warm.
    const unsigned slots = trains_come_ ? 1 : static_cast<unsigned>(batch_);
    for (unsigned i = 0; i < slots; ++i) {
      incoming_[i][1] = {in_.get() + i * kSlotBytes, kSlotBytes};
      if (carrier_) {
        prepare(receiving_[i].msg_hdr, *carrier_, answers_[i], incoming_[i].data());
        continue;
      }
      receiving_[i].msg_hdr.msg_control = train_ > 1 ? joined_.data() : nullptr;
      receiving_[i].msg_hdr.msg_controllen = train_ > 1 ? joined_.size() : 0;
    }
    const int got = ::recvmmsg(fd_, receiving_.data(), slots, MSG_DONTWAIT, nullptr);
    if (got < 0 && errno != EAGAIN) fail_errno("recvmmsg");
    for (std::size_t i = 0; i < static_cast<std::size_t>(std::max(got, 0)); ++i) {
      carrier_ ? take_carried(i) : take(receiving_[i]);
    }
    return got > 0;
  }

  /// One message, or a train of them.
  void take(mmsghdr& message) {
    std::size_t segment = message.msg_len;
    for (cmsghdr* c = CMSG_FIRSTHDR(&message.msg_hdr); c != nullptr;
         c = CMSG_NXTHDR(&message.msg_hdr, c)) {
      if (c->cmsg_level != IPPROTO_UDP || c->cmsg_type != UDP_GRO) continue;
      int bytes = 0;
      std::memcpy(&bytes, CMSG_DATA(c), sizeof bytes);
      segment = static_cast<std::size_t>(bytes);
    }
    trains_come_ = segment != message.msg_len;
    if (segment != size_ || message.msg_len % size_ != 0)
      fail("a message came back in another size");
    const auto* data = static_cast<const char*>(message.msg_hdr.msg_iov->iov_base);
    for (std::size_t at = 0; at < message.msg_len; at += size_) check(data + at);
  }

  void take_carried(std::size_t i) {
    const std::size_t head = carrier_->answer_head_bytes();
    if (receiving_[i].msg_len != head + size_) fail("a message came back in another size");
    const auto* message = static_cast<const char*>(incoming_[i][1].iov_base);
    if (!carrier_->is_answer(answers_[i].head.data(), sequence_of(message))) {
      fail("what it came back in is no answer to it");
    }
    check(message);
  }

  [[nodiscard]] std::uint64_t sequence_of(const char* message) const noexcept {
    return read_number(message + (framed_ ? kFrameSequenceAt : 0));
  }

  static std::uint64_t read_number(const char* from) noexcept {
    std::uint32_t high = 0;
    std::uint32_t low = 0;
    std::memcpy(&high, from, 4);
    std::memcpy(&low, from + 4, 4);
    return std::uint64_t{ntohl(high)} << 32U | ntohl(low);
  }

  void check(const char* message) {
    const std::uint64_t sequence = sequence_of(message);
    const FrameEcho echo = framed_                      ? read_frame(message, session_, sequence)
                           : is_same(message, sequence) ? FrameEcho::returned
                                                        : FrameEcho::other;
    if (sequence >= next_ || echo == FrameEcho::other) fail("other bytes came back");
    if (sequence < oldest_) return;  // Given up, or a second time.
    char& waits = under_way_[sequence % kRemembered];
    if (waits == 0) return;  // A second time.
    waits = 0;
    --outstanding_;
    ++messages_;
    stamped_ += echo == FrameEcho::stamped ? 1 : 0;
    advance();
  }

  /// What is missing when several windows of later ones have gone out is lost: else it would keep
  /// its place in the window for good.
  void advance() noexcept {
    for (; oldest_ < next_; ++oldest_) {
      char& waits = under_way_[oldest_ % kRemembered];
      if (waits == 0) continue;
      if (next_ - oldest_ <= kLateWindows * window_) return;
      waits = 0;
      --outstanding_;
      ++lost_;
    }
  }

  [[nodiscard]] bool is_same(const char* message, std::uint64_t sequence) const noexcept {
    std::uint32_t length = 0;
    std::memcpy(&length, message + kFlagsEnd, 4);
    return ntohl(length) == size_ &&
           std::memcmp(message + kHeaderBytes, pattern_.at(sequence), size_ - kHeaderBytes) == 0;
  }

  /// After a while without any the rest of the window is lost.
  void wait() {
    pollfd watched{fd_, POLLIN, 0};
    if (::poll(&watched, 1, kLostAfterMs) != 0) return;
    lost_ += outstanding_;
    outstanding_ = 0;
    oldest_ = next_;
    under_way_.fill(0);
  }

  std::uint64_t size_;
  std::uint64_t window_;
  std::uint64_t train_;
  std::uint64_t batch_;  ///< Messages, or trains, a call.
  bool framed_;          ///< netecho's frames, which are stamped.
  bool trains_come_ = false;
  std::uint64_t session_ = now_ns();
  std::uint64_t stamped_ = 0;
  Stopwatch stopwatch_;
  Pattern pattern_;
  std::unique_ptr<Carrier> carrier_;  ///< Null: the messages are all that is sent.
  int fd_;
  sockaddr_storage to_{};
  std::uint64_t next_ = 0;
  std::uint64_t oldest_ = 0;  ///< None before is under way.
  std::uint64_t outstanding_ = 0;
  std::uint64_t messages_ = 0;
  std::uint64_t lost_ = 0;
  std::array<char, kRemembered> under_way_{};
  std::array<mmsghdr, kMostAtOnce> sending_{};
  std::array<mmsghdr, kMostAtOnce> receiving_{};
  // A head and a message each, or the latter alone.
  std::array<std::array<iovec, 2>, kMostAtOnce> outgoing_{};
  std::array<std::array<iovec, 2>, kMostAtOnce> incoming_{};
  std::array<Carrier::Head, kMostAtOnce> heads_{};
  std::array<Answer, kMostAtOnce> answers_{};
  alignas(cmsghdr) std::array<std::array<char, CMSG_SPACE(sizeof(int))>, kMostAtOnce> cut_{};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> joined_{};
  std::unique_ptr<char[]> out_ = std::make_unique<char[]>(kMostAtOnce * kSlotBytes);
  std::unique_ptr<char[]> in_ = std::make_unique<char[]>(kMostAtOnce * kSlotBytes);
};

}  // namespace

void datagrams(const Target& target, Options& options) {
  std::make_unique<Datagrams>(target, options)->run();
}

}  // namespace bench

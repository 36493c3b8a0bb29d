/// \file
/// One message at a time, by the calls that netecho's probe makes: sendmsg(2), a wait in
/// epoll_pwait2(2) unless `spin`, recvmsg(2). The clock is read right before the first and right
/// after the last.

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <vector>

#include "carrier.hpp"
#include "common.hpp"

namespace bench {
namespace {

constexpr std::size_t kSlotBytes = 65'536;
constexpr std::uint64_t kLostAfterNs = 1'000'000'000;

class RoundTrips {
 public:
  RoundTrips(const Target& target, Options& options)
      : size_{options.number("size", 64)},
        count_{options.number("count", 10'000)},
        warmup_{options.number("warmup", 200)},
        spins_{options.number("spin", 0) != 0},
        pattern_{kSlotBytes},
        carrier_{target.carrier()} {
    options.check_all_used();
    if (!carrier_) fail("only for what has a carrier");
    if (size_ < sizeof(std::uint64_t) || size_ > kSlotBytes || count_ == 0) {
      fail("size or count out of range");
    }
    epoll_event event{.events = EPOLLIN, .data = {}};
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, carrier_->fd(), &event) != 0) fail_errno("epoll_ctl");
    outgoing_[0] = {head_.data(), carrier_->head_bytes()};
    outgoing_[1] = {out_.data(), size_};
    incoming_[1] = {in_.data(), in_.size()};
    sending_.msg_iov = outgoing_.data();
    sending_.msg_iovlen = outgoing_.size();
    to_ = carrier_->to();
    sending_.msg_namelen = carrier_->to_size();
    if (sending_.msg_namelen != 0) sending_.msg_name = &to_;
  }

  void run() {
    std::vector<std::uint64_t> took;
    took.reserve(count_);
    for (std::uint64_t i = 0; i < warmup_ + count_; ++i) {
      const std::uint64_t ns = round_trip(i);
      if (i >= warmup_) took.push_back(ns);
    }
    std::ranges::sort(took);
    std::printf("{\"messages\":%llu,\"p50\":%llu}\n", static_cast<unsigned long long>(took.size()),
                static_cast<unsigned long long>(took[took.size() / 2]));
  }

 private:
  std::uint64_t round_trip(std::uint64_t sequence) {
    std::memcpy(out_.data(), pattern_.at(sequence), size_);
    std::memcpy(out_.data(), &sequence, sizeof sequence);
    carrier_->write_head(head_.data(), sequence, out_.data(), size_);
    const std::uint64_t sent = now_ns();
    if (::sendmsg(carrier_->fd(), &sending_, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
      fail_errno("sendmsg");
    if (!spins_) wait();
    ssize_t got = receive();
    while (spins_ && got < 0 && now_ns() - sent < kLostAfterNs) got = receive();
    const std::uint64_t back = now_ns();
    if (got < 0) fail_errno("recvmsg");
    check(sequence, static_cast<std::size_t>(got));
    return back - sent;
  }

  void wait() {
    const timespec limit{.tv_sec = static_cast<time_t>(kLostAfterNs / 1'000'000'000), .tv_nsec = 0};
    epoll_event event{};
    const int ready = ::epoll_pwait2(epoll_, &event, 1, &limit, nullptr);
    if (ready < 0) fail_errno("epoll_pwait2");
    if (ready == 0) fail("nothing came back");
  }

  ssize_t receive() noexcept {
    prepare(receiving_, *carrier_, answer_, incoming_.data());
    return ::recvmsg(carrier_->fd(), &receiving_, MSG_DONTWAIT);
  }

  void check(std::uint64_t sequence, std::size_t got) const {
    if (got != carrier_->answer_head_bytes() + size_) fail("a message came back in another size");
    if (!carrier_->is_answer(answer_.head.data(), sequence) ||
        std::memcmp(in_.data(), out_.data(), size_) != 0) {
      fail("other bytes came back");
    }
  }

  std::uint64_t size_;
  std::uint64_t count_;
  std::uint64_t warmup_;
  bool spins_;
  Pattern pattern_;
  std::unique_ptr<Carrier> carrier_;
  int epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  sockaddr_storage to_{};
  Carrier::Head head_{};
  Answer answer_{};
  msghdr sending_{};
  msghdr receiving_{};
  std::array<iovec, 2> outgoing_{};
  std::array<iovec, 2> incoming_{};
  std::vector<char> out_ = std::vector<char>(kSlotBytes);
  std::vector<char> in_ = std::vector<char>(kSlotBytes);
};

}  // namespace

void round_trips(const Target& target, Options& options) {
  RoundTrips{target, options}.run();
}

}  // namespace bench

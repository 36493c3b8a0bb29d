#include "core/serve/impaired_queue.hpp"

#include <algorithm>
#include <new>

namespace netecho {
namespace {

/// No more than this are held: one more goes its way as if it were not to be reordered.
constexpr std::size_t kMaxHeld = 1024;

/// A message costs so much besides its bytes, with the allocator's share.
constexpr std::size_t kOverheadBytes = sizeof(ImpairedMessage) + 32;

Duration time_on_link(std::size_t bytes, std::uint64_t rate) noexcept {
  const double seconds = static_cast<double>(bytes) / static_cast<double>(rate);
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>{seconds});
}

}  // namespace

ImpairedList::~ImpairedList() {
  while (!empty()) pop();  // Not by recursion: it may be long.
}

void ImpairedList::push(std::unique_ptr<ImpairedMessage> message) noexcept {
  ImpairedMessage* const last = message.get();
  (tail_ == nullptr ? head_ : tail_->next_) = std::move(message);
  tail_ = last;
}

std::unique_ptr<ImpairedMessage> ImpairedList::pop() noexcept {
  std::unique_ptr<ImpairedMessage> first = std::move(head_);
  head_ = std::move(first->next_);
  if (head_ == nullptr) tail_ = nullptr;
  return first;
}

template <typename Take>
void ImpairedList::extract(const PeerRef& peer, const Take& take) noexcept {
  tail_ = nullptr;
  for (std::unique_ptr<ImpairedMessage>* at = &head_; *at != nullptr;) {
    if ((*at)->peer_.same_peer(peer)) {
      std::unique_ptr<ImpairedMessage> found = std::move(*at);
      *at = std::move(found->next_);
      take(std::move(found));
    } else {
      tail_ = at->get();
      at = &tail_->next_;
    }
  }
}

ImpairedQueue::~ImpairedQueue() {
  const auto forget = [this](ImpairedList& list) {
    while (!list.empty()) bytes_under_way_ -= list.pop()->size_ + kOverheadBytes;
  };
  forget(line_);
  forget(held_);
}

std::unique_ptr<ImpairedMessage> ImpairedQueue::make(std::span<const std::byte> bytes,
                                                     Instant received, Duration delay) noexcept {
  std::unique_ptr<ImpairedMessage> message{new (std::nothrow) ImpairedMessage};
  if (message == nullptr) return nullptr;
  message->data_.reset(new (std::nothrow) std::byte[bytes.size()]);
  if (message->data_ == nullptr) return nullptr;
  std::copy(bytes.begin(), bytes.end(), message->data_.get());
  message->size_ = bytes.size();
  message->received_ = received;
  message->delay_ = delay;
  bytes_under_way_ += bytes.size() + kOverheadBytes;
  ++size_;
  return message;
}

void ImpairedQueue::append(std::unique_ptr<ImpairedMessage> message) noexcept {
  Instant ready = message->received_;
  if (rate_ != 0) {
    link_free_ = std::max(link_free_, ready) + time_on_link(message->size_, rate_);
    ready = link_free_;
  }
  ready += message->delay_;
  message->delayed_ = ready > message->received_;
  message->due_ = ready;  // Or when the one in front has left, if that is later.
  line_.push(std::move(message));
}

bool ImpairedQueue::push(std::span<const std::byte> message, const PeerRef& peer, Instant received,
                         const MessageFate& fate) noexcept {
  const bool no_room =
      bytes_under_way_ + message.size() + kOverheadBytes > kMaxBytesUnderWay || link_full(received);
  std::unique_ptr<ImpairedMessage> taken;
  if (!fate.lost && !no_room) taken = make(message, received, fate.delay);
  if (taken == nullptr) {
    ++totals_.loss;
    return false;
  }
  taken->peer_ = peer;
  taken->duplicated_ = fate.duplicated;
  if (fate.reordered && held_size_ < kMaxHeld && !rushed_) {
    held_.push(std::move(taken));
    ++held_size_;
    return true;
  }
  if (fate.corrupt && !message.empty()) {
    corrupt_message(taken->bytes(), fate.corrupt_at);
    taken->corrupted = 1;
  }
  const bool overtakes = taken->corrupted == 0;  // Whoever gets a corrupt one has not received it.
  append(std::move(taken));
  if (overtakes && held_size_ != 0) {
    held_.extract(peer, [this](std::unique_ptr<ImpairedMessage> overtaken) {
      --held_size_;
      overtaken->overtaken_ = true;
      append(std::move(overtaken));
    });
  }
  return true;
}

ImpairedMessage* ImpairedQueue::push_part(std::span<const std::byte> bytes, Instant received,
                                          Duration delay) noexcept {
  std::unique_ptr<ImpairedMessage> part = make(bytes, received, delay);
  if (part == nullptr) return nullptr;
  ImpairedMessage* const pushed = part.get();
  append(std::move(part));
  return pushed;
}

bool ImpairedQueue::has_room(Instant now) const noexcept {
  return empty() || (bytes_under_way_ < kMaxBytesUnderWay && !link_full(now));
}

void ImpairedQueue::release_held() noexcept {
  --held_size_;
  append(held_.pop());
}

ImpairedMessage* ImpairedQueue::due(Instant now) noexcept {
  while (!held_.empty() && held_.front()->received_ + kReorderPatience <= now) release_held();
  ImpairedMessage* const first = line_.front();
  return first != nullptr && (rushed_ || first->due_ <= now) ? first : nullptr;
}

void ImpairedQueue::gone(Outcome outcome) noexcept {
  ImpairedMessage& message = *line_.front();
  const bool sent = outcome == Outcome::sent;
  if (message.first_gone_) {
    if (sent) ++totals_.dup;
  } else {
    message.first_gone_ = true;
    --size_;
    if (!message.overtaken_ && message.corrupted == 0) overtaker_has_left_ = sent;
    if (sent) {
      totals_.corrupt += message.corrupted;
      if (message.delayed_) ++totals_.delayed;
      if (message.overtaken_ && overtaker_has_left_) ++totals_.reorder;
      if (message.duplicated_) return;
    }
  }
  bytes_under_way_ -= line_.pop()->size_ + kOverheadBytes;
}

Instant ImpairedQueue::next_event() const noexcept {
  Instant next = kNever;
  if (!line_.empty()) next = rushed_ ? Instant{} : line_.front()->due_;
  if (!held_.empty()) next = std::min(next, held_.front()->received_ + kReorderPatience);
  return next;
}

void ImpairedQueue::rush() noexcept {
  rushed_ = true;
  while (!held_.empty()) release_held();
}

}  // namespace netecho

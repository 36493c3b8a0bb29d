#include "core/codec/auth.hpp"

#include <sodium/crypto_auth_hmacsha256.h>
#include <sodium/utils.h>

#include <algorithm>
#include <array>
#include <cstdlib>

namespace netecho {

// sodium_init() is not called: it chooses among implementations and seeds the random generator.
// SHA-256 has one implementation, and nothing here is random.
struct AuthKey::State {
  crypto_auth_hmacsha256_state hmac;
};

namespace {

using Hmac = std::array<std::byte, crypto_auth_hmacsha256_BYTES>;

const unsigned char* as_uchar(std::span<const std::byte> bytes) noexcept {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

void update(crypto_auth_hmacsha256_state& state, std::span<const std::byte> bytes) noexcept {
  crypto_auth_hmacsha256_update(&state, as_uchar(bytes), bytes.size());
}

}  // namespace

AuthKey::AuthKey(std::span<const std::byte> key) : state_{std::make_unique<State>()} {
  crypto_auth_hmacsha256_init(&state_->hmac, as_uchar(key), key.size());
}

AuthKey::~AuthKey() {
  sodium_memzero(state_.get(), sizeof *state_);
}

AuthKey::Tag AuthKey::tag_of(std::span<const std::byte> frame) const noexcept {
  if (frame.size() < frame_minimum(false, true)) std::abort();  // Our own bug, never a peer's.
  constexpr std::size_t kHeadBytes = kFrameChecksumAt + kFrameChecksumBytes;
  std::array<std::byte, kHeadBytes> head{};  // Zeros where the checksum is.
  std::copy_n(frame.begin(), kFrameChecksumAt, head.begin());
  constexpr Tag kNoTag{};

  crypto_auth_hmacsha256_state state = state_->hmac;  // Wiped by final().
  update(state, head);
  update(state, frame.subspan(kHeadBytes, frame.size() - kHeadBytes - kFrameTagBytes));
  update(state, kNoTag);
  Hmac hmac;
  crypto_auth_hmacsha256_final(&state, reinterpret_cast<unsigned char*>(hmac.data()));
  Tag tag;
  std::copy_n(hmac.begin(), tag.size(), tag.begin());
  return tag;
}

void AuthKey::sign(std::span<std::byte> frame) const noexcept {
  const Tag tag = tag_of(frame);
  std::ranges::copy(tag, frame.last(kFrameTagBytes).begin());
  write_checksum(frame);
}

bool AuthKey::verify(std::span<const std::byte> frame) const noexcept {
  const Tag tag = tag_of(frame);
  return sodium_memcmp(tag.data(), frame.last(kFrameTagBytes).data(), tag.size()) == 0;
}

}  // namespace netecho

#include "core/net/resolver.hpp"

#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <clocale>
#include <csignal>
#include <memory>
#include <optional>
#include <system_error>
#include <thread>

#include "core/base/clock.hpp"
#include "core/base/error.hpp"
#include "core/base/unique_fd.hpp"
#include "core/net/deadline.hpp"
#include "core/net/socket_type.hpp"

namespace netecho {
namespace {

/// Whether a name has characters that DNS does not know (IDNA, RFC 5890).
bool is_international(std::string_view name) noexcept {
  return std::ranges::any_of(name, [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
}

/// Has this thread, and no other, read names as UTF-8, whatever the locale: AI_IDN goes by it.
class Utf8Here {
 public:
  Utf8Here() noexcept : utf8_{::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)} {
    if (utf8_ != nullptr) before_ = ::uselocale(utf8_);
  }
  ~Utf8Here() {
    if (utf8_ == nullptr) return;
    ::uselocale(before_);
    ::freelocale(utf8_);
  }
  Utf8Here(const Utf8Here&) = delete;
  Utf8Here& operator=(const Utf8Here&) = delete;

 private:
  locale_t utf8_;
  locale_t before_ = nullptr;
};

/// This is one question to the name service. Who asks and the thread that answers own it; the last
/// one frees it.
struct Question {
  Question(std::string_view name, const ResolveOptions& options)
      : host{name}, ask{options.name_service}, answered_fd{checked("eventfd", "", [] {
          return ::eventfd(0, EFD_CLOEXEC);
        })} {
    hints.ai_socktype = native_type(options.type);
#ifdef AI_IDN
    if (is_international(name)) hints.ai_flags |= AI_IDN;
#endif
    switch (options.lookup.family) {
      case FamilyChoice::any:
        hints.ai_family = AF_UNSPEC;
        break;
      case FamilyChoice::ipv4_only:
        hints.ai_family = AF_INET;
        break;
      case FamilyChoice::ipv6_only:
        hints.ai_family = AF_INET6;
        break;
    }
  }
  ~Question() {
    if (addresses != nullptr) ::freeaddrinfo(addresses);
  }
  Question(const Question&) = delete;
  Question& operator=(const Question&) = delete;

  void answer() noexcept {
    const Utf8Here utf8;
    error = ask(host.c_str(), nullptr, &hints, &addresses);
    error_number = errno;
    answered.store(true, std::memory_order_release);
    static_cast<void>(::eventfd_write(answered_fd.get(), 1));
  }

  const std::string host;
  decltype(&::getaddrinfo) ask;
  addrinfo hints{};
  UniqueFd answered_fd;
  std::atomic<bool> answered = false;
  addrinfo* addresses = nullptr;
  int error = 0;         ///< EAI_…
  int error_number = 0;  ///< errno, for EAI_SYSTEM.
};

/// Blocks all signals of this thread, which a thread started meanwhile inherits: signals are for
/// the main thread.
class AllSignalsBlocked {
 public:
  AllSignalsBlocked() noexcept {
    sigset_t all{};
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~AllSignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  AllSignalsBlocked(const AllSignalsBlocked&) = delete;
  AllSignalsBlocked& operator=(const AllSignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

class Resolution {
 public:
  Resolution(std::string_view host, const ResolveOptions& options)
      : host_{host}, options_{options} {}

  [[nodiscard]] std::vector<SocketAddress> addresses() const;
  [[nodiscard]] std::uint16_t port(std::string_view service) const;

 private:
  [[nodiscard]] bool allows(int family) const noexcept;
  [[nodiscard]] std::vector<SocketAddress> of_both(std::string_view v4, std::string_view v6) const;
  [[nodiscard]] std::vector<SocketAddress> look_up() const;
  [[nodiscard]] std::shared_ptr<Question> ask() const;
  [[nodiscard]] std::string explain(int error, int error_number) const;
  [[noreturn]] void fail(std::string reason, int error_number = 0) const;

  std::string_view host_;
  const ResolveOptions& options_;
};

char to_lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

/// Whether `host` is `domain` or ends in `.domain`, in any case, with or without the final dot.
bool is_within(std::string_view host, std::string_view domain) noexcept {
  if (!host.empty() && host.back() == '.') host.remove_suffix(1);
  if (host.size() < domain.size()) return false;
  const std::string_view end = host.substr(host.size() - domain.size());
  if (!std::equal(end.begin(), end.end(), domain.begin(),
                  [](char a, char b) { return to_lower(a) == b; })) {
    return false;
  }
  return host.size() == domain.size() || host[host.size() - domain.size() - 1] == '.';
}

bool Resolution::allows(int family) const noexcept {
  switch (options_.lookup.family) {
    case FamilyChoice::any:
      return true;
    case FamilyChoice::ipv4_only:
      return family == AF_INET;
    case FamilyChoice::ipv6_only:
      return family == AF_INET6;
  }
  return false;
}

void Resolution::fail(std::string reason, int error_number) const {
  throw Error{ErrorCategory::resolve, "resolve",
              options_.subject.empty() ? std::string{host_} : options_.subject, std::move(reason),
              error_number};
}

std::vector<SocketAddress> Resolution::of_both(std::string_view v4, std::string_view v6) const {
  std::vector<SocketAddress> out;
  if (allows(AF_INET)) out.push_back(*SocketAddress::from_ip(v4, 0));
  if (allows(AF_INET6)) out.push_back(*SocketAddress::from_ip(v6, 0));
  return out;
}

std::vector<SocketAddress> Resolution::addresses() const {
  if (host_.empty() && options_.role == Role::serve) return of_both("0.0.0.0", "::");
  if (host_.empty() || is_within(host_, "localhost")) return of_both("127.0.0.1", "::1");
  if (const auto address = SocketAddress::from_ip(host_, 0)) {
    if (allows(address->family())) return {*address};
    fail(address->family() == AF_INET ? "an IPv4 address, where only IPv6 is allowed"
                                      : "an IPv6 address, where only IPv4 is allowed");
  }
  const std::string quoted = "'" + std::string{host_} + "'";
  if (host_.find('%') != std::string_view::npos) fail("no interface for the zone of " + quoted);
  if (host_.find(':') != std::string_view::npos) fail(quoted + " is not an IPv6 address");
  if (host_.find('\0') != std::string_view::npos) fail("unknown host " + quoted);
  if (options_.lookup.numeric_only)
    fail(quoted + " is a name, and names are not looked up with -n");
  if (is_within(host_, "invalid")) fail("unknown host " + quoted);
  return look_up();
}

std::shared_ptr<Question> Resolution::ask() const {
  auto question = std::make_shared<Question>(host_, options_);
  try {
    const AllSignalsBlocked blocked;
    std::thread{[question] { question->answer(); }}.detach();
  } catch (const std::system_error& error) {
    fail("no thread for the look-up", error.code().value());
  }
  return question;
}

std::vector<SocketAddress> Resolution::look_up() const {
  const Instant deadline = deadline_after(monotonic_now(), options_.lookup.deadline);
  const auto question = ask();
  std::array<pollfd, 2> waiting{
      {{question->answered_fd.get(), POLLIN, 0}, {options_.interrupt_fd, POLLIN, 0}}};
  const int ready = poll_until(waiting, deadline);
  if (waiting[1].revents != 0) throw Interrupted{};
  if (ready == 0 || !question->answered.load(std::memory_order_acquire)) {
    fail("no answer about '" + question->host + "' within " +
         format_limit(options_.lookup.deadline));
  }
  if (question->error != 0) {
    fail(explain(question->error, question->error_number),
         question->error == EAI_SYSTEM ? question->error_number : 0);
  }
  std::vector<SocketAddress> out;
  for (const addrinfo* each = question->addresses; each != nullptr; each = each->ai_next) {
    const SocketAddress address{each->ai_addr, each->ai_addrlen};
    if (!allows(address.family())) continue;
    if (std::find(out.begin(), out.end(), address) == out.end()) out.push_back(address);
  }
  if (out.empty()) fail(explain(EAI_NODATA, 0));
  return out;
}

std::string Resolution::explain(int error, int error_number) const {
  const std::string quoted = "'" + std::string{host_} + "'";
  switch (error) {
    case EAI_NONAME:
      return "unknown host " + quoted;
    case EAI_NODATA:
    case EAI_ADDRFAMILY:
      switch (options_.lookup.family) {
        case FamilyChoice::any:
          return quoted + " has no address";
        case FamilyChoice::ipv4_only:
          return quoted + " has no IPv4 address";
        case FamilyChoice::ipv6_only:
          return quoted + " has no IPv6 address";
      }
      break;
    case EAI_AGAIN:
      return "no name server answered about " + quoted + "; try again later";
    case EAI_FAIL:
      return "the name server failed to answer about " + quoted;
#ifdef EAI_IDN_ENCODE
    case EAI_IDN_ENCODE:
      return quoted + " is no international name (IDNA) that this system can look up";
#endif
    case EAI_SYSTEM:
      return errno_text(error_number);
    default:
      break;
  }
  return ::gai_strerror(error);
}

std::uint16_t Resolution::port(std::string_view service) const {
  if (service.empty()) return 0;
  std::uint16_t number = 0;
  const char* end = service.data() + service.size();
  const auto parsed = std::from_chars(service.data(), end, number);
  if (parsed.ec == std::errc{} && parsed.ptr == end) return number;
  const std::string protocol{options_.services};
  servent entry{};
  servent* found = nullptr;
  std::array<char, 4096> buffer{};
  const std::string name{service};
  const int error = ::getservbyname_r(name.c_str(), protocol.empty() ? nullptr : protocol.c_str(),
                                      &entry, buffer.data(), buffer.size(), &found);
  if (error != 0 || found == nullptr) {
    fail("'" + name + "' is neither a port nor a service" +
         (protocol.empty() ? "" : " of " + protocol));
  }
  return ntohs(static_cast<std::uint16_t>(found->s_port));
}

}  // namespace

std::vector<SocketAddress> resolve(std::string_view host, std::string_view service,
                                   const ResolveOptions& options) {
  if (!options.lookup.known.empty()) return options.lookup.known;
  const Resolution resolution{host, options};
  const std::uint16_t port = resolution.port(service);
  std::vector<SocketAddress> out = resolution.addresses();
  for (SocketAddress& address : out) address.set_port(port);
  return out;
}

}  // namespace netecho

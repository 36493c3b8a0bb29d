#include "cmd/serve_values.hpp"

#include <fcntl.h>

#include "cmd/values.hpp"
#include "core/base/random.hpp"

namespace netecho {
namespace {

constexpr std::uint64_t kMostConnections = 10'000'000;

}  // namespace

SourceRules source_rules_value(const SourcesTyped& typed) {
  SourceRules out{.networks = {}, .users = {}, .any_port = typed.udp_allow_any_source};
  for (const std::string& text : typed.allow) {
    const auto block = Cidr::parse(text);
    if (!block) {
      throw usage_error("option", "--allow",
                        "'" + text +
                            "' is not ADDRESS or ADDRESS/BITS with only zeros behind the bits: "
                            "192.0.2.0/24, 2001:db8::/32");
    }
    out.networks.push_back(*block);
  }
  for (const std::string& text : typed.allow_uid) {
    out.users.push_back(static_cast<uid_t>(number_value("--allow-uid", text, 0, UINT32_MAX - 1)));
  }
  return out;
}

void read_source_limits(const SourcesTyped& typed, ServerOptions& out) {
  if (typed.max_per_source) {
    out.max_per_source =
        number_value("--max-per-source", *typed.max_per_source, 1, kMostConnections);
  }
  // The default is 1000 a second; the loopback is limited only if that is asked for.
  out.reply_interval = std::chrono::milliseconds{1};
  if (!typed.udp_max_rate) return;
  const bool off = *typed.udp_max_rate == "0";
  out.reply_interval = off ? Duration::zero() : rate_value("--udp-max-rate", *typed.udp_max_rate);
  out.limits_loopback = true;
}

ImpairmentSpec impairment_value(const std::string& text) {
  const Parsed<ImpairmentSpec> parsed = parse_impairment(text);
  if (!parsed.value) throw usage_error("option", "--impair", parsed.why);
  ImpairmentSpec spec = *parsed.value;
  if (!spec.seed) spec.seed = random_u64();
  return spec;
}

int ready_fd_value(const std::string& text) {
  const int fd = static_cast<int>(number_value("--ready-fd", text, 1, 1'048'575));
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY) {
    throw usage_error("option", "--ready-fd", "descriptor " + text + " is not open for writing");
  }
  return fd;
}

SandboxChoice sandbox_value(const std::string& text) {
  return text == "off"       ? SandboxChoice::off
         : text == "require" ? SandboxChoice::require
                             : SandboxChoice::automatic;
}

}  // namespace netecho

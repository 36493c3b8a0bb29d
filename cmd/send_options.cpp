#include <unistd.h>

#include <limits>
#include <memory>

#include "cmd/cli.hpp"
#include "cmd/common_options.hpp"
#include "cmd/run/send_job.hpp"
#include "cmd/values.hpp"
#include "core/base/base64.hpp"

namespace netecho {
namespace {

struct SendTyped {
  CommonTyped common;
  std::string endpoint;
  std::optional<std::string> data, file, hex, base64;
  std::optional<std::string> count, interval, timeout, connect_timeout, deadline, retry, expect;
  bool lines = false, raw = false, half_close = false;
};

constexpr const char* kPayload = "Payload";
constexpr const char* kExchange = "Exchange";

constexpr OptionRow<SendTyped> kSend[] = {
    {{"endpoint", {"ENDPOINT", ValueKind::endpoint}, "Where to send"}, &SendTyped::endpoint},
    {{"data", free_text("[DATA]"), "What to send; standard input without it"}, &SendTyped::data},
    {{"-f,--file", kFile, "Send what is in this file; -: standard input", kPayload, "", kFirst},
     &SendTyped::file},
    {{"-x,--hex", free_text("HEX"), "Send the bytes of these hexadecimal digits", kPayload, "",
      kFirst},
     &SendTyped::hex},
    {{"--base64", free_text("B64"), "Send the bytes that are written here in Base64", kPayload},
     &SendTyped::base64},
    {{"--lines", kFlag, "Send each line as a message, and await its echo before the next", kPayload,
      "", kFirst},
     &SendTyped::lines},
    {{"-c,--count", kNumber, "Send the payload N times (1)", kExchange, "1", kFirst},
     &SendTyped::count},
    {{"-i,--interval", kDuration, "Wait this long between repeats (0)", kExchange, "0", kFirst},
     &SendTyped::interval},
    {{"-W,--timeout", kDuration, "Wait this long for a reply (5s)", kExchange, "5s", kFirst},
     &SendTyped::timeout},
    {{"--connect-timeout", kDuration, "Wait this long for the connection (5s)", kExchange, "5s"},
     &SendTyped::connect_timeout},
    {{"-w,--deadline", kDuration, "End after this long, whatever happens (no limit)", kExchange,
      "no limit"},
     &SendTyped::deadline},
    {{"--retry", kNumber, "Try again up to N times what failed before any reply came (0)",
      kExchange, "0", kFirst},
     &SendTyped::retry},
    {{"--expect", choice("echo|any|none"), "Expect the echo, any reply, or no reply (echo)",
      kExchange, "echo", kFirst},
     &SendTyped::expect},
    {{"-N,--half-close", kFlag, "End the stream at the end of input, before the reply is complete",
      kExchange, "", kFirst},
     &SendTyped::half_close},
    {{"--raw", kFlag, "Print the reply as it is on a terminal, too", kOutputGroup},
     &SendTyped::raw},
};

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Reads pairs of digits; white space and colons may stand between them (as `xxd -p` and dumps
/// print).
std::string hex_value(const std::string& text) {
  std::string digits;
  for (const char c : text) {
    if (std::string_view{" \t\r\n:"}.find(c) != std::string_view::npos) continue;
    if (hex_digit(c) < 0) {
      throw usage_error("option", "--hex", "expected hexadecimal digits, got '" + text + "'");
    }
    digits += c;
  }
  if (digits.size() % 2 != 0) {
    throw usage_error("option", "--hex", "expected an even number of digits");
  }
  std::string out;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    out += static_cast<char>(hex_digit(digits[i]) * 16 + hex_digit(digits[i + 1]));
  }
  return out;
}

void set_payload(const SendTyped& typed, SendJob& job) {
  const int given =
      (typed.data ? 1 : 0) + (typed.file ? 1 : 0) + (typed.hex ? 1 : 0) + (typed.base64 ? 1 : 0);
  if (given > 1) {
    throw usage_error("argument", "DATA", "give one of DATA, --file, --hex and --base64");
  }
  if (typed.data || typed.hex || typed.base64) job.origin = PayloadOrigin::literal;
  if (typed.data) job.data = *typed.data;
  if (typed.hex) job.data = hex_value(*typed.hex);
  if (typed.base64) {
    const auto bytes = from_base64(*typed.base64);
    if (!bytes) throw usage_error("option", "--base64", "this is not Base64 (RFC 4648)");
    job.data = *bytes;
  }
  if (typed.file && *typed.file != "-") {
    job.origin = PayloadOrigin::file;
    job.data = *typed.file;
  }
  job.lines = typed.lines;
  if (typed.lines && job.origin == PayloadOrigin::literal) {
    throw usage_error("option", "--lines", "reads standard input or --file, not DATA");
  }
  // Without an endpoint nothing will be sent: --print-config.
  const bool typing = job.origin == PayloadOrigin::standard_input && !typed.endpoint.empty() &&
                      ::isatty(STDIN_FILENO) == 1;
  if (typing && !typed.file) job.lines = true;
}

/// Throws for options that would do nothing beside --lines.
void reject_beside_lines(const SendTyped& typed) {
  if (typed.count) throw usage_error("option", "--count", "repeats one payload; --lines has many");
  if (typed.interval) {
    throw usage_error("option", "--interval", "is between repeats; --lines waits for its input");
  }
  if (typed.half_close) {
    throw usage_error("option", "--half-close",
                      "is for servers that answer only at the end; --lines awaits each echo");
  }
}

SendJob job_of(const SendTyped& typed) {
  SendJob job;
  job.common = common_values(typed.common);
  job.endpoint = typed.endpoint;
  set_payload(typed, job);
  job.raw = typed.raw;
  job.half_close = typed.half_close;
  if (typed.expect) {
    job.expect = *typed.expect == "any"    ? Expect::any
                 : *typed.expect == "none" ? Expect::none
                                           : Expect::echo;
  }
  if (typed.count) {
    job.count = number_value("--count", *typed.count, 1, std::numeric_limits<std::int64_t>::max());
  }
  if (job.lines) reject_beside_lines(typed);
  if (typed.interval) job.interval = duration_value("--interval", *typed.interval);
  if (typed.timeout) job.timeout = positive_duration_value("--timeout", *typed.timeout);
  if (typed.connect_timeout) {
    job.connect_timeout = positive_duration_value("--connect-timeout", *typed.connect_timeout);
  }
  if (typed.deadline) job.deadline = positive_duration_value("--deadline", *typed.deadline);
  if (typed.retry) job.retries = number_value("--retry", *typed.retry, 0, 1'000'000);
  return job;
}

/// Throws for `send localhost 7 hi`: other tools take the port as an argument of its own.
void check_port_argument(const SendTyped& typed) {
  if (!typed.data) return;
  if (const auto hint = host_port_hint(typed.endpoint, *typed.data)) {
    throw usage_error("endpoint", typed.endpoint, "a port is missing; did you mean " + *hint + "?");
  }
}

}  // namespace

Selected bind_send(OptionBinder& options) {
  const auto typed = std::make_shared<SendTyped>();
  options.bind(kSend, *typed);
  bind_common(options, typed->common, Ends::connecting, Reports::events);
  options.exclude({"data", "--file", "--hex", "--base64"});
  for (const char* name : {"data", "--hex", "--base64", "--count", "--interval", "--half-close"}) {
    options.exclude({"--lines", name});
  }
  // It goes before the complaint that DATA is one argument too many.
  options.on_parsed([typed] { check_port_argument(*typed); });
  return [typed] { return job_of(*typed); };
}

}  // namespace netecho

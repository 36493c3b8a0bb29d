#include <unistd.h>

#include <CLI/CLI.hpp>
#include <limits>

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

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Pairs of digits; white space and colons between them are fine (as `xxd -p` and dumps print).
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
  const bool typing = job.origin == PayloadOrigin::standard_input && ::isatty(STDIN_FILENO) == 1;
  if (typing && !typed.file) job.lines = true;
}

/// Options that would do nothing.
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

/// `send localhost 7 hi`: the port as an argument of its own, as other tools take it.
void check_port_argument(const SendTyped& typed) {
  if (!typed.data) return;
  if (const auto hint = host_port_hint(typed.endpoint, *typed.data)) {
    throw usage_error("endpoint", typed.endpoint, "a port is missing; did you mean " + *hint + "?");
  }
}

}  // namespace

void add_send_options(CLI::App& sub, Selected& selected) {
  const auto typed = std::make_shared<SendTyped>();
  sub.add_option("endpoint", typed->endpoint, "Where to send")->type_name("ENDPOINT")->required();
  sub.add_option("data", typed->data, "What to send; standard input without it")
      ->type_name("[DATA]");
  const auto add = [&sub](const char* group, const char* names, std::optional<std::string>& value,
                          const char* type, const char* description) {
    return sub.add_option(names, value, description)->type_name(type)->group(group);
  };
  add("Payload", "-f,--file", typed->file, "FILE", "Send a file; - is standard input");
  add("Payload", "-x,--hex", typed->hex, "HEX", "Send these bytes");
  add("Payload", "--base64", typed->base64, "B64", "Send these bytes");
  sub.add_flag("--lines", typed->lines, "Each line is a message, echoed before the next")
      ->group("Payload");
  add("Exchange", "-c,--count", typed->count, "N", "Send it N times (1)");
  add("Exchange", "-i,--interval", typed->interval, "DURATION", "Wait between repeats (0)");
  add("Exchange", "-W,--timeout", typed->timeout, "DURATION", "Wait for a reply (5s)");
  add("Exchange", "--connect-timeout", typed->connect_timeout, "DURATION",
      "Wait for the connection (5s)");
  add("Exchange", "-w,--deadline", typed->deadline, "DURATION", "For everything");
  add("Exchange", "--retry", typed->retry, "N",
      "Try again up to N times: to connect, and what got no reply");
  restrict_to(add("Exchange", "--expect", typed->expect, "", "What is to come back (echo)"),
              {"echo", "any", "none"});
  sub.add_flag("-N,--half-close", typed->half_close, "End the stream at the end of input")
      ->group("Exchange");
  sub.add_flag("--raw", typed->raw, "Do not escape the reply on a terminal")->group("Output");
  add_common_options(sub, typed->common);
  add_socket_options(sub, typed->common, Ends::connecting);
  sub.callback([typed, &selected] {
    check_port_argument(*typed);
    selected = [typed] { return job_of(*typed); };
  });
}

}  // namespace netecho

#include "core/http/http_request.hpp"

#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <strings.h>

#include <algorithm>

#include "core/net/socket_address.hpp"

namespace netecho {
namespace {

/// Frees the list of a query.
class ParsedQuery {
 public:
  ParsedQuery() = default;
  ~ParsedQuery() { ::evhttp_clear_headers(&fields_); }
  ParsedQuery(const ParsedQuery&) = delete;
  ParsedQuery& operator=(const ParsedQuery&) = delete;
  evkeyvalq* get() noexcept { return &fields_; }

 private:
  evkeyvalq fields_{};
};

std::vector<HttpField> fields_of(const evkeyvalq& from) {
  std::vector<HttpField> out;
  for (const evkeyval* each = from.tqh_first; each != nullptr; each = each->next.tqe_next) {
    out.push_back({each->key, each->value});
  }
  return out;
}

/// Returns false if the query is malformed. A null byte would end a value early, and no query here
/// has a use for one.
bool read_query(const char* query, std::vector<HttpField>& out) {
  if (query == nullptr || *query == '\0') return true;
  if (std::string_view{query}.find("%00") != std::string_view::npos) return false;
  ParsedQuery parsed;
  if (::evhttp_parse_query_str(query, parsed.get()) != 0) return false;
  out = fields_of(*parsed.get());
  return true;
}

bool has_body(const HttpRequest& request) noexcept {
  return request.header("Transfer-Encoding") ||
         request.header("Content-Length").value_or("0") != "0";
}

HttpAnswer wrong_method() {
  HttpAnswer answer = text_answer(405, "Only GET and HEAD are answered here.");
  answer.headers.push_back({"Allow", "GET, HEAD"});
  return answer;
}

bool same_text(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

std::string_view without_port(std::string_view host) noexcept {
  const auto last = host.find_last_not_of("0123456789");
  return last != std::string_view::npos && host[last] == ':' ? host.substr(0, last) : host;
}

}  // namespace

bool host_allowed(std::string_view host, const SocketAddress& listener) {
  if (!listener.is_loopback()) return true;
  const std::string own = listener.family() == AF_INET6 ? "[" + listener.ip() + "]" : listener.ip();
  const std::string_view name = without_port(host);
  return same_text(name, "localhost") || same_text(name, own);
}

std::optional<HttpAnswer> read_request(evhttp_request* request, const SocketAddress& listener,
                                       HttpRequest& out) {
  const evhttp_cmd_type command = ::evhttp_request_get_command(request);
  out.head = command == EVHTTP_REQ_HEAD;
  out.headers = fields_of(*::evhttp_request_get_input_headers(request));
  const auto hosts = std::ranges::count_if(
      out.headers, [](const HttpField& each) { return same_text(each.name, "Host"); });
  if (hosts > 1) return text_answer(400, "There is more than one Host.");
  const evhttp_uri* uri = ::evhttp_request_get_evhttp_uri(request);
  // Before HTTP/1.1 a request needs none, and no browser leaves it out. A proxy's has two.
  const char* proxied = ::evhttp_uri_get_host(uri);
  if ((hosts == 1 && !host_allowed(*out.header("Host"), listener)) ||
      (proxied != nullptr && !host_allowed(proxied, listener))) {
    return text_answer(421, "This is not the host that was asked for.");
  }
  if (command != EVHTTP_REQ_GET && !out.head) return wrong_method();
  if (has_body(out)) return text_answer(413, "A request has no body here.");
  const char* path = ::evhttp_uri_get_path(uri);
  out.path = path == nullptr ? "" : path;
  if (!read_query(::evhttp_uri_get_query(uri), out.query)) {
    return text_answer(400, "The query is malformed.");
  }
  return std::nullopt;
}

}  // namespace netecho

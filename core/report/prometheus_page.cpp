#include "core/report/prometheus_page.hpp"

namespace netecho {
namespace {

constexpr MetricFamily kSuccess{"probe_success", MetricType::gauge,
                                "Whether a reply came to at least one probe."};
constexpr MetricFamily kTook{"probe_duration_seconds", MetricType::gauge,
                             "How long the run took, with all that comes before it."};
constexpr MetricFamily kLookup{"probe_dns_lookup_time_seconds", MetricType::gauge,
                               "How long it took to look the name up."};
constexpr MetricFamily kProtocol{"probe_ip_protocol", MetricType::gauge,
                                 "Whether the address that was probed is IPv4 or IPv6: 4 or 6."};

}  // namespace

void append_page_probe(std::string& out, const PageProbeFigures& figures, Exposition exposition) {
  FamilyText{out, kSuccess, exposition}.sample("", std::uint64_t{figures.success ? 1U : 0U});
  FamilyText{out, kTook, exposition}.sample("", figures.took);
  if (figures.lookup) FamilyText{out, kLookup, exposition}.sample("", *figures.lookup);
  if (!figures.family) return;
  const bool v6 = *figures.family == AddressFamily::ipv6;
  FamilyText{out, kProtocol, exposition}.sample("", std::uint64_t{v6 ? 6U : 4U});
}

}  // namespace netecho

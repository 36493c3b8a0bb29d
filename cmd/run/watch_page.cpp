#include <algorithm>
#include <span>

#include "cmd/run/watch_pages.hpp"
#include "core/base/clock.hpp"
#include "core/base/error.hpp"
#include "core/report/page/markup.hpp"

namespace netecho {
namespace {

/// Nobody reads more rows than these.
constexpr std::size_t kMostRows = 1000;
constexpr const char* kRefreshSeconds = "5";

std::string share_text(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return "–";
  const std::uint64_t per_mille = (part * 1000 + whole / 2) / whole;
  return std::to_string(per_mille / 10) + "." + std::to_string(per_mille % 10) + " %";
}

void append_row(Markup& page, const WatchSeries& series, const SeriesFigures& figures,
                Instant now) {
  const std::uint64_t wanted = figures.sent + figures.send_errors + figures.skipped;
  page.open("tr")
      .element("td", series.endpoint())
      .element("td", figures.address.value_or("–"))
      .element("td", figures.up(now) ? "up" : "down")
      .element("td", std::to_string(figures.sent))
      .element("td", share_text(wanted - figures.received, wanted))
      .element("td", figures.last_rtt ? format_duration(*figures.last_rtt) : "–")
      .element("td", figures.last_error != 0 ? errno_text(figures.last_error) : "–")
      .element("td", series.labels())
      .close();
}

void append_table(Markup& page, const FigureTable& table,
                  std::span<const std::shared_ptr<WatchSeries>> some) {
  page.open("table").open("tr");
  for (const char* const head :
       {"target", "address", "state", "sent", "unanswered", "last RTT", "last error", "labels"}) {
    page.element("th", head, {{"scope", "col"}});
  }
  page.close();
  const Instant now = monotonic_now();
  std::vector<SeriesFigures> memory;
  for (std::size_t at = 0; at < some.size(); at += FigureTable::kAtOnce) {
    const auto few = some.subspan(at, std::min(FigureTable::kAtOnce, some.size() - at));
    const std::span figures = table.copy(few, memory);
    for (std::size_t i = 0; i < few.size(); ++i) append_row(page, *few[i], figures[i], now);
  }
  page.close();
}

void append_head(Markup& page) {
  page.open("head")
      .leaf("meta", {{"charset", "utf-8"}})
      .element("title", "netecho watch")
      .open("style")
      .literal(
          "body{font:16px/1.4 sans-serif;margin:2em}table{border-collapse:collapse}"
          "th,td{text-align:left;padding:.2em .8em;border-bottom:1px solid #8888}"
          ":root{color-scheme:light dark}")
      .close()
      .close();
}

void append_links(Markup& page) {
  page.open("p").element("a", "/metrics", {{"href", "/metrics"}});
  page.text(": the figures, for Prometheus. ");
  page.element("a", "/-/healthy", {{"href", "/-/healthy"}}).text(" and ");
  page.element("a", "/-/ready", {{"href", "/-/ready"}});
  page.text(": whether the process is well.").close();
}

}  // namespace

HttpAnswer watch_page(const WatchView& view) {
  const std::shared_ptr<const SeriesList> all = view.figures.all();
  const std::size_t shown = std::min(kMostRows, all->size());
  Markup page;
  page.literal("<!doctype html>\n").open("html", {{"lang", "en"}});
  append_head(page);
  page.open("body").element("h1", "netecho watch");
  append_links(page);
  if (!view.file.state().successful) {
    page.element("p",
                 "The list of targets is broken, and the one before is in force: see the log.");
  }
  append_table(page, view.figures, std::span{*all}.first(shown));
  if (shown < all->size()) {
    page.element("p", "… and " + std::to_string(all->size() - shown) + " more: /metrics has all.");
  }
  page.close().close();
  return {.content_type = "text/html; charset=utf-8",
          .body = whole_body(page.take()),
          .headers = {{"Refresh", kRefreshSeconds}}};
}

}  // namespace netecho

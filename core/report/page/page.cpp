#include "core/report/page/page.hpp"

#include "core/report/page/parts.hpp"
#include "core/report/page/sections.hpp"

namespace netecho {
namespace {

/// Whatever a result says, a browser that shows it runs nothing and asks nobody for anything.
constexpr const char* kPolicy =
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action "
    "'none'";

std::string title_of(const PageWriter& to) {
  if (to.page.runs.size() > 1) return to.word(Word::title_compared);
  const std::vector<PageTarget>& targets = to.page.runs.front().targets;
  if (targets.size() == 1) {
    return to.words(Word::title_one, {shown_name(targets.front().uri)});
  }
  return to.words(Word::title_many, {std::to_string(targets.size())});
}

void write_meta(const PageWriter& to, const std::string& title) {
  Markup& out = to.out;
  out.open("head");
  out.leaf("meta", {{"charset", "utf-8"}});
  out.leaf("meta", {{"http-equiv", "Content-Security-Policy"}, {"content", kPolicy}});
  out.leaf("meta", {{"name", "viewport"}, {"content", "width=device-width, initial-scale=1"}});
  out.leaf("meta", {{"name", "generator"}, {"content", "netecho " + to.page.version}});
  // Without one, a browser asks the server that the page is on.
  out.leaf("link", {{"rel", "icon"}, {"href", "data:,"}});
  out.element("title", title + " – netecho");
  write_style(out);
  out.close();
}

}  // namespace

std::string render_page(const Page& page) {
  Markup out;
  const PageWriter to{out, page};
  const std::string title = title_of(to);
  out.literal("<!DOCTYPE html>\n");
  out.open("html", {{"lang", std::string(to_string(page.language))}});
  write_meta(to, title);
  out.open("body").open("main").element("h1", title);
  write_head(to);
  write_notes(to);
  write_targets(to);
  write_comparison(to);
  write_plots(to);
  write_instrument(to);
  write_figures(to);
  write_data(to);
  out.close().close().close();
  return out.take();
}

}  // namespace netecho

#include "core/report/page/parts.hpp"

#include <algorithm>

#include "core/base/escape.hpp"
#include "core/report/text_figures.hpp"

namespace netecho {
namespace {

constexpr std::size_t kLongestName = 160;
/// So far below the middle of a line of text is its baseline.
constexpr double kHalfLetter = 4;
/// What an axis is called stands so far below the top of the picture, or below the axis.
constexpr double kNameOnTop = 12;
constexpr double kNameBelow = 36;

/// What may be wider than a screen. Keys scroll it where it has the focus.
void open_scroller(Markup& out, std::string_view name) {
  out.open("div", {{"class", "scroll"},
                   {"tabindex", "0"},
                   {"role", "group"},
                   {"aria-label", std::string(name)}});
}

}  // namespace

std::string shown_name(std::string_view text) {
  // Messages and names are escaped already where they come from netecho itself.
  std::string out = message_text(text.substr(0, 2 * kLongestName));
  if (out.size() <= kLongestName) return out;
  std::size_t end = kLongestName;
  while (end > 0 && (static_cast<unsigned char>(out[end]) & 0xC0U) == 0x80U) --end;
  return out.substr(0, end) + "…";
}

std::string target_name(const PageRun& run, const PageTarget& target) {
  const auto differs = [&](const PageTarget& other) {
    return other.uri == target.uri && other.figure("size_bytes") != target.figure("size_bytes");
  };
  std::string out = shown_name(target.uri);
  if (std::ranges::any_of(run.targets, differs)) {
    out += ", " + format_size(target.count("size_bytes"));
  }
  if (target.flow) out += ", flow " + std::to_string(*target.flow);
  return out;
}

const PageTarget* counterpart(const PageRun& run, std::size_t index, const PageRun& other) {
  const std::string& uri = run.targets[index].uri;
  if (run.targets.size() == 1 && other.targets.size() == 1) return &other.targets.front();
  // A target that has several runs (--sweep) is compared run by run.
  std::size_t before = 0;
  for (std::size_t i = 0; i < index; ++i) before += run.targets[i].uri == uri ? 1U : 0U;
  for (const PageTarget& each : other.targets) {
    if (each.uri == uri && before-- == 0) return &each;
  }
  return nullptr;
}

std::string time_text(const std::optional<Duration>& time) {
  return time ? format_duration(*time) : "–";
}

std::string date_text(WallTime time) {
  std::string text = format_rfc3339(time);
  const std::size_t dot = text.find('.');
  text.resize(std::min(dot, text.size()));
  std::ranges::replace(text, 'T', ' ');
  return text + " UTC";
}

PageTable::PageTable(Markup& out, std::string_view caption, const Cells& headings, Caption kind)
    : out_{out} {
  open_scroller(out_, caption);
  out_.open("table");
  out_.element("caption", caption, {{"class", kind == Caption::shown ? "shown" : "spoken"}});
  out_.open("thead").open("tr");
  for (const std::string& each : headings) out_.element("th", each, {{"scope", "col"}});
  out_.close().close().open("tbody");
}

PageTable::~PageTable() {
  out_.close().close().close();
}

void PageTable::row(const Cells& cells) {
  write(cells, "");
}

void PageTable::failed_row(const Cells& cells) {
  write(cells, "bad");
}

void PageTable::write(const Cells& cells, const char* kind) {
  if (*kind == '\0') {
    out_.open("tr");
  } else {
    out_.open("tr", {{"class", kind}});
  }
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i == 0) {
      out_.element("th", cells[i], {{"scope", "row"}});
    } else {
      out_.element("td", cells[i]);
    }
  }
  out_.close();
}

FoldedTable::FoldedTable(const PageWriter& to, std::string_view caption,
                         const PageTable::Cells& headings)
    : out_{to.out} {
  out_.open("details").element("summary", to.word(Word::show_table));
  table_.emplace(out_, caption, headings);
}

FoldedTable::~FoldedTable() {
  table_.reset();
  out_.close();
}

Picture::Picture(Markup& out, double height, std::string_view name, std::string_view description)
    : out_{out} {
  const std::string title = out_.next_id();
  const std::string text = out_.next_id();
  open_scroller(out_, name);
  out_.open("svg", {{"viewBox", "0 0 " + coordinate(kPlotWidth) + " " + coordinate(height)},
                    {"role", "img"},
                    {"aria-labelledby", title + " " + text}});
  out_.element("title", name, {{"id", title}}).element("desc", description, {{"id", text}});
}

Picture::~Picture() {
  out_.close().close();
}

void Picture::left_axis(const Axis& axis, const std::vector<Tick>& ticks, std::string_view name) {
  out_.element("text", name, {{"x", "0"}, {"y", coordinate(kNameOnTop)}});
  for (const Tick& tick : ticks) {
    const std::string y = coordinate(axis.at(tick.value));
    out_.leaf("path",
              {{"class", "grid"},
               {"d", "M" + coordinate(kPlotLeft) + " " + y + "H" + coordinate(kPlotRight)}});
    out_.element("text", tick.label,
                 {{"x", coordinate(kPlotLeft - 6)},
                  {"y", coordinate(axis.at(tick.value) + kHalfLetter)},
                  {"class", "left"}});
  }
}

void Picture::bottom_axis(const Axis& axis, const std::vector<Tick>& ticks, double bottom,
                          std::string_view name) {
  out_.element(
      "text", name,
      {{"x", coordinate(kPlotRight)}, {"y", coordinate(bottom + kNameBelow)}, {"class", "left"}});
  out_.leaf("path", {{"class", "axis"},
                     {"d", "M" + coordinate(axis.from()) + " " + coordinate(bottom) + "H" +
                               coordinate(axis.to())}});
  for (const Tick& tick : ticks) {
    const std::string x = coordinate(axis.at(tick.value));
    out_.leaf("path", {{"class", "grid"},
                       {"d", "M" + x + " " + coordinate(kPlotTop) + "V" + coordinate(bottom + 4)}});
    out_.element("text", tick.label,
                 {{"x", x}, {"y", coordinate(bottom + 18)}, {"class", "below"}});
  }
}

void write_key(const PageWriter& to) {
  constexpr double kEntryWidth = 136;
  constexpr double kLineWidth = 22;
  const auto entry = [&](double x, const char* kind, Word name) {
    to.out.leaf("path", {{"class", kind},
                         {"d", "M" + coordinate(x) + " " + coordinate(kNameOnTop - kHalfLetter) +
                                   "h" + coordinate(kLineWidth)}});
    to.out.element("text", to.word(name),
                   {{"x", coordinate(x + kLineWidth + 6)}, {"y", coordinate(kNameOnTop)}});
  };
  entry(kPlotRight - 2 * kEntryWidth, "middle", Word::first_run);
  entry(kPlotRight - kEntryWidth, "other", Word::second_run);
}

void add_point(std::string& path, double x, double y) {
  path += (path.empty() ? "M" : "L") + coordinate(x) + " " + coordinate(y);
}

}  // namespace netecho

#include "core/report/families_text.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <sstream>
#include <vector>

#include "core/base/error.hpp"
#include "core/report/text_figures.hpp"

namespace netecho {
namespace {

/// The pieces of a cell, none of which is cut in two.
using Cell = std::vector<std::string>;

enum Column : std::size_t { kPf, kNumber, kUsable, kDescription, kTypes, kSchemes, kColumns };
using FamilyRow = std::array<Cell, kColumns>;
using Widths = std::array<std::size_t, kColumns>;

constexpr std::size_t kLineWidth = 80;
constexpr std::size_t kColumnGap = 2;
/// It takes what the others leave, and at least its heading.
constexpr std::size_t kLeastDescription = 10;
/// Two schemes fit beside each other.
constexpr std::size_t kLeastSchemes = 15;

Cell words_of(const std::string& text) {
  std::istringstream in{text};
  Cell out;
  for (std::string word; in >> word;) out.push_back(word);
  return out;
}

Cell listed(Cell pieces) {
  if (pieces.empty()) return {"-"};
  for (std::size_t i = 0; i + 1 < pieces.size(); ++i) pieces[i] += ",";
  return pieces;
}

/// The kernel has no such socket, whoever asks.
bool is_lacking(int error) noexcept {
  return error == EAFNOSUPPORT || error == ESOCKTNOSUPPORT || error == EPROTONOSUPPORT ||
         error == ENODEV;
}

/// Names the types that are there, and those that only somebody else may have. Where nothing is
/// there, the reasons say it all.
Cell types_told(const FamilyFacts& family) {
  Cell told, reasons;
  bool any = false;
  for (const SocketTypeFacts& each : family.socket_types) {
    if (!each.available) return {"not tried"};
    const std::string type{to_string(each.type)};
    if (*each.available) {
      any = true;
      told.push_back(type);
      continue;
    }
    const std::string reason = errno_name(each.error_number);
    if (std::ranges::find(reasons, reason) == reasons.end()) reasons.push_back(reason);
    if (!is_lacking(each.error_number))
      told.push_back(std::string{type}.append(": ").append(reason));
  }
  return listed(any ? told : reasons);
}

FamilyRow row_of_family(const FamilyFacts& family) {
  const std::string needs = family.privilege ? "; needs " + *family.privilege : "";
  const char* const usable = !family.usable ? "-" : *family.usable ? "yes" : "no";
  return {Cell{family.pf},    Cell{std::to_string(family.number)},
          Cell{usable},       words_of(family.description + needs),
          types_told(family), listed(family.schemes)};
}

FamilyRow headings() {
  return {Cell{"family"},       Cell{"#"},      Cell{"usable"}, words_of("what it is"),
          Cell{"socket types"}, Cell{"schemes"}};
}

std::size_t longest_piece(const std::vector<FamilyRow>& rows, std::size_t column) {
  std::size_t longest = 0;
  for (const FamilyRow& row : rows) {
    for (const std::string& piece : row[column]) longest = std::max(longest, piece.size());
  }
  return longest;
}

Widths widths_of(const std::vector<FamilyRow>& rows) {
  Widths widths{};
  std::size_t others = (kColumns - 1) * kColumnGap;
  for (std::size_t i = 0; i < kColumns; ++i) {
    if (i == kDescription) continue;
    widths[i] = longest_piece(rows, i);
    if (i == kSchemes) widths[i] = std::max(widths[i], kLeastSchemes);
    others += widths[i];
  }
  const std::size_t left = kLineWidth > others ? kLineWidth - others : 0;
  widths[kDescription] = std::max(left, kLeastDescription);
  return widths;
}

/// Fills lines with as many pieces as fit.
std::vector<std::string> wrapped(const Cell& cell, std::size_t width) {
  std::vector<std::string> lines{""};
  for (const std::string& piece : cell) {
    std::string& last = lines.back();
    if (last.empty()) {
      last = piece;
    } else if (last.size() + 1 + piece.size() <= width) {
      last += " " + piece;
    } else {
      lines.push_back(piece);
    }
  }
  return lines;
}

/// Returns the lines of a row, without blanks at their ends.
std::vector<std::string> lines_of(const FamilyRow& row, const Widths& widths) {
  std::array<std::vector<std::string>, kColumns> cells;
  std::size_t height = 0;
  for (std::size_t i = 0; i < kColumns; ++i) {
    cells[i] = wrapped(row[i], widths[i]);
    height = std::max(height, cells[i].size());
  }
  std::vector<std::string> lines(height);
  for (std::size_t at = 0; at < height; ++at) {
    std::string& line = lines[at];
    for (std::size_t i = 0; i < kColumns; ++i) {
      const std::string text = at < cells[i].size() ? cells[i][at] : "";
      const std::string padding(widths[i] - std::min(widths[i], text.size()), ' ');
      line += (i == 0 ? "" : std::string(kColumnGap, ' '));
      line += i == kNumber ? padding + text : text + padding;
    }
    line.erase(line.find_last_not_of(' ') + 1);
  }
  return lines;
}

}  // namespace

std::string families_table(const FamiliesEvent& event, const TextStyle& style) {
  std::vector<FamilyRow> rows;
  rows.push_back(headings());
  for (const FamilyFacts& family : event.families) rows.push_back(row_of_family(family));
  const Widths widths = widths_of(rows);
  std::string out;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (const std::string& line : lines_of(rows[i], widths)) {
      out += (i == 0 ? paint(line, kBold, style) : line) + "\n";
    }
  }
  return out;
}

}  // namespace netecho

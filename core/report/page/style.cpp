#include "core/report/page/sections.hpp"

namespace netecho {

/// One color says what was measured, another one what was lost; everything else is text and paper.
/// The second of two runs is gray and dashed. Whoever prints gets dark on white, all of a plot on
/// one sheet, and nothing that has to be opened or scrolled.
void write_style(Markup& out) {
  out.open("style");
  out.literal(R"(
:root { color-scheme: light dark; --paper: #fff; --text: #1c2126; --muted: #5a646e; --line: #dfe3e7;
  --mark: #1f66ad; --lost: #b9410f; --soft: #f5f7f9; }
@media (prefers-color-scheme: dark) { :root { --paper: #14181c; --text: #e4e8eb; --muted: #9ba6b0;
  --line: #2c333a; --mark: #6fb1ee; --lost: #f28b54; --soft: #1b2025; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--text);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", "Noto Sans", "Noto Sans KR", sans-serif; }
main { max-width: 52rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .5rem; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 2.75rem 0 .25rem; overflow-wrap: anywhere; }
h3 { font-size: 1rem; margin: 1.75rem 0 .25rem; overflow-wrap: anywhere; }
p { margin: .25rem 0 .75rem; overflow-wrap: anywhere; }
ul { margin: .25rem 0 .75rem; padding-left: 1.25rem; overflow-wrap: anywhere; }
.lead { font-size: 1.1rem; }
.muted, caption, details { color: var(--muted); font-size: .875rem; }
.tiles { display: flex; flex-wrap: wrap; gap: 1rem 2.5rem; margin: 1.25rem 0; padding: 0; }
.tiles div { margin: 0; }
.tiles dt { color: var(--muted); font-size: .875rem; }
.tiles dd { margin: 0; font-size: 1.5rem; font-variant-numeric: tabular-nums; }
.bad, .bad th, .bad td { color: var(--lost); }
.good { color: var(--mark); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .875rem; margin: .5rem 0;
  font-variant-numeric: tabular-nums; color: var(--text); }
caption { text-align: left; padding-bottom: .25rem; }
.spoken { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
th, td { text-align: right; padding: .3rem .75rem .3rem 0; border-bottom: 1px solid var(--line);
  white-space: nowrap; font-weight: 400; }
thead th { color: var(--muted); white-space: normal; vertical-align: bottom; }
th:first-child { text-align: left; white-space: normal; overflow-wrap: anywhere; min-width: min(14rem, 35vw); }
td:last-child, thead th:last-child { padding-right: 0; }
details { margin: .25rem 0 1rem; }
summary { cursor: pointer; }
svg { display: block; width: 100%; min-width: 36rem; height: auto; margin: .5rem 0; }
svg text { font-size: 13px; fill: var(--muted); font-family: inherit; }
svg .left { text-anchor: end; }
svg .below { text-anchor: middle; }
.grid { stroke: var(--line); fill: none; }
.axis { stroke: var(--muted); fill: none; }
.band { fill: var(--mark); fill-opacity: .18; stroke: none; }
.middle { stroke: var(--mark); stroke-width: 1.6; fill: none; stroke-linejoin: round; }
.other { stroke: var(--muted); stroke-width: 1.6; stroke-dasharray: 5 4; fill: none; }
.dot { fill: var(--mark); }
.bar { fill: var(--mark); }
.behind { fill-opacity: .3; stroke: var(--mark); }
.gone { fill: var(--lost); }
.outage { fill: var(--lost); fill-opacity: .14; }
@media print {
  :root { --paper: #fff; --text: #000; --muted: #444; --line: #ccc; --mark: #1f66ad; --lost: #b9410f; }
  main { max-width: none; padding: 0; }
  body { font-size: 10.5pt; }
  svg, tr, .tiles { break-inside: avoid; }
  h2, h3, h2 + .muted, h3 + .muted, caption { break-after: avoid; }
  svg { min-width: 0; width: 86%; }
  .scroll { overflow: visible; }
  .screen, details:not([open]) { display: none; }
}
@page { size: A4; margin: 16mm; }
)");
  out.close();
}

}  // namespace netecho

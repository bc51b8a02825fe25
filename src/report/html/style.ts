/** The style of the gallery: one file for light and dark, screens, phones and paper. */
export const style = `
:root {
  color-scheme: light dark;
  --ink: #1b2324; --soft: #566366; --line: #d9e0df; --paper: #fff; --shade: #f3f6f5; --accent: #0f6b5c;
  --on-accent: #fff; --bad: #a3261b; --bad-shade: #fdf1ef;
  --series-1: #0f6b5c; --series-2: #d0792b; --series-3: #4a6fb5; --series-4: #a3477f; --series-5: #7a8a1f; --series-6: #6b6f76;
  --series-7: #8a5a3c; --series-8: #2f8fa3;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e5ebea; --soft: #a1aeb0; --line: #364144; --paper: #14191a; --shade: #1e2526; --accent: #5fc9b3;
    --on-accent: #0c1615; --bad: #ff9d90; --bad-shade: #33201e;
    --series-1: #5fc9b3; --series-2: #f0a35e; --series-3: #8fb0f0; --series-4: #e18bc0; --series-5: #c3d25c; --series-6: #b3b8bf;
    --series-7: #c99a7c; --series-8: #7fd0e0;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; overflow-wrap: break-word;
}
a { color: var(--accent); text-underline-offset: .15em; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip { position: absolute; left: 1rem; top: -4rem; background: var(--accent); color: var(--on-accent); padding: .5rem 1rem; }
.skip:focus { top: .5rem; z-index: 2; }
.bar { border-bottom: 1px solid var(--line); }
.bar nav { display: flex; gap: 1.5rem; align-items: baseline; }
.bar nav, main { padding: .5rem 1.25rem; }
.bar a { text-decoration: none; color: var(--soft); padding: .3rem 0; }
.bar .brand { font-weight: 650; color: var(--ink); }
main { padding-bottom: 4rem; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: .7rem 0 .2rem; letter-spacing: -.01em; }
h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem; }
.lead { color: var(--soft); margin: 0; max-width: 75rem; }
.counted p { max-width: 60rem; margin: 0 0 .5rem; }
.soft { color: var(--soft); }
code, pre, .copy { font-family: ui-monospace, "SF Mono", Menlo, Consolas, monospace; font-size: .86rem; }

.reports { list-style: none; padding: 0; margin-top: 1.2rem; display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 20rem), 1fr)); }
.reports li { border: 1px solid var(--line); border-radius: 10px; padding: 1.1rem 1.25rem; display: flex; flex-direction: column; }
.reports h2 { margin: 0 0 .3rem; font-size: 1.15rem; }
.reports h2 a { display: inline-block; padding: .15rem 0; }
.reports p { margin: 0 0 .9rem; color: var(--soft); flex: 1; }

.formats { display: flex; flex-wrap: wrap; gap: .5rem; list-style: none; padding: 0; margin: 0; }
.reports .formats li, .actions form { all: unset; }
.formats + .rows { margin-top: .7rem; }
.button, button {
  display: inline-block; font: inherit; font-size: .92rem; padding: .45rem .85rem; min-height: 2.5rem; border-radius: 8px;
  border: 1px solid var(--line); background: var(--shade); color: var(--ink); text-decoration: none; cursor: pointer;
}
.button:hover, button:hover { border-color: var(--accent); }
.main { background: var(--accent); border-color: var(--accent); color: var(--on-accent); font-weight: 600; }

form { background: var(--shade); border-radius: 10px; padding: .7rem 1rem; margin: .7rem 0; display: flex; flex-wrap: wrap; gap: .8rem 1.25rem; }
.fields { display: flex; flex-wrap: wrap; gap: .8rem 1.25rem; }
form details { align-self: center; }
form details[open] { flex-basis: 100%; }
.fields > * { width: 15.5rem; max-width: 100%; }
.field { display: flex; gap: .3rem; margin-top: .2rem; }
.field input, .field select { margin: 0; }
label, legend { font-weight: 600; font-size: .92rem; display: block; padding: 0; }
input, select {
  font: inherit; width: 100%; padding: .45rem .6rem; min-height: 2.5rem; margin-top: .25rem;
  border: 1px solid var(--soft); border-radius: 6px; background: var(--paper); color: var(--ink);
}
fieldset { border: 0; margin: 0; padding: 0; min-width: 0; }
.choice { font-weight: 400; display: flex; gap: .5rem; align-items: center; min-height: 2rem; overflow-wrap: anywhere; }
.choice input { flex: none; width: 1.1rem; min-height: 0; height: 1.1rem; margin: 0; accent-color: var(--accent); }
.hint { color: var(--soft); font-size: .8rem; line-height: 1.35; margin: .25rem 0 0; }
.fault { color: var(--bad); font-weight: 600; }
[aria-invalid] { border-color: var(--bad); outline: 1px solid var(--bad); }
.field .calendar { flex: none; width: 2.5rem; padding: .45rem .6rem; color: transparent; }
.calendar::-webkit-datetime-edit { display: none; } .calendar::-webkit-calendar-picker-indicator { margin: 0; }
.meaning { margin: 0 0 .3rem 1.6rem; }
.actions { display: flex; flex-wrap: wrap; gap: .75rem; align-items: center; margin: 0; }
form > .actions { margin-top: 1.55rem; align-self: flex-start; }

.figures { display: flex; flex-wrap: wrap; gap: .4rem 2.2rem; margin: .8rem 0 .3rem; }
.figures dt { color: var(--soft); font-size: .86rem; }
.figures dd { margin: 0; font-size: 1.45rem; line-height: 1.25; font-weight: 650; font-variant-numeric: tabular-nums; }
.facts { display: flex; flex-wrap: wrap; gap: .1rem 1.6rem; margin: .2rem 0 .6rem; font-size: .86rem; color: var(--soft); }
.facts div { display: flex; gap: .4rem; }
.facts dt { flex: none; }
.facts dd { margin: 0; font-variant-numeric: tabular-nums; }

.tools { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; margin: .6rem 0; }
.tools .formats { margin-left: auto; }
.tools .button, .tools button { min-height: 2.2rem; padding: .3rem .7rem; }
.tools input { width: 16rem; max-width: 100%; min-height: 2.2rem; padding: .3rem .6rem; margin: 0; }
.rows table:not(:has(th[scope=col]:nth-child(4))) { width: auto; min-width: min(100%, 36rem); }
table { border-collapse: separate; border-spacing: 0; width: 100%; font-size: .88rem; line-height: 1.35; }
th, td { padding: .32rem .5rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
th { font-weight: 600; }
.rows thead th { position: sticky; top: 0; z-index: 1; background: var(--shade); vertical-align: bottom; }
.rows th:first-child { min-width: min(10rem, 30vw); position: sticky; left: 0; z-index: 1; background: var(--paper); padding-left: .6rem; }
.rows thead th:first-child { z-index: 2; background: var(--shade); }
.rows thead .number:first-child { min-width: 0; } .told { min-width: min(13rem, 45vw); }
.rows tbody a { color: inherit; text-decoration-color: var(--line); }
.rows tbody a:hover { color: var(--accent); text-decoration-color: currentColor; }
.number { text-align: right; }
.number, .whole { font-variant-numeric: tabular-nums; white-space: nowrap; }
thead .number, thead .whole { white-space: normal; }
.broken { overflow-wrap: anywhere; min-width: 8rem; }
.more { display: none; }
.shows-more .more { display: table-cell; }
.running, .paper { display: none; }
.rows tbody tr:hover > * { background: var(--shade); }
del { color: var(--soft); } ins { text-decoration: none; font-weight: 600; } del:empty::after, ins:empty::after { content: "–"; }
tbody .changed td { white-space: normal; }
.number del, .number ins, .whole del, .whole ins { white-space: nowrap; display: inline-block; }
.rows .gone > * { color: var(--soft); }
table.changes { width: auto; margin: .8rem 0 .3rem; } .changes td, .changes th { padding: .25rem .8rem .25rem 0; }
.searched .figures, .searched .chart { opacity: .45; }
.subtotal > * { font-weight: 600; border-bottom-color: var(--soft); }
tfoot th, tfoot td { font-weight: 650; border-top: 2px solid var(--ink); border-bottom: 0; }
abbr { color: var(--bad); text-decoration: none; }
thead button { font: inherit; min-height: 1.5rem; padding: 0; border: 0; background: none; text-align: inherit; }
thead .means { position: absolute; bottom: 0; left: .1rem; width: 1.5rem; color: var(--accent); text-align: center; }
thead .number .means { left: auto; right: .1rem; }
.rows thead:has(.means) th { padding-bottom: 1.5rem; }
[aria-sort=ascending] .sort::after { content: " ↑" / ""; } [aria-sort=descending] .sort::after { content: " ↓" / ""; }
thead button:focus-visible { outline-offset: -2px; }
.sort:hover { text-decoration: underline; }
[popover] { max-width: min(34rem, 90vw); border: 1px solid var(--soft); border-radius: 10px; padding: 1rem 1.25rem; background: var(--paper); color: var(--ink); }
[popover] p { margin: .4rem 0 0; }
.pages { display: flex; flex-wrap: wrap; gap: .3rem .9rem; padding: .7rem 0; }
.pages a, .pages b, .pages button { padding: .2rem .3rem; }

.chart { margin: .8rem 0; }
figcaption { font-weight: 600; margin-bottom: .3rem; }
.scroll { overflow-x: auto; }
.chart .scroll th, .chart .scroll .number { white-space: nowrap; }
.drawn svg { display: block; margin-top: .15rem; }
.drawn { width: 100%; min-width: 6rem; padding-left: 0; }
.plot { display: flex; }
.axis { flex: none; } .area { flex: 1; min-width: 0; overflow: visible; }
.plot text { font-size: 12px; fill: var(--soft); font-variant-numeric: tabular-nums; }
.grid { stroke: var(--line); } .zero { stroke: var(--soft); }
.line { overflow: visible; }
.line polyline { fill: none; stroke: currentColor; stroke-width: 2px; stroke-linecap: round; stroke-linejoin: round; vector-effect: non-scaling-stroke; }
.bars rect, .drawn svg { fill: currentColor; }
.overall { color: var(--ink); } .line.overall polyline { stroke-width: 3.5px; }
.hit { fill: transparent; }
.said { visibility: hidden; pointer-events: none; }
.point:hover .said, .point:focus .said { visibility: visible; }
.point:focus { outline: 0; }
.said line { stroke: var(--ink); } .said .box { fill: var(--paper); stroke: var(--line); } .said text { fill: var(--ink); }
.legend { display: flex; flex-wrap: wrap; gap: .1rem 1.2rem; list-style: none; padding: 0; margin: 0 0 .4rem; font-size: .86rem; }
.legend li::before { content: ""; display: inline-block; width: .8em; height: .8em; margin-right: .45em; border-radius: 2px; background: currentColor; print-color-adjust: exact; }
.legend li { color: var(--ink); }
.series-1, .fill-1 { color: var(--series-1); } .legend .series-1::before { background: var(--series-1); }
.series-2, .fill-2 { color: var(--series-2); } .legend .series-2::before { background: var(--series-2); }
.series-3, .fill-3 { color: var(--series-3); } .legend .series-3::before { background: var(--series-3); }
.series-4, .fill-4 { color: var(--series-4); } .legend .series-4::before { background: var(--series-4); }
.series-5, .fill-5 { color: var(--series-5); } .legend .series-5::before { background: var(--series-5); }
.series-6, .fill-6 { color: var(--series-6); } .legend .series-6::before { background: var(--series-6); }
.series-7, .fill-7 { color: var(--series-7); } .legend .series-7::before { background: var(--series-7); }
.series-8, .fill-8 { color: var(--series-8); } .legend .series-8::before { background: var(--series-8); }

summary { cursor: pointer; padding: .45rem 0; color: var(--accent); }
.programs + .formats { margin-top: .8rem; }
.programs { border: 1px solid var(--line); border-radius: 10px; padding: .3rem 1.25rem; }
.programs details + details { border-top: 1px solid var(--line); }
.programs summary { font-weight: 600; }
.programs details > :last-child { margin-bottom: 1rem; }
.programs p { margin: .3rem 0 .5rem; }
pre.copy { background: var(--shade); border-radius: 6px; padding: .7rem .8rem; margin: 0; overflow-x: auto; user-select: all; -webkit-user-select: all; }
.note { border-left: 4px solid var(--accent); background: var(--shade); padding: .9rem 1.1rem; border-radius: 0 8px 8px 0; margin: 1.25rem 0; }
.bad { border-color: var(--bad); background: var(--bad-shade); }
.note p { margin: .2rem 0; }
.empty { text-align: center; color: var(--soft); border: 1px dashed var(--line); border-radius: 8px; padding: 2.5rem 1rem; }
progress { width: 100%; height: .8rem; accent-color: var(--accent); }
.kinds { width: auto; margin-top: 1rem; }

@media (min-width: 64rem) { .on-small { display: none; } }
@media screen and (max-width: 40rem) { .result:not(.shows-more) .off-phone { display: none; } }
@media screen and (min-width: 40.01rem) and (max-width: 63.99rem) { .result:not(.shows-more) .off-tablet { display: none; } }
@media (max-width: 80rem) { table { font-size: .82rem; } .rows tr > * { padding-left: .3rem; padding-right: .3rem; } }
@media (max-width: 64rem) { form > .actions { margin: 0; } }
/* What scrolls sideways keeps its head only where it scrolls down as well. */
@media screen { .rows.wide, .shows-more .rows { max-height: 96vh; max-height: 96dvh; overflow: auto; } }
@media screen and (max-width: 64rem) { .rows { max-height: 96vh; max-height: 96dvh; overflow: auto; } }
@media (max-width: 40rem) {
  h1 { font-size: 1.4rem; }
  .bar nav, main { padding-left: 1rem; padding-right: 1rem; }
  .label.wide { display: none; }
  .fields, .fields > * { width: 100%; }
  .figures { gap: .3rem 1.4rem; } .figures dd { font-size: 1.15rem; }
  .changes { font-size: .74rem; } .changes td, .changes th { padding-right: .35rem; }
  .tools .formats { margin-left: 0; } .tools input { flex: 1; width: 8rem; }
}
@page { size: A4 landscape; margin: 10mm 10mm 14mm; @bottom-right { content: "Page " counter(page) " of " counter(pages); font: 8pt system-ui, sans-serif; } }
@media print {
  :root { --ink: #000; --soft: #333; --line: #bbb; --paper: #fff; --shade: #fff; --series-1: #0f6b5c; }
  body { font-size: 9pt; }
  main { padding: 0; }
  .bar, form, .skip, section.screen, .tools, .formats, .pages, .screen, .facts:not(.same), .counted, summary, .means, [popover] { display: none; }
  .sort { display: contents; }
  h1 { font-size: 14pt; margin: 0; }
  .asked { font-size: 11pt; font-weight: 600; margin: .2rem 0; }
  .figures dd { font-size: 11pt; }
  .rows, .shows-more .rows, .scroll { overflow: visible; }
  .rows th, .rows td, .rows thead:has(.means) th { position: static; padding: .16rem .3rem; }
  table { font-size: 8pt; }
  thead { display: table-header-group; } tfoot { display: table-row-group; }
  .running { display: table-row; } .running th { font-weight: 400; color: var(--soft); text-align: left; }
  .paper { display: block; }
  .off-paper, .shows-more .more { display: none; }
  tr, .chart { break-inside: avoid; }
  a { color: inherit; text-decoration: none; }
}
`;

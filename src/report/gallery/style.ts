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
.bar nav, main { max-width: 80rem; margin: 0 auto; padding: .8rem 1.25rem; }
.bar a { text-decoration: none; color: var(--soft); padding: .35rem 0; }
.bar .brand { font-weight: 650; color: var(--ink); }
main { padding-bottom: 4rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 1.6rem 0 .4rem; letter-spacing: -.01em; }
h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem; }
.lead { color: var(--soft); font-size: 1.05rem; margin: 0 0 1.4rem; max-width: 46rem; }
.soft { color: var(--soft); }
code, pre, .copy { font-family: ui-monospace, "SF Mono", Menlo, Consolas, monospace; font-size: .86rem; }

.reports { list-style: none; padding: 0; display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 20rem), 1fr)); }
.reports li { border: 1px solid var(--line); border-radius: 10px; padding: 1.1rem 1.25rem; display: flex; flex-direction: column; }
.reports h2 { margin: 0 0 .3rem; font-size: 1.15rem; }
.reports h2 a { display: inline-block; padding: .15rem 0; }
.reports p { margin: 0 0 .9rem; color: var(--soft); flex: 1; }

.formats { display: flex; flex-wrap: wrap; gap: .5rem; list-style: none; padding: 0; margin: 0 0 1.4rem; }
.reports .formats { margin: 0; }
.reports .formats li { all: unset; }
.button, button {
  display: inline-block; font: inherit; font-size: .92rem; padding: .45rem .85rem; min-height: 2.5rem; border-radius: 8px;
  border: 1px solid var(--line); background: var(--shade); color: var(--ink); text-decoration: none; cursor: pointer;
}
.button:hover, button:hover { border-color: var(--accent); }
.main { background: var(--accent); border-color: var(--accent); color: var(--on-accent); font-weight: 600; }

form { background: var(--shade); border-radius: 10px; padding: 1.1rem 1.25rem; margin: 0 0 1.5rem; }
.fields { display: grid; gap: 1rem 1.25rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 15rem), 1fr)); }
label, legend { font-weight: 600; font-size: .92rem; display: block; padding: 0; }
input, select {
  font: inherit; width: 100%; padding: .45rem .6rem; min-height: 2.5rem; margin-top: .25rem;
  border: 1px solid var(--soft); border-radius: 6px; background: var(--paper); color: var(--ink);
}
fieldset { border: 0; margin: 0; padding: 0; min-width: 0; }
.choice { font-weight: 400; display: flex; gap: .5rem; align-items: center; min-height: 2rem; overflow-wrap: anywhere; }
.choice input { flex: none; width: 1.1rem; min-height: 0; height: 1.1rem; margin: 0; accent-color: var(--accent); }
.hint { color: var(--soft); font-size: .84rem; margin: .25rem 0 0; }
.meaning { margin: 0 0 .3rem 1.6rem; }
.actions { display: flex; gap: .75rem; align-items: center; margin: 1.1rem 0 0; }

.facts { display: flex; flex-wrap: wrap; gap: .3rem 2rem; margin: 1.5rem 0 .8rem; padding: 0; }
.facts div { display: flex; gap: .45rem; }
.facts dt { color: var(--soft); white-space: nowrap; }
.facts dd { margin: 0; font-variant-numeric: tabular-nums; }
.scroll { overflow: auto; max-height: 36rem; border: 1px solid var(--line); border-radius: 8px; }
table { border-collapse: separate; border-spacing: 0; width: 100%; font-size: .92rem; }
th, td { padding: .42rem .75rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
td { max-width: 26rem; }
thead th { position: sticky; top: 0; background: var(--shade); font-weight: 600; white-space: nowrap; }
.number { text-align: right; }
.number, .day { font-variant-numeric: tabular-nums; white-space: nowrap; }
tbody tr:hover td { background: var(--shade); }
tbody tr:last-child td { border-bottom: 0; }
tfoot th, tfoot td { position: sticky; bottom: 0; background: var(--paper); font-weight: 650; border-top: 2px solid var(--ink); border-bottom: 0; }
abbr { color: var(--bad); text-decoration: none; }

.chart { margin: 1.6rem 0; }
figcaption { font-weight: 600; margin-bottom: .5rem; }
.chart details { margin-top: .5rem; }
.chart .scroll { max-height: 20rem; margin-top: .5rem; }
.plot { display: block; height: auto; max-width: 100%; }
.plot text { white-space: pre; font-size: 12px; }
.narrow { display: none; }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; list-style: none; padding: 0; margin: 0 0 .4rem; font-size: .9rem; }
.legend li::before { content: ""; display: inline-block; width: .8em; height: .8em; margin-right: .45em; border-radius: 2px; background: currentColor; }
.series-1::before { color: var(--series-1); } .series-2::before { color: var(--series-2); } .series-3::before { color: var(--series-3); }
.series-4::before { color: var(--series-4); } .series-5::before { color: var(--series-5); } .series-6::before { color: var(--series-6); }
.series-7::before { color: var(--series-7); } .series-8::before { color: var(--series-8); }

summary { cursor: pointer; padding: .45rem 0; color: var(--accent); }
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

@media (max-width: 40rem) {
  h1 { font-size: 1.5rem; }
  .bar nav, main { padding-left: 1rem; padding-right: 1rem; }
  .wide { display: none; } .narrow { display: block; }
  .formats .button, .actions > * { flex: 1 1 auto; text-align: center; }
}
@media print {
  :root { --ink: #000; --soft: #333; --line: #999; --paper: #fff; --shade: #fff; --series-1: #0f6b5c; }
  .bar, form, .skip, .programs, .formats, .screen, summary { display: none; }
  .scroll { overflow: visible; max-height: none; border: 0; }
  thead th, tfoot th, tfoot td { position: static; }
  tr { break-inside: avoid; }
}
`;

/** The style sheet: system fonts, light and dark, one column on a phone. Colours of states are never the only sign of them. */
export const pageStyle = `
:root {
  color-scheme: light dark;
  --ground: #faf9f6; --surface: #ffffff; --text: #1c2126; --muted: #59616a; --line: #dcd9d1; --link: #0a58b5;
  --good: #1a7437; --busy: #0a58b5; --warn: #8a5300; --bad: #b3261e; --off: #59616a;
  --mono: ui-monospace, SFMono-Regular, Menlo, 'DejaVu Sans Mono', 'Liberation Mono', Consolas, monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14171a; --surface: #1b1f23; --text: #e4e5e2; --muted: #9fa8b0; --line: #333a41; --link: #7cb8ff;
    --good: #5cc878; --busy: #7cb8ff; --warn: #e6b04a; --bad: #ff8a80; --off: #9fa8b0;
  }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body { margin: 0 auto; max-width: 76rem; padding: 0 1.25rem 3rem; background: var(--ground); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Liberation Sans', sans-serif; font-variant-numeric: tabular-nums; }
a { color: var(--link); text-decoration-thickness: 1px; text-underline-offset: 2px; }
a:focus-visible, summary:focus-visible, [tabindex]:focus-visible { outline: 2px solid var(--busy); outline-offset: 2px; border-radius: 3px; }
main:focus { outline: none; }
code, pre { font-family: var(--mono); font-size: .92em; }
code { overflow-wrap: anywhere; }
h1, h2, h3, p, ul, dl { margin: 0; }
h1 { font-size: 1.55rem; line-height: 1.25; font-weight: 650; letter-spacing: -.01em; margin: .9rem 0 .3rem; }
h2 { font-size: 1.05rem; font-weight: 650; margin: 2rem 0 .5rem; }
h3 { font-size: .95rem; font-weight: 650; margin: 1.2rem 0 .35rem; }
.muted { color: var(--muted); }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip { position: absolute; left: -999rem; }
.skip:focus { left: 1rem; top: .5rem; background: var(--surface); padding: .3rem .6rem; }
header { display: flex; flex-wrap: wrap; gap: .2rem .9rem; align-items: baseline; padding: .8rem 0 .6rem; border-bottom: 1px solid var(--line); font-size: .92rem; }
header .brand { font-weight: 700; color: var(--text); text-decoration: none; letter-spacing: -.01em; }
#pulse { margin-left: auto; }
#pulse.lost { color: var(--bad); font-weight: 600; }
#pulse.live::before { content: '●'; color: var(--good); margin-right: .4em; font-size: .8em; }
footer { margin-top: 2.5rem; padding-top: .7rem; border-top: 1px solid var(--line); font-size: .87rem; }
.crumb { margin-top: .8rem; font-size: .9rem; }
.crumb + h1 { margin-top: .2rem; }

.good { --tone: var(--good); } .busy { --tone: var(--busy); } .warn { --tone: var(--warn); } .bad { --tone: var(--bad); } .off { --tone: var(--off); }
.state { color: var(--tone); font-weight: 600; }
.mark { font-size: .78em; margin-right: .42em; position: relative; top: -.06em; }
h1 .state, h2 .state { font-weight: 650; }
h2 .state { font-size: .92rem; margin-left: .5rem; }
h1 .state:not(:first-child) { font-size: 1.05rem; margin-left: .6rem; }

.strip { display: flex; flex-wrap: wrap; gap: .15rem 1.1rem; list-style: none; padding: .5rem 0 0; font-size: .93rem; }
.strip a { text-decoration: none; }
.strip a:hover { text-decoration: underline; }
.card { margin-top: 1.1rem; padding: .9rem 1.1rem 1rem; background: var(--surface); border: 1px solid var(--line); border-radius: 10px; }
.card h2 { margin: 0; font-size: 1.1rem; }
.card h2 a { color: var(--text); text-decoration: none; }
.card h2 a:hover { text-decoration: underline; }
.card .muted .aside { float: right; margin-left: 1rem; }
.box { margin-top: .9rem; padding: .6rem 1rem .7rem; background: var(--surface); border: 1px solid var(--line); border-left: 4px solid var(--tone); border-radius: 6px; }
.box h2, .box h3 { margin: .1rem 0 .4rem; font-size: .98rem; }
.box p { margin: .25rem 0; }
.box ul { padding-left: 1.2rem; }
.attention { list-style: none; padding: 0; margin: .5rem 0 .1rem; }
.attention li { padding: .14rem 0; overflow-wrap: anywhere; }
.attention .state { margin-right: .45rem; }
.notes { padding-left: 1.1rem; color: var(--muted); overflow-wrap: anywhere; }
main > .notes { margin-top: .7rem; }
.lead { margin: .2rem 0 .35rem; }
.todo { color: var(--muted); }
.blocked { color: var(--bad); overflow-wrap: anywhere; }
.flag { color: var(--bad); font-size: .85em; font-weight: 600; }
.symbol { font-family: var(--mono); color: var(--muted); margin-right: .25em; }
.changes, .diagnostics { list-style: none; padding: 0; }
.changes > li, .diagnostics > li { padding: .22rem 0; overflow-wrap: anywhere; }
.fields { list-style: none; padding-left: 1.6rem; font-size: .93em; }
.drift .symbol { color: var(--warn); font-weight: 700; }
.create .symbol { color: var(--good); } .remove .symbol { color: var(--bad); }
pre { margin: .4rem 0; padding: .55rem .8rem; overflow-x: auto; background: var(--ground); border: 1px solid var(--line); border-radius: 6px; line-height: 1.45; }
.way { user-select: all; }
.problem { white-space: pre; }
details { margin-top: .5rem; }
summary { cursor: pointer; color: var(--muted); }
abbr[title] { text-decoration: none; border-bottom: 1px dotted var(--muted); cursor: help; }
.revisions { display: flex; flex-wrap: wrap; gap: .2rem 2rem; margin-top: 1rem; font-size: .93rem; }
.revisions div { display: flex; gap: .5rem; }
.revisions dt { color: var(--muted); } .revisions dd { margin: 0; }

table { width: 100%; border-collapse: collapse; font-size: .94rem; }
th { text-align: left; font-weight: 500; color: var(--muted); font-size: .86rem; padding: .15rem .8rem .25rem 0; border-bottom: 1px solid var(--line); vertical-align: bottom; }
td { padding: .32rem .8rem .32rem 0; vertical-align: top; }
th.number, td.number { padding-right: 1.5rem; }
tbody + tbody { border-top: 1px solid var(--line); }
th:last-child, td:last-child { padding-right: 0; }
.number { text-align: right; white-space: nowrap; }
td .state, time { white-space: nowrap; }
td.empty { color: var(--muted); }
.below .notes { padding-left: 0; list-style: none; }
.below td { padding-top: 0; font-size: .96em; }
progress { width: 9rem; height: .55rem; vertical-align: middle; accent-color: var(--busy); margin-right: .4rem; }

.graph { overflow-x: auto; margin-top: .55rem; }
.graph svg { display: block; max-width: none; }
.graph .narrow { display: none; margin: 0 auto; }
svg text { font-family: var(--mono); text-anchor: middle; fill: var(--text); }
svg .name { font-size: 15px; font-weight: 650; }
svg .fact { font-size: 11.5px; fill: var(--muted); }
svg .word { font-size: 12.5px; font-weight: 650; fill: var(--tone); }
svg .node rect { fill: var(--ground); stroke: var(--muted); stroke-width: 1.2; }
svg .node.bad rect { stroke: var(--bad); stroke-width: 1.8; stroke-dasharray: 5 4; }
svg .node.bad .fact { fill: var(--bad); }
svg .edge { fill: none; stroke: var(--tone); stroke-width: 1.8; }
svg .off .edge, svg .bad .edge { stroke-dasharray: 5 4; }
svg .head { fill: var(--tone); }
svg .pill { fill: var(--surface); stroke: var(--line); }
svg .bad .pill, svg .warn .pill { stroke: var(--tone); }
svg .rail { fill: var(--line); } svg .bar { fill: var(--tone); }
main > .graph { background: var(--surface); border: 1px solid var(--line); border-radius: 10px; padding: .7rem; }

@media (max-width: 46rem) {
  body { padding: 0 .9rem 2rem; }
  h1 { font-size: 1.3rem; }
  .graph .wide { display: none; } .graph .narrow { display: block; }
  #pulse { margin-left: 0; width: 100%; }
  .card { padding: .75rem .8rem; }
  .card .muted .aside { float: none; display: block; margin: 0; }
  thead { display: none; }
  table, tbody, tr, td { display: block; width: 100%; }
  tbody { padding: .4rem 0; }
  td, th.number, td.number { padding: .08rem 0; text-align: left; white-space: normal; }
  td.empty { display: none; }
  .listed td { display: grid; grid-template-columns: 5.6rem minmax(0, 1fr); gap: .5rem; }
  .listed td::before { content: attr(data-label); color: var(--muted); font-size: .88rem; }
  .flowing td, .flowing td > div { display: inline; }
  .flowing td.empty { display: none; }
  .flowing td { margin-right: .55rem; }
  .flowing td[data-label]::before { content: attr(data-label) ' '; color: var(--muted); font-size: .88rem; text-transform: lowercase; }
  .listed .below td, .flowing .below td { display: block; padding: .1rem 0; }
  .listed .below td.empty, .flowing .below td.empty { display: none; }
}
@media print { .skip, #pulse, footer { display: none; } body { max-width: none; } }
`;

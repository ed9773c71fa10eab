/** The style sheet of the landing page. Every pair of colours has a contrast of at least 4.5 to 1. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #ffffff; --ink: #1c2024; --soft: #5b6470; --line: #dfe3e8; --raised: #f6f8fa; --link: #0b5cad;
  --good: #17692f; --wait: #5b6470; --warn: #8a5300; --bad: #b3261e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171a; --ink: #e8eaed; --soft: #a0a9b4; --line: #2f353c; --raised: #1c2126; --link: #7cb7ff;
    --good: #6fd08c; --wait: #a0a9b4; --warn: #f0b35a; --bad: #ff8f85;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; max-width: 70rem; padding: 2.5rem 1.25rem 3rem;
  background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif;
}
h1 { margin: 0; font-size: 1.5rem; letter-spacing: -.01em; }
h2 { margin: 2.5rem 0 .75rem; font-size: 1.0625rem; }
p { margin: .25rem 0 0; }
a { color: var(--link); text-underline-offset: .15em; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 2px; }
code { font: .875em/1.4 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
.soft { color: var(--soft); }
.small { font-size: .8125rem; }
.version { color: var(--soft); font-size: 1rem; font-weight: 400; white-space: nowrap; }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: .5rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: .625rem .875rem; text-align: start; vertical-align: top; }
thead th { background: var(--raised); color: var(--soft); font-size: .8125rem; font-weight: 600; white-space: nowrap; }
tbody tr { border-top: 1px solid var(--line); }
tbody .more { border-top: 0; }
tbody th { min-width: 15rem; font-weight: 600; overflow-wrap: anywhere; }
tbody th .soft { display: block; font-weight: 400; }
tbody th code { display: block; color: var(--soft); font-weight: 400; }
.count { text-align: end; }
.state { white-space: nowrap; font-weight: 600; }
.state::before { content: ""; display: inline-block; width: .5rem; height: .5rem; margin-inline-end: .5rem; border-radius: 50%; background: currentColor; }
.servers .state { margin-inline-end: .75rem; }
.up, .present { color: var(--good); }
.pending, .info, .left { color: var(--wait); }
.unresponsive, .unreachable, .silent, .warning { color: var(--warn); }
.gone, .critical { color: var(--bad); }
.note { min-width: 16rem; overflow-wrap: anywhere; }
.more td { padding-top: 0; }
.note p:first-child { margin-top: 0; }
.when { white-space: nowrap; }
.command {
  display: block; margin: .375rem 0; padding: .375rem .5rem; border: 1px solid var(--line); border-radius: .25rem;
  background: var(--raised); white-space: pre-wrap; overflow-wrap: anywhere; user-select: all;
}
details { margin-top: .75rem; }
summary { cursor: pointer; padding: .25rem 0; font-weight: 600; }
details[open] summary { margin-bottom: .5rem; }
.empty { border: 1px dashed var(--line); border-radius: .5rem; padding: 1rem 1.125rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .375rem 1.5rem; margin: 0; }
dd { margin: 0; color: var(--soft); }
footer { margin-top: 2.5rem; border-top: 1px solid var(--line); padding-top: .875rem; }
@media (max-width: 44rem) {
  table, tbody { display: block; }
  thead { display: none; }
  tbody tr { display: flex; flex-wrap: wrap; gap: .25rem 1rem; padding: .75rem .875rem; }
  tbody tr:first-child { border-top: 0; }
  tbody .more { padding-top: 0; }
  tbody th, td { padding: 0; }
  tbody th { flex: 1 1 calc(100% - 10rem); min-width: 0; }
  .since { flex: 0 0 9rem; text-align: end; }
  .count::after { content: " " attr(data-noun); color: var(--soft); font-size: .8125rem; }
  .count.unknown { display: none; }
  .note { flex: 1 0 100%; min-width: 0; }
  dl { grid-template-columns: 1fr; gap: 0; }
  dd { margin-bottom: .625rem; }
}
`;

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { inPackage } from "../../config/index.ts";
import { type Content, Html, html } from "./html.ts";
import { style } from "./style.ts";

/** The page may load its own style, script and icon, send its form here, and fetch other reports. */
export const pageCsp = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** What pages do with a script: they work without it. */
export const script = readFileSync(inPackage("pages/script.js"), "utf8");

/** The address of a file, which changes with it. */
const addressOf = (name: string, content: string) =>
  `/reports/${name}?${createHash("sha256").update(content).digest("base64url").slice(0, 12)}`;
const stylePath = addressOf("style.css", style);
const scriptPath = addressOf("script.js", script);

export const icon =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path fill="#0f6b5c" d="M2 9h3v5H2zM6.500 5h3v9h-3zM11 2h3v12h-3z"/></svg>';

const sections = ["Reports", "Imports"] as const;

/** A page of the gallery, or of imports. */
export interface Page {
  /** That of a list is the name of its section. */
  readonly title: string;
  /** What the page is one of. */
  readonly section?: (typeof sections)[number];
  readonly body: Content;
  /** Seconds after which the browser asks again. */
  readonly refresh?: number;
}

/** Renders a page of the gallery, as a whole document. */
export function renderPage({ title, section = "Reports", body, refresh }: Page): string {
  const isList = title === section;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
${refresh !== undefined && html`<meta http-equiv="refresh" content="${refresh}">`}
<title>${title}${!isList && ` – ${section}`}</title>
<link rel="icon" href="/reports/icon.svg">
<link rel="stylesheet" href="${stylePath}">
<script type="module" src="${scriptPath}"></script>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header class="bar"><nav aria-label="Gateway">
${sections.map(
  (name) =>
    html`<a${name === section && new Html(isList ? ' class="brand" aria-current="page"' : ' class="brand"')} href="/${name.toLowerCase()}">${name}</a>
`,
)}<a href="/">Explorer</a>
</nav></header>
<main id="main">
${body}
</main>
</body>
</html>
`.text;
}

/** In place of rows, while the catalog is filled: how far it is. The page asks again by itself. */
export function renderProgress(
  kinds: readonly { readonly read: number; readonly of: number | undefined }[],
): Content {
  const known = kinds.every(({ of }) => of !== undefined);
  const read = kinds.reduce((sum, kind) => sum + kind.read, 0);
  const all = kinds.reduce((sum, { of = 0 }) => sum + of, 0);
  return html`<div class="note" role="status">
<p><b>The gateway has just started and is reading everything from Alma.</b> This page looks again by itself, and shows the report
as soon as it can.</p>
<p><label for="progress">${read.toLocaleString("en")} of ${known ? all.toLocaleString("en") : "an unknown number of"} records</label>
${known ? html`<progress id="progress" max="${all}" value="${read}"></progress>` : html`<progress id="progress"></progress>`}</p>
</div>`;
}

/** In place of rows: what went wrong, and ways on from there. */
export function renderProblem(
  message: string,
  ways: readonly { readonly path: string; readonly label: string }[],
  what = "report",
): Content {
  return html`<div class="note bad" role="alert">
<p><b>There is no ${what} to show.</b></p>
<p>${message}</p>
<p class="actions">${ways.map(({ path, label }) => html`<a class="button" href="${path}">${label}</a> `)}</p>
</div>`;
}

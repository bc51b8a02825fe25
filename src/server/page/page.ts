import type { FastifyReply, FastifyRequest } from "fastify";
import { preferredType } from "../http/media-type.ts";
import { assetAddress } from "./asset.ts";
import { type Content, type Html, html } from "./html.ts";
import type { ListedRoute } from "./navigation.ts";

/** The default policy: a page may load its own style, scripts and icon, and send forms and requests to this server. */
const ownContent = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

const icon = assetAddress("icon.svg");
const frameStyle = assetAddress("frame.css");
const style = assetAddress("style.css");

/** A page for people. */
export interface Page {
  readonly title: string;
  readonly body: Content;
  /** The name of its script in `pages/`. Without the script, the page works or says what it needs. */
  readonly script?: string;
  /** The seconds after which the browser reloads the page. */
  readonly refresh?: number | undefined;
  /** Its Content-Security-Policy, if it may load more than the default policy allows. */
  readonly policy?: string;
}

/** Returns whether a person reads the answer in a browser, which prefers HTML. */
export const wantsPage = (request: FastifyRequest): boolean =>
  preferredType(request, ["text/plain", "application/json", "text/html"]) === "text/html";

/** Sends a page, with the navigation. */
export function sendPage(reply: FastifyReply, status: number, page: Page): FastifyReply {
  return reply.code(status).send(frame(reply, page));
}

/** Renders the navigation; `url` is the current route. */
export function renderNavigation(routes: readonly ListedRoute[], url: string | undefined): Html {
  const links = routes.flatMap(({ path, page }) => {
    if (page === undefined) return [];
    const current = path === url ? "page" : isBelow(url, path) && "true";
    return html`<a href="${path}"${current && html` aria-current="${current}"`}>${page}</a>
`;
  });
  return html`<header class="bar"><nav aria-label="Gateway">
${links}</nav></header>`;
}

const isBelow = (url = "", path: string) => url.startsWith(`${path}/`);

/** Sets the headers of a page and renders the document. Visitors by link get no navigation. */
function frame(reply: FastifyReply, { title, body, script, refresh, policy = ownContent }: Page) {
  const { server, routeOptions, link } = reply.request;
  const { url } = routeOptions;
  const section = server.listedRoutes.find(
    ({ path, page }) => page !== undefined && isBelow(url, path),
  )?.page;
  reply
    .headers({
      "content-security-policy": policy,
      "cross-origin-opener-policy": "same-origin",
      "cache-control": reply.statusCode < 400 && !link ? "private, no-cache" : "no-store",
      vary: "Accept, Authorization, X-Api-Key",
    })
    .type("text/html; charset=utf-8");
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
${refresh !== undefined && html`<meta http-equiv="refresh" content="${refresh}">`}
<title>${title} – ${section ?? "Alma gateway"}</title>
<link rel="icon" href="${icon}">
<link rel="stylesheet" href="${frameStyle}">
<link rel="stylesheet" href="${style}">
${script !== undefined && html`<script type="module" src="${assetAddress(script)}"></script>`}
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
${!link && renderNavigation(server.listedRoutes, url)}
<main id="main">
${body}
</main>
</body>
</html>
`.text;
}

/** Renders a problem as a page body, with links to continue. */
export function renderProblem(
  message: string,
  ways: readonly { readonly path: string; readonly label: string }[],
): Content {
  return html`<div class="note bad" role="alert">
<p><b>This page has nothing to show.</b></p>
<p>${message}</p>
<p class="actions">${ways.map(({ path, label }) => html`<a class="button" href="${path}">${label}</a> `)}</p>
</div>`;
}

/** A Fastify `onSend` hook: shows problems to browsers as a page. Programs get text or JSON. */
export async function showProblem(request: FastifyRequest, reply: FastifyReply, payload: unknown) {
  const type = String(reply.getHeader("content-type") ?? "");
  if (
    reply.statusCode < 400 ||
    !wantsPage(request) ||
    typeof payload !== "string" ||
    type.startsWith("text/html")
  )
    return payload;
  const message = type.startsWith("application/json")
    ? (JSON.parse(payload) as { readonly errors: readonly { readonly message: string }[] }).errors[0]?.message
    : payload.trim().replace(/^[A-Z_]+: /, "");
  reply.removeHeader("content-length");
  const again = { path: request.url, label: "Try again" };
  const body = html`<h1>Nothing to show</h1>${renderProblem(message ?? "", [again])}`;
  return frame(reply, { title: "Nothing to show", body });
}

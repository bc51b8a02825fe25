import type { FastifyReply, FastifyRequest } from "fastify";
import { html } from "./html.ts";
import { pageCsp, renderPage, renderProblem } from "./page.ts";

/** Whether a person waits for the answer, and no program. */
export const wantsPage = ({ headers }: FastifyRequest): boolean =>
  /\btext\/html\b/.test(headers.accept ?? "");

/** Sends a page of the gallery. */
export function sendPage(reply: FastifyReply, status: number, page: string): FastifyReply {
  return setHeaders(reply.code(status)).send(page);
}

function setHeaders(reply: FastifyReply) {
  return reply
    .headers({
      "content-security-policy": pageCsp,
      "cross-origin-opener-policy": "same-origin",
      "cache-control": reply.statusCode < 400 ? "private, no-cache" : "no-store",
      vary: "Accept, Authorization, X-Api-Key",
    })
    .type("text/html; charset=utf-8");
}

/**
 * A Fastify `onSend` hook: what keeps a person from a page, or from a file that was to be downloaded, is shown as a
 * page, where a program gets text or JSON.
 */
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
  const what = request.url.startsWith("/imports") ? "import" : "report";
  const section = what === "import" ? "Imports" : "Reports";
  const ways = [
    { path: request.url, label: "Try again" },
    { path: `/${what}s`, label: `All ${what}s` },
  ];
  setHeaders(reply).removeHeader("content-length");
  return renderPage({
    title: "Not to be shown",
    section,
    body: html`<h1>${section}</h1>${renderProblem(message ?? "", ways, what)}`,
  });
}

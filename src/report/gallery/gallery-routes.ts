import type { FastifyInstance, onRequestHookHandler } from "fastify";
import type { Report } from "../definition/report.ts";
import { type BrokenReport, isBroken, type Reports } from "../definition/report-folder.ts";
import { icon, script } from "../html/page.ts";
import { sendPage } from "../html/page-response.ts";
import { style } from "../html/style.ts";
import { renderGallery } from "./gallery-page.ts";

/** Adds `/reports`, the list of all reports, and the style, script and icon of pages, which are public. */
export function addGalleryRoutes(
  app: FastifyInstance,
  reports: () => Reports,
  reportHooks: readonly onRequestHookHandler[],
): void {
  const orderOf = (report: Report | BrokenReport) => (!isBroken(report) && report.order) || Number.MAX_VALUE;
  app.get("/reports", { onRequest: [...reportHooks] }, (_request, reply) => {
    const sorted = [...reports().values()].sort((one, other) => orderOf(one) - orderOf(other));
    return sendPage(reply, 200, renderGallery(sorted));
  });
  for (const [path, type, content] of [
    ["/reports/style.css", "text/css; charset=utf-8", style],
    ["/reports/script.js", "text/javascript; charset=utf-8", script],
    ["/reports/icon.svg", "image/svg+xml", icon],
  ] as const)
    app.get(path, (_request, reply) =>
      reply
        .headers({
          "cache-control": "public, max-age=31536000, immutable",
          "cross-origin-resource-policy": "same-origin",
        })
        .type(type)
        .send(content),
    );
}

import { hash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import type { FastifyInstance } from "fastify";
import { inPackage } from "../../config/index.ts";

const types: Readonly<Record<string, string>> = {
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
};

/** Returns the text of a file in `pages/`. */
export const readAsset = (name: string): string => readFileSync(inPackage(`pages/${name}`), "utf8");

/** The styles, scripts and icon in `pages/`, by name. */
const assets = new Map(
  readdirSync(inPackage("pages/"))
    .map((name) => ({ name, type: types[name.split(".").at(-1) ?? ""] }))
    .filter(({ type }) => type !== undefined)
    .map(({ name, type }) => [name, { type, content: readAsset(name) }]),
);

/** Returns the URL of a style, script or icon. It changes with the content. */
export function assetAddress(name: string): string {
  const { content } = assets.get(name) as { readonly content: string };
  return `/assets/${name}?${hash("sha256", content, "base64url").slice(0, 12)}`;
}

/** Adds the public route `/assets`, which pages load. */
export function addAssetRoutes(app: FastifyInstance): void {
  for (const [name, { type, content }] of assets)
    app.get(`/assets/${name}`, (_request, reply) =>
      reply
        .headers({
          "cache-control": "public, max-age=31536000, immutable",
          "cross-origin-resource-policy": "same-origin",
        })
        .type(type as string)
        .send(content),
    );
}

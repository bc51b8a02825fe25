import { createHmac, hash, randomBytes, timingSafeEqual } from "node:crypto";
import type { FileLinks } from "../../graph/index.ts";
import { type AskingRequest, addressOf, anyAddress } from "../../server/index.ts";

/** Milliseconds. Links end at a full hour, one to two hours from now: a picture has the same one for a while. */
const hour = 3_600_000;

/** Where the address of a file is below `/media/`: when its link ends, in seconds, the signature, and the path. */
const linkPattern = /^\/media\/(\d{1,12})\/([\w-]{43})(\/.*)$/s;

/**
 * Links to files by way of this gateway, for whoever was shown one, until it ends. `secret`: that of all processes
 * behind one address; without it, links end with the process.
 */
export function createSignedLinks(base: string, secret: string | undefined, now = Date.now) {
  const key = secret === undefined ? randomBytes(32) : hash("sha256", `media\n${secret}`, "buffer");

  const sign = (end: string, path: string): string =>
    createHmac("sha256", key).update(`${end}\n${path}`).digest("base64url");

  /** A file of another host has the link that Alma shows: nobody fetches it here. */
  function linkTo(path: string, address: string): string {
    const { origin, pathname, search, href } = new URL(path, base);
    if (origin !== new URL(base).origin) return href;
    const end = String((Math.ceil(now() / hour) * hour + hour) / 1000);
    return `${address}/media/${end}/${sign(end, pathname + search)}${pathname}${search}`;
  }

  return {
    /** The links of one request's answer, at the address by which it reached this gateway. */
    of(request: AskingRequest): FileLinks {
      const address = request.followers ? anyAddress : addressOf(request);
      return { isLasting: false, linkTo: (path) => linkTo(path, address) };
    },

    /** The path of the file that a link leads to, and for how many seconds; undefined if it is none, or has ended. */
    read(url: string): { readonly path: string; readonly secondsLeft: number } | undefined {
      const [, end = "", signature = "", path = ""] = linkPattern.exec(url) ?? [];
      const secondsLeft = Math.floor(Number(end) - now() / 1000);
      const isSigned =
        signature !== "" && timingSafeEqual(Buffer.from(signature), Buffer.from(sign(end, path)));
      return isSigned && secondsLeft > 0 ? { path, secondsLeft } : undefined;
    },
  };
}

export type SignedLinks = ReturnType<typeof createSignedLinks>;

/** Links to files at Alma itself. */
export const directLinks = (base: string): FileLinks => ({
  isLasting: true,
  linkTo: (path) => (URL.canParse(path, base) ? new URL(path, base).href : path),
});

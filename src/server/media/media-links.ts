import { createHmac, hash, randomBytes, timingSafeEqual } from "node:crypto";
import type { MediaLinks } from "../../graph/index.ts";
import type { AskingRequest } from "../observe/admitted-request.ts";

/** Milliseconds. Links end at a full hour, one to two hours from now: a picture has the same one for a while. */
const hour = 3_600_000;

/** Where the address of a file is below `/media/`: when its link ends, in seconds, the signature, and the path. */
const linkPattern = /^\/media\/(\d{1,12})\/([\w-]{43})(\/.*)$/s;

/** Links to files by way of this gateway, for whoever was shown one, until it ends. */
export class SignedLinks {
  readonly #base: string;
  readonly #key: Buffer;
  readonly #now: () => number;

  /** `secret`: that of all processes behind one address; without it, links end with the process. */
  constructor(base: string, secret: string | undefined, now = Date.now) {
    this.#base = base;
    this.#key = secret === undefined ? randomBytes(32) : hash("sha256", `media\n${secret}`, "buffer");
    this.#now = now;
  }

  /** The links of one request's answer, at the address by which it reached this gateway. */
  of({ protocol = "http", host, headers }: AskingRequest): MediaLinks {
    return {
      isLasting: false,
      linkTo: (path) => this.#linkTo(path, `${protocol}://${host ?? headers.host}`),
    };
  }

  /** A file of another host has the link that Alma shows: nobody fetches it here. */
  #linkTo(path: string, address: string): string {
    const { origin, pathname, search, href } = new URL(path, this.#base);
    if (origin !== new URL(this.#base).origin) return href;
    const end = String((Math.ceil(this.#now() / hour) * hour + hour) / 1000);
    return `${address}/media/${end}/${this.#sign(end, pathname + search)}${pathname}${search}`;
  }

  /** The path of the file that a link leads to, and for how many seconds; undefined if it is none, or has ended. */
  read(url: string): { readonly path: string; readonly secondsLeft: number } | undefined {
    const [, end = "", signature = "", path = ""] = linkPattern.exec(url) ?? [];
    const secondsLeft = Math.floor(Number(end) - this.#now() / 1000);
    const isSigned =
      signature !== "" && timingSafeEqual(Buffer.from(signature), Buffer.from(this.#sign(end, path)));
    return isSigned && secondsLeft > 0 ? { path, secondsLeft } : undefined;
  }

  #sign(end: string, path: string): string {
    return createHmac("sha256", this.#key).update(`${end}\n${path}`).digest("base64url");
  }
}

/** Links to files at Alma itself. */
export const directLinks = (base: string): MediaLinks => ({
  isLasting: true,
  linkTo: (path) => (URL.canParse(path, base) ? new URL(path, base).href : path),
});

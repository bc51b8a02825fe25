import type { FastifyInstance } from "fastify";
import type { MediaSource } from "../../alma/index.ts";
import type { Config } from "../../config/index.ts";
import type { MediaLinks } from "../../graph/index.ts";
import { createRateLimiter } from "../http/rate-limit.ts";
import type { AskingRequest } from "../observe/admitted-request.ts";
import { directLinks, SignedLinks } from "./media-links.ts";
import { addMediaRoute } from "./media-route.ts";

/** How pictures and scans are shown (MEDIA). */
export interface Media {
  /** The links of the answer to a request. */
  readonly of: (request: AskingRequest) => MediaLinks;
  readonly addRoute: (app: FastifyInstance) => void;
}

export function createMedia(
  source: MediaSource,
  { media, peerSecret, maxFile, open, rateLimit }: Config,
): Media {
  if (media === "direct") {
    const links = directLinks(source.base);
    return { of: () => links, addRoute() {} };
  }
  const links = new SignedLinks(source.base, peerSecret);
  const take = open || rateLimit === 0 ? undefined : createRateLimiter(rateLimit);
  return {
    of: (request) => links.of(request),
    addRoute: (app) => addMediaRoute(app, links, source, maxFile, take),
  };
}

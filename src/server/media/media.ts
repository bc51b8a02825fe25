import type { FastifyInstance } from "fastify";
import type { MediaSource } from "../../alma/index.ts";
import type { Config } from "../../config/index.ts";
import type { MediaLinks } from "../../graph/index.ts";
import { createRateLimiter } from "../http/rate-limit.ts";
import type { AskingRequest } from "../observe/admitted-request.ts";
import { createSignedLinks, directLinks } from "./media-links.ts";
import { addMediaRoute } from "./media-route.ts";

/** How pictures and scans are shown (MEDIA): the links of the answer to a request, and what adds the route of those. */
export function createMedia(
  source: MediaSource,
  { media, peerSecret, maxFile, open, rateLimit }: Config,
): {
  readonly of: (request: AskingRequest) => MediaLinks;
  readonly addRoute: (app: FastifyInstance) => void;
} {
  if (media === "direct") {
    const links = directLinks(source.base);
    return { of: () => links, addRoute() {} };
  }
  const links = createSignedLinks(source.base, peerSecret);
  const take = open || rateLimit === 0 ? undefined : createRateLimiter(rateLimit);
  return {
    of: links.of,
    addRoute: (app) => addMediaRoute(app, links, source, maxFile, take),
  };
}

import { defineCapability } from "../../capability.ts";
import { oneOf, withDefault } from "../../config/index.ts";
import { createRateLimiter } from "../../server/index.ts";
import { addMediaRoute, createSignedLinks, directLinks, mediaSource } from "./media-route.ts";

/** How pictures and scans are shown. */
const settings = {
  media: withDefault(
    "MEDIA",
    "direct",
    oneOf("direct", "proxy"),
    "Links to pictures and scans: `direct` to Alma's host, `proxy` to `/media` of the gateway, without a key for an hour or two.",
  ),
};

/** Shows pictures and scans (MEDIA) by links to Alma, or to this gateway, which forwards them. */
export const media = defineCapability({
  name: "media",
  settings,
  constants: {
    /** The base of the paths of Alma's pictures and scans; undefined is the origin of ALMA_URL. */
    almaMediaUrl: undefined as string | undefined,
  },
  prepare({ config, apiKey }) {
    const source = mediaSource(config, apiKey, config.almaTimeout);
    if (config.media === "direct") {
      const links = directLinks(source.base);
      return { ports: { filesOf: () => links }, stop: source.close };
    }
    const links = createSignedLinks(source.base, config.peerSecret);
    const take = config.open || config.rateLimit === 0 ? undefined : createRateLimiter(config.rateLimit);
    return {
      ports: { filesOf: links.of },
      routes: (app) => addMediaRoute(app, links, source, config.maxFile, take),
      stop: source.close,
    };
  },
});

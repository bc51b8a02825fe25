import { oneOf, withDefault } from "../../config/index.ts";

/** How pictures and scans are shown. */
export const settings = {
  media: withDefault(
    "MEDIA",
    "direct",
    oneOf("direct", "proxy"),
    "Links to pictures and scans: `direct` to Alma's host, `proxy` to `/media` of the gateway, without a key for an hour or two.",
  ),
};

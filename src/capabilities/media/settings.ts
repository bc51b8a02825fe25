import { oneOf, withDefault } from "../../config/index.ts";

/** How pictures and scans are shown. */
export const settings = {
  media: withDefault(
    "MEDIA",
    "direct",
    oneOf("direct", "proxy"),
    "Links to pictures and scans: `direct` ones lead to Alma's host, `proxy` ones to `/media` of the gateway, where they work for an hour or two, without a key; an address may ask for as many a minute as RATE_LIMIT says.",
  ),
};

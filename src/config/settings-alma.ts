import {
  almaUrl,
  cidrNetworks,
  headerValue,
  optional,
  required,
  seconds,
  secret,
  wholeNumber,
  withDefault,
} from "./setting-schema.ts";

/** Where Alma is, how to call it, and how to send it files. */
export const almaSettings = {
  almaUrl: required("ALMA_URL", almaUrl, "The URL of Alma; ends in `external_api/`."),
  almaApiKey: secret(required("ALMA_API_KEY", headerValue, "The API key for Alma, sent as `Api-Key`.")),
  almaConcurrency: withDefault(
    "ALMA_CONCURRENCY",
    "32",
    wholeNumber(1, 1000),
    "Maximum concurrent calls to Alma.",
  ),
  almaTimeout: withDefault(
    "ALMA_TIMEOUT",
    "15",
    seconds(0.1, 600),
    "Timeout of one call to Alma, in seconds.",
  ),
  writeSettlingTime: optional(
    "WRITE_SETTLING_TIME",
    seconds(0.1, 86_400),
    "Seconds after sending for which a write whose answer was lost stays [unsettled](writing.md#unsettled-writes).",
    "4 × `ALMA_TIMEOUT`",
  ),
  almaProjectId: withDefault(
    "ALMA_PROJECT_ID",
    "207",
    wholeNumber(1, 1e9),
    "The default project of new buildings: 207 in Alma's production, 240 in its development.",
  ),
  fileNetworks: withDefault(
    "FILE_NETWORKS",
    "",
    cidrNetworks,
    "Comma-separated networks that links to files may resolve to besides public addresses, such as `10.20.0.0/16`.",
  ),
};

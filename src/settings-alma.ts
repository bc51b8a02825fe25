import {
  almaUrl,
  cidrNetworks,
  headerValue,
  oneOf,
  required,
  seconds,
  secret,
  wholeNumber,
  withDefault,
} from "./setting-schema.ts";

/** Where Alma is, how it is called, and how files reach it. */
export const almaSettings = {
  almaUrl: required("ALMA_URL", almaUrl, "Alma's address; ends in `external_api/`."),
  almaApiKey: secret(required("ALMA_API_KEY", headerValue, "The key that Alma gave; sent as `Api-Key`.")),
  almaConcurrency: withDefault(
    "ALMA_CONCURRENCY",
    "32",
    wholeNumber(1, 1000),
    "Calls to Alma at once, at most.",
  ),
  almaTimeout: withDefault(
    "ALMA_TIMEOUT",
    "15",
    seconds(0.1, 600),
    "Seconds that one call to Alma may take.",
  ),
  almaProjectId: withDefault(
    "ALMA_PROJECT_ID",
    "207",
    wholeNumber(1, 1e9),
    "The project of a new building that names none: 207 in Alma's production, 240 in its development.",
  ),
  fileForm: withDefault(
    "FILE_FORM",
    "auto",
    oneOf("auto", "link", "multipart"),
    "How Alma takes files: as a `link` that it fetches itself, or as a `multipart` form. With `auto` its OPTIONS or the first upload decides.",
  ),
  maxFile: withDefault("MAX_FILE", "20971520", wholeNumber(1, 1e9), "Bytes of one file to upload, at most."),
  fileTimeout: withDefault(
    "FILE_TIMEOUT",
    "60",
    seconds(0.1, 3600),
    "Seconds that may be spent on waiting for one file to come, from a caller or from a link.",
  ),
  fileNetworks: withDefault(
    "FILE_NETWORKS",
    "",
    cidrNetworks,
    "Networks whose addresses links to files may lead to beside public ones, such as `10.20.0.0/16` for a Bitrix of one's own, with commas between.",
  ),
} as const;

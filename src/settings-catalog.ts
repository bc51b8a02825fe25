import { onOff, optional, seconds, timeZone, wholeNumber, withDefault } from "./setting-schema.ts";

/** How fresh data is, and what one operation may cost. */
export const catalogSettings = {
  maxAge: withDefault(
    "MAX_AGE",
    "30",
    seconds(0, 86_400),
    "Maximum age, in seconds, of a record that a query names by a ref.",
  ),
  catalogMaxAge: withDefault(
    "CATALOG_MAX_AGE",
    "900",
    seconds(1, 604_800),
    "Maximum age, in seconds, of data that is reached through a connection; background work keeps it younger.",
  ),
  catalog: withDefault(
    "CATALOG",
    "on",
    onOff,
    "`off` disables background work: only what queries ask for is read.",
  ),
  refreshRate: withDefault(
    "REFRESH_RATE",
    "20",
    wholeNumber(1, 10_000),
    "Calls to Alma per second for refreshing the catalog.",
  ),
  warmUpConcurrency: withDefault(
    "WARM_UP_CONCURRENCY",
    "16",
    wholeNumber(1, 1000),
    "Concurrent calls while the catalog is first filled and no query waits for it; the six lists are read at once.",
  ),
  maxCalls: optional(
    "MAX_CALLS",
    wholeNumber(1, 1e9),
    "Maximum calls to Alma of one operation.",
    "`1000`, or `20000` with `CATALOG=off`",
  ),
  maxPage: withDefault(
    "MAX_PAGE",
    "10000",
    wholeNumber(1, 1e6),
    "Maximum records in a page of a connection.",
  ),
  deadline: withDefault("DEADLINE", "60", seconds(0.1, 3600), "Timeout of one operation, in seconds."),
  timeZone: withDefault("TIME_ZONE", "Asia/Dubai", timeZone, "The time zone of “today”."),
} as const;

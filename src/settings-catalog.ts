import { onOff, optional, seconds, timeZone, wholeNumber, withDefault } from "./setting-schema.ts";

/** How fresh data is, and what one operation may cost. */
export const catalogSettings = {
  maxAge: withDefault(
    "MAX_AGE",
    "30",
    seconds(0, 86_400),
    "How old, in seconds, a record may be that a query names.",
  ),
  catalogMaxAge: withDefault(
    "CATALOG_MAX_AGE",
    "900",
    seconds(1, 604_800),
    "How old, in seconds, what is reached through a connection may be; background work keeps it younger.",
  ),
  catalog: withDefault("CATALOG", "on", onOff, "`off` reads only what queries ask for: no background work."),
  refreshRate: withDefault(
    "REFRESH_RATE",
    "20",
    wholeNumber(1, 10_000),
    "Calls to Alma a second for keeping the catalog fresh.",
  ),
  warmUpConcurrency: withDefault(
    "WARM_UP_CONCURRENCY",
    "16",
    wholeNumber(1, 1000),
    "Calls at once while the catalog is first filled; the six lists are begun together.",
  ),
  maxCalls: optional(
    "MAX_CALLS",
    wholeNumber(1, 1e9),
    "Calls to Alma that one operation may cost.",
    "`1000`, or `20000` with `CATALOG=off`",
  ),
  maxPage: withDefault(
    "MAX_PAGE",
    "10000",
    wholeNumber(1, 1e6),
    "Records in one page of a connection, at most.",
  ),
  deadline: withDefault("DEADLINE", "60", seconds(0.1, 3600), "Seconds that one operation may take."),
  timeZone: withDefault("TIME_ZONE", "Asia/Dubai", timeZone, "Where “today” is decided."),
} as const;

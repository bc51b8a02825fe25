import { currency } from "./currency-setting.ts";
import { historyKeep, pricePeriods } from "./setting-by-type.ts";
import { oneOf, onOff, optional, seconds, timeZone, wholeNumber, withDefault } from "./setting-schema.ts";

/** How fresh data is, what one operation may cost, and what days and prices mean. */
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
  closedMaxAge: withDefault(
    "CLOSED_MAX_AGE",
    "21600",
    seconds(1, 604_800),
    "As `CATALOG_MAX_AGE`, for closed records: archived ones, contracts that ended more than 30 days ago, and clients of such contracts only. " +
      "A value below `CATALOG_MAX_AGE` counts as that.",
  ),
  catalog: withDefault(
    "CATALOG",
    "on",
    onOff,
    "`off` disables background work: only what queries ask for is read.",
  ),
  refresh: withDefault(
    "REFRESH",
    "steady",
    oneOf("steady", "demand"),
    "`steady` keeps everything younger than `CATALOG_MAX_AGE`; `demand` only the types of which a query asked for more " +
      "than the list in the last hour, and only the lists of the others.",
  ),
  refreshRate: withDefault(
    "REFRESH_RATE",
    "20",
    wholeNumber(1, 10_000),
    "Calls to Alma per second for refreshing the catalog.",
  ),
  historyKeep: withDefault(
    "HISTORY_KEEP",
    "forever",
    historyKeep,
    "How long the store keeps changes: `forever`, days or years such as `90d` or `5y`, with exceptions by type, as in `5y; Client=2y`.",
  ),
  maxCalls: optional(
    "MAX_CALLS",
    wholeNumber(1, 1e9),
    "Maximum calls to Alma of one operation.",
    "`1000`, or `20000` with `CATALOG=off`",
  ),
  deadline: withDefault("DEADLINE", "60", seconds(0.1, 3600), "Timeout of one operation, in seconds."),
  timeZone: withDefault("TIME_ZONE", "Asia/Dubai", timeZone, "The time zone of “today”."),
  currency: optional(
    "CURRENCY",
    currency,
    "The currency of prices, as ISO 4217 writes it: how many decimals a rent has.",
    "two decimals",
  ),
  pricePeriods: optional(
    "PRICE_PERIOD",
    pricePeriods,
    "What a tenant contract's price is paid for: `month`, `year` or `contract` (all of its days), with exceptions by `typeContract`, as in `contract; Long-term 3+ months=year`. Alma does not say.",
    "rents are null",
  ),
};

import { z } from "zod";
import { DAY } from "./calendar.ts";
import { onOff, optional, seconds, timeZone, wholeNumber, withDefault } from "./setting-schema.ts";

/**
 * A value, then exceptions by type, as in `month; Short-term=contract`. `form` describes the expected form for the
 * error.
 */
const withExceptions = <T>(
  parse: (text: string) => T | undefined,
  form: string,
  isType: (type: string) => boolean = (type) => type !== "",
) =>
  z.string().transform((value, context) => {
    const [first = "", ...exceptions] = value.split(";").map((part) => part.trim());
    const usual = parse(first);
    const byType = new Map<string, T>();
    const fail = (message: string) => {
      context.addIssue(message);
      return z.NEVER;
    };
    if (usual === undefined) return fail(form);
    for (const exception of exceptions) {
      const end = exception.lastIndexOf("=");
      const type = exception.slice(0, Math.max(end, 0)).trim();
      const own = parse(exception.slice(end + 1).trim());
      if (!isType(type) || own === undefined) return fail(form);
      if (byType.has(type)) return fail(`must name "${type}" only once`);
      byType.set(type, own);
    }
    return { usual, byType: byType as ReadonlyMap<string, T> };
  });

const types = ["Building", "Client", "OwnerContract", "Room", "TenantContract", "Unit"];

/** Returns a time in milliseconds. */
function parseTime(text: string) {
  if (text === "forever") return Infinity;
  const [, count, unit] = /^([1-9]\d{0,3})([dy])$/.exec(text) ?? [];
  return count === undefined ? undefined : Number(count) * (unit === "y" ? 365.25 : 1) * DAY;
}

/** How long changes are stored: a time, then exceptions by record type. */
const historyKeep = withExceptions(
  parseTime,
  `must begin with forever, or with days or years such as 90d or 5y; exceptions follow by type (${types.join(", ")}), as in "5y; Client=2y"`,
  (type) => types.includes(type),
);

const periods = ["month", "year", "contract"] as const;

/** The period that prices cover, then exceptions by kind of contract. */
const pricePeriods = withExceptions(
  (text) => periods.find((period) => period === text),
  'must begin with month, year or contract; exceptions follow by their kind of contract, as in "contract; Long-term 3+ months=year"',
);

/** The number of decimals of currencies that do not have two (ISO 4217, minor units). */
const DECIMALS: Readonly<Record<number, string>> = {
  0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
  3: "BHD IQD JOD KWD LYD OMR TND",
  4: "CLF UYW",
};

/** Returns the number of decimals of a currency. */
export function decimalsOf(currency: string): number {
  const found = Object.entries(DECIMALS).find(([, codes]) => codes.split(" ").includes(currency));
  return Number(found?.[0] ?? 2);
}

/** The code of a currency (ISO 4217). */
const currency = z
  .string()
  .refine(
    (code) => Intl.supportedValuesOf("currency").includes(code),
    "must be the code of a currency in capitals, such as AED",
  );

/** Settings for freshness, the cost of an operation, the calendar and prices. */
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
    "Maximum age, in seconds, of lists and links; background work keeps them younger.",
  ),
  closedMaxAge: withDefault(
    "CLOSED_MAX_AGE",
    "21600",
    seconds(1, 604_800),
    "The same for closed records: archived ones, contracts that ended more than 30 days ago, and clients of such contracts only.",
  ),
  catalog: withDefault("CATALOG", "on", onOff, "`off` disables background work."),
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
    "How long the store keeps changes: `forever`, `90d`, `5y`, with exceptions by type, as in `5y; Client=2y`.",
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
    "The ISO 4217 currency of prices, which decides the decimals of rents.",
    "two decimals",
  ),
  pricePeriods: optional(
    "PRICE_PERIOD",
    pricePeriods,
    "The period of a tenant contract's price: `month`, `year` or `contract`, with exceptions by `typeContract`, as in `contract; Long-term 3+ months=year`.",
    "rents are null",
  ),
};

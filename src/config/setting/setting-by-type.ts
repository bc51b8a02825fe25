import { z } from "zod";

/** A value, then exceptions by type, as in `month; Short-term=contract`. `form`: what is told of anything else. */
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
      if (byType.has(type)) return fail(`must name "${type}" once only`);
      byType.set(type, own);
    }
    return { usual, byType: byType as ReadonlyMap<string, T> };
  });

const types = ["Building", "Client", "OwnerContract", "Room", "TenantContract", "Unit"];
const DAY = 86_400_000;

/** In milliseconds. */
function parseTime(text: string) {
  if (text === "forever") return Infinity;
  const [, count, unit] = /^([1-9]\d{0,3})([dy])$/.exec(text) ?? [];
  return count === undefined ? undefined : Number(count) * (unit === "y" ? 365.25 : 1) * DAY;
}

/** How long changes are kept: a time, then exceptions by the types of records. */
export const historyKeep = withExceptions(
  parseTime,
  `must begin with forever, or with days or years such as 90d or 5y; exceptions follow by type (${types.join(", ")}), as in "5y; Client=2y"`,
  (type) => types.includes(type),
);

const periods = ["month", "year", "contract"] as const;

/** What prices are paid for: a period, then exceptions by kind of contract. */
export const pricePeriods = withExceptions(
  (text) => periods.find((period) => period === text),
  'must begin with month, year or contract; exceptions follow by their kind of contract, as in "contract; Long-term 3+ months=year"',
);

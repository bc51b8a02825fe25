import { withExceptions } from "./setting-by-type.ts";

const types = ["Building", "Client", "OwnerContract", "Room", "TenantContract", "Unit"];
const DAY = 86_400_000;

/** In milliseconds. */
function parseTime(text: string) {
  if (text === "forever") return Number.POSITIVE_INFINITY;
  const [, count, unit] = /^([1-9]\d{0,3})([dy])$/.exec(text) ?? [];
  return count === undefined ? undefined : Number(count) * (unit === "y" ? 365.25 : 1) * DAY;
}

/** How long changes are kept: a time, then exceptions by the types of records. */
export const historyKeep = withExceptions(
  parseTime,
  `must begin with forever, or with days or years such as 90d or 5y; exceptions follow by type (${types.join(", ")}), as in "5y; Client=2y"`,
  (type) => types.includes(type),
);

import { type CachedRecord, type KnownFields, NEVER } from "../../catalog/index.ts";
import { coverageOf, type DayRange } from "../letting/coverage.ts";
import { dayText } from "../letting/day.ts";
import type { Steps } from "../metering/meter.ts";
import { sortSteps } from "../metering/steps.ts";
import type { Issue, IssueCheck, IssueData } from "./check.ts";
import { listedObject } from "./contract-check.ts";

/** So many contracts are looked at between two places where others may have their turn. */
const STRIDE = 512;

/** A contract that covers days of a rental object. */
interface Letting extends DayRange {
  readonly contract: CachedRecord;
  readonly objectId: number;
}

/** Two tenant contracts with a day in common on one object, or on a unit and a room of it. */
export const overlap: IssueCheck = {
  lists: ["unit", "room"],
  fields: { tenantContract: ["startDate", "endDate", "unitUsage"], unit: [], room: ["parentUnit"] },
  *find(data) {
    const issues: Issue[] = [];
    for (const [unitId, lettings] of yield* groupByUnit(data)) {
      if (lettings.length < 2) continue;
      lettings.sort(byFirstDay);
      let current: Letting[] = [];
      for (const later of lettings) {
        yield;
        current = current.filter(({ to }) => to >= later.from);
        for (const earlier of current) {
          const isOnUnit = earlier.objectId === unitId || later.objectId === unitId;
          if (!isOnUnit && earlier.objectId !== later.objectId) continue;
          data.countPair();
          issues.push({
            record: later.contract,
            other: earlier.contract,
            message: () => describe(earlier, later),
          });
        }
        current.push(later);
      }
    }
    return yield* sortSteps(issues, byId);
  },
};

/** What covers days, by the id of the unit; of an object that Alma does not list, by its own. */
function* groupByUnit(data: IssueData): Steps<ReadonlyMap<number, Letting[]>> {
  const groups = new Map<number, Letting[]>();
  for (const [index, contract] of data.detailed("tenantContract").entries()) {
    if (index % STRIDE === STRIDE - 1) yield;
    const value = contract.value as KnownFields<"tenantContract">;
    const objectId = value.unitUsage?.unitId ?? null;
    const days = coverageOf(value);
    if (objectId === null || !days) continue;
    const room = listedObject(data, objectId)?.value as Partial<KnownFields<"room">> | undefined;
    const unitId = room?.parentUnit?.id ?? objectId;
    const group = groups.get(unitId) ?? [];
    if (group.push({ ...days, contract, objectId }) === 1) groups.set(unitId, group);
  }
  return groups;
}

/** The earlier start first, then the lower id. */
const byFirstDay = (one: Letting, other: Letting): number =>
  one.from === other.from ? one.contract.id - other.contract.id : one.from < other.from ? -1 : 1;

const byId = (one: Issue, other: Issue): number =>
  other.record.id - one.record.id || (other.other?.id ?? NEVER) - (one.other?.id ?? NEVER);

function describe(earlier: Letting, later: Letting): string {
  const place = (id: number) => `the unit or room ${id}`;
  const where =
    later.objectId === earlier.objectId
      ? place(later.objectId)
      : `${place(later.objectId)} and ${place(earlier.objectId)}, one of which is in the other`;
  const to = Math.min(earlier.to, later.to);
  const from = Number.isFinite(later.from) ? `from ${dayText(later.from)} on` : "from ever";
  const until = Number.isFinite(to) ? ` until ${dayText(to)}` : "";
  return (
    `${later.contract.key} and ${earlier.contract.key} both let ${where} ${from}${until}, so that rents count twice where it is ` +
    "occupied once. Correct the days or the rentalObject of one of them by updateTenantContract."
  );
}

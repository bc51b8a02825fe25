import { type CachedRecord, type KnownFields, NEVER } from "../../catalog/index.ts";
import { COVERAGE_FIELDS, coverageOf, dayText, inSteps } from "../../graph/index.ts";
import { createIssue, type Issue, type IssueCheck, type IssueData } from "./check.ts";
import { listedObject } from "./contract-check.ts";

/** A contract that covers days of a rental object. */
interface Letting {
  /** Its first and last day; infinite if open-ended. */
  readonly from: number;
  readonly to: number;
  readonly contract: CachedRecord;
  readonly objectId: number;
  /** The id of the unit that is the object or contains it; the object's own id if Alma does not list the unit. */
  readonly unitId: number;
}

/** Finds two tenant contracts that share a day on one object, or on a unit and one of its rooms. */
export const overlap: IssueCheck = {
  lists: ["unit", "room"],
  fields: { tenantContract: COVERAGE_FIELDS, unit: [], room: ["parentUnit"] },
  *find(data) {
    const issues: Issue[] = [];
    const all = yield* inSteps.flatMap(data.detailed("tenantContract"), (contract) =>
      lettingOf(contract, data),
    );
    const groups = yield* inSteps.groupBy(all, ({ unitId }) => unitId);
    for (const [unitId, lettings] of groups) {
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
          issues.push(...createIssue([later.contract, earlier.contract], () => describe(earlier, later)));
        }
        current.push(later);
      }
    }
    return yield* inSteps.sort(issues, byIds);
  },
};

function lettingOf(contract: CachedRecord, data: IssueData): readonly Letting[] {
  const value = contract.value as KnownFields<"tenantContract">;
  const objectId = value.unitUsage?.unitId;
  const days = coverageOf(value);
  if (objectId == null || !days) return [];
  const room = listedObject(data, objectId)?.value as Partial<KnownFields<"room">> | undefined;
  return [{ ...days, contract, objectId, unitId: room?.parentUnit?.id ?? objectId }];
}

/** Orders by earlier start, then by lower id. The difference of two open starts is NaN. */
const byFirstDay = (one: Letting, other: Letting) =>
  one.from - other.from || one.contract.id - other.contract.id;

/** Orders by newest contract first. */
const byIds = (one: Issue, other: Issue) => idOf(other, 0) - idOf(one, 0) || idOf(other, 1) - idOf(one, 1);

const idOf = ({ records }: Issue, at: number) => records[at]?.id ?? NEVER;

function describe(earlier: Letting, later: Letting) {
  const place = (id: number) => `the unit or room ${id}`;
  const where =
    later.objectId === earlier.objectId
      ? place(later.objectId)
      : `${place(later.objectId)} and ${place(earlier.objectId)}, a unit and one of its rooms`;
  const to = Math.min(earlier.to, later.to);
  const from = Number.isFinite(later.from) ? `from ${dayText(later.from)} on` : "from the beginning";
  const until = Number.isFinite(to) ? ` until ${dayText(to)}` : "";
  return (
    `${later.contract.key} and ${earlier.contract.key} both let ${where} ${from}${until}, so rents count twice. ` +
    "Correct the days or the rentalObject of one of them by updateTenantContract."
  );
}

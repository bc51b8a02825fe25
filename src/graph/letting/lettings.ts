import { type CachedRecord, DETAIL } from "../../catalog/index.ts";
import { type PeriodArgs, parsePeriod } from "../argument/period.ts";
import { hasParentIn } from "../member/candidates.ts";
import { findReferrers, rereadRecords } from "../member/load-all.ts";
import { findUndecidable, reportPartialData } from "../member/partial-data.ts";
import { mapPromiseOrValue } from "../metering/promise-or-value.ts";
import { dayText } from "../rent/day.ts";
import { commonDays, coverageOf, type DayRange } from "../rent/rent.ts";
import type { ComputedField } from "../resolver/computed-field.ts";
import type { GraphContext } from "../resolver/context.ts";
import { rentWithin } from "./rent-field.ts";
import { readUnitAndRooms } from "./unit-rooms.ts";

const DATE_FIELDS = ["startDate", "endDate", "unitUsage"] as const;
/** The fields of a tenant contract that decide whether it has a row, and the rent in it. */
const RENT_FIELDS = [...DATE_FIELDS, "price", "typeContract"];

/** `OwnerContract.lettings(from, to)`: by the first day, then the highest id first. */
export const lettings: ComputedField<"ownerContract", PeriodArgs> = {
  requiredFields: DATE_FIELDS,
  readsAllOf: ["unit", "room", "tenantContract"],
  resolve: (view, args, context, info) => {
    view.assertReadable(DATE_FIELDS);
    const days = commonDays(coverageOf(view.value), parsePeriod(args));
    const unitId = view.value.unitUsage?.unitId ?? null;
    if (!days || unitId === null) return [];
    return mapPromiseOrValue(readUnitAndRooms(context, unitId), ({ ids, outcome }) => {
      const members = findReferrers(context, "tenantContract", "rentalObject", ids);
      return mapPromiseOrValue(members, (found) => {
        const undecidable = findUndecidable(found.records, RENT_FIELDS);
        const failed = new Set(undecidable.map(({ record }) => record));
        const partialData = {
          failedReads: [...(outcome?.failedReads ?? []), ...found.failedReads, ...undecidable],
          unplacedReads: [...(outcome?.unplacedReads ?? []), ...found.unplacedReads],
          malformedEntries: found.malformedEntries,
        };
        reportPartialData(context, info, ["tenantContract"], partialData, true);
        const contracts = found.records.filter((record) => !failed.has(record));
        return mapPromiseOrValue(reread(context, contracts, ids), (current) =>
          toRows(context, current, days),
        );
      });
    });
  },
};

/** The contracts as fresh as the query asks, without those that are elsewhere by now. */
function reread(context: GraphContext, contracts: readonly CachedRecord[], objectIds: readonly number[]) {
  if (!context.operation.rereadsPages) return contracts;
  const isThere = hasParentIn("tenantContract", "rentalObject", objectIds);
  return rereadRecords(context, contracts, DETAIL, []).then((records) => records.filter(isThere));
}

/** The rows of an owner's statement: tenant contracts, and the days that each and the owner's contract cover. */
function toRows(context: GraphContext, contracts: readonly CachedRecord[], days: DayRange) {
  const rows = contracts.flatMap((record) => {
    const contract = record.value;
    const common = commonDays(coverageOf(contract), days);
    return common ? [{ record, contract, ...common }] : [];
  });
  rows.sort((one, other) => one.from - other.from || other.record.id - one.record.id);
  return rows.map(({ record, contract, from, to }) => ({
    contract: context.viewOf(record, context.operation.connectionCutoff),
    from: dayText(from),
    to: dayText(to),
    days: to - from + 1,
    rent: rentWithin(context, contract, { from, to }),
  }));
}

import { type CachedRecord, DETAIL } from "../../catalog/index.ts";
import { type PeriodArgs, parsePeriod } from "../argument/period.ts";
import {
  findReferrers,
  findUndecidable,
  mergePartialData,
  reportPartialData,
  rereadRecords,
} from "../member/partial-data.ts";
import { hasParentIn } from "../member/select-members.ts";
import { mapPromiseOrValue } from "../metering/promise-or-value.ts";
import { dayText } from "../rent/day.ts";
import { commonDays, coverageOf, type DayRange } from "../rent/rent.ts";
import type { ComputedField } from "../resolver/computed-field.ts";
import type { GraphContext } from "../resolver/context.ts";
import { COVERAGE_FIELDS } from "./contract-state.ts";
import { RENT_FIELDS, rentWithin } from "./rent-field.ts";
import { readUnitAndRooms } from "./unit-rooms.ts";

/** `OwnerContract.lettings(from, to)`: ordered by first day, then by highest id. */
export const lettings: ComputedField<"ownerContract", PeriodArgs> = {
  requiredFields: COVERAGE_FIELDS,
  resolve: (view, args, context, info) => {
    view.assertReadable(COVERAGE_FIELDS);
    const days = commonDays(coverageOf(view.value), parsePeriod(args));
    const unitId = view.value.unitUsage?.unitId ?? null;
    if (!days || unitId === null) return [];
    return mapPromiseOrValue(readUnitAndRooms(context, unitId), ({ ids, outcome }) => {
      const members = findReferrers(context, "tenantContract", "rentalObject", ids);
      return mapPromiseOrValue(members, (found) => {
        const undecidable = findUndecidable(found.records, RENT_FIELDS);
        const failed = new Set(undecidable.map(({ record }) => record));
        const partialData = mergePartialData(outcome, found, { failedReads: undecidable });
        reportPartialData(context, info, ["tenantContract"], partialData, true);
        const contracts = found.records.filter((record) => !failed.has(record));
        return mapPromiseOrValue(reread(context, contracts, ids), (current) =>
          toRows(context, current, days),
        );
      });
    });
  },
};

/** Reads the contracts as fresh as the query requires, and removes those that have moved. */
function reread(context: GraphContext, contracts: readonly CachedRecord[], objectIds: readonly number[]) {
  if (!context.operation.rereadsPages) return contracts;
  const isThere = hasParentIn("tenantContract", "rentalObject", objectIds);
  return rereadRecords(context, contracts, DETAIL, []).then((records) => records.filter(isThere));
}

/**
 * Creates the rows of an owner's statement: tenant contracts with the days they and the owner's contract
 * cover.
 */
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

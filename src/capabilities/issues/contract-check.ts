import { type CachedRecord, CONTRACT_KINDS, isArchived, type KnownFields } from "../../catalog/index.ts";
import { COVERAGE_FIELDS, inSteps, RENT_FIELDS, rentTermsOf, stateOn } from "../../graph/index.ts";
import {
  createIssue,
  type IssueCheck,
  type IssueData,
  ofKinds,
  recordCheck,
  updateMutationOf,
} from "./check.ts";

/** The fields of contracts of both kinds that checks use. */
export type AnyContract = KnownFields<(typeof CONTRACT_KINDS)[number]>;

/** The field with the rental object and the client, of both kinds of contracts. */
const usage = { ownerContract: ["unitUsage"], tenantContract: ["unitUsage"] } as const;
/** The fields that decide which days of which object contracts of both kinds cover. */
export const coverage = { ownerContract: COVERAGE_FIELDS, tenantContract: COVERAGE_FIELDS } as const;

/** Returns the unit or room of a contract, if listed. */
export const listedObject = ({ inList }: Pick<IssueData, "inList">, id: number): CachedRecord | undefined =>
  inList("unit", id) ?? inList("room", id);

/** Finds contracts without a unit or room. */
export const withoutRentalObject = recordCheck({
  kinds: CONTRACT_KINDS,
  fields: usage,
  isWrong: ({ unitUsage }) => unitUsage?.unitId == null,
  message: (record) =>
    `${record.key} names no unit or room, so rent roll, vacancies and statements leave it out. Set its ` +
    `rentalObject by ${updateMutationOf(record)}.`,
});

/** Finds contracts without a client. */
export const withoutClient = recordCheck({
  kinds: CONTRACT_KINDS,
  fields: usage,
  isWrong: ({ unitUsage }) => unitUsage?.clientId == null,
  message: (record) =>
    `${record.key} names no client, so it has no ${record.kind === "ownerContract" ? "owner" : "tenant"} here. ` +
    `Set its client by ${updateMutationOf(record)}, or create the contract again.`,
});

/** Finds active or planned contracts on archived records. */
export const onArchivedObject: IssueCheck = {
  lists: ["unit", "room"],
  fields: {
    ...coverage,
    unit: ["isArchived"],
    room: ["isArchived", "parentUnit"],
  },
  find: (data) =>
    inSteps.flatMap(ofKinds(CONTRACT_KINDS, data.detailed), (record) => {
      const contract = record.value as AnyContract;
      const id = contract.unitUsage?.unitId;
      if (id == null || isArchived(record) || stateOn(contract, data.today) === "ENDED") return [];
      const object = listedObject(data, id);
      const archived = object && [object, unitOf(object.value, data)].find((one) => one && isArchived(one));
      if (!archived) return [];
      const what = archived === object ? object.key : `${object.key} in ${archived.key}`;
      return createIssue(
        [record, object],
        () =>
          `${record.key} is on ${what}, which is archived and cannot be let. Alma archives contracts with ` +
          `their object: unarchive the object, move the contract by ${updateMutationOf(record)} with rentalObject, or end it by its endDate.`,
      );
    }),
};

/** Returns the unit of a room; undefined if it has none or the unit is not listed. */
export function unitOf(value: object, { inList }: IssueData): CachedRecord | undefined {
  const { parentUnit } = value as KnownFields<"room">;
  return parentUnit?.id == null ? undefined : inList("unit", parentUnit.id);
}

/** Finds contracts whose last day is before the first. */
export const endsBeforeStart = recordCheck({
  kinds: CONTRACT_KINDS,
  fields: coverage,
  isWrong: ({ startDate, endDate }) => isReversed(startDate, endDate),
  message: (record, { startDate, endDate }) =>
    `${record.key} ends on ${endDate}, before it starts on ${startDate}, so it covers no day and has no rent. ` +
    `Correct its startDate or endDate by ${updateMutationOf(record)}.`,
});

/** Finds management letters whose last day is before the first. */
export const letterEndsBeforeStart = recordCheck({
  kinds: ["ownerContract"],
  fields: { ownerContract: ["pmlStartDate", "pmlEndDate", "unitUsage"] },
  isWrong: ({ pmlStartDate, pmlEndDate }) => isReversed(pmlStartDate, pmlEndDate),
  message: (record, { pmlStartDate, pmlEndDate }) =>
    `The management letter of ${record.key} ends on ${pmlEndDate}, before it starts on ${pmlStartDate}. Correct its ` +
    `pmlStartDate or pmlEndDate by ${updateMutationOf(record)}.`,
});

const isReversed = (from: string | null | undefined, to: string | null | undefined) =>
  from != null && to != null && to < from;

/** Finds tenant contracts without a price. */
export const withoutPrice = recordCheck({
  kinds: ["tenantContract"],
  fields: { tenantContract: ["price", "unitUsage"] },
  isWrong: ({ price }) => price == null,
  message: (record) =>
    `${record.key} has no price, so its rent is unknown and sums leave it out. Set its price by ${updateMutationOf(record)}.`,
});

/** Finds tenant contracts whose price is zero or negative. */
export const priceNotPositive = recordCheck({
  kinds: ["tenantContract"],
  fields: { tenantContract: ["price", "unitUsage"] },
  isWrong: ({ price }) => price != null && !(Number(price) > 0),
  message: (record, { price }) =>
    `${record.key} has the price ${price}, which is Alma's value if none was entered. If a tenant pays by it, set ` +
    `its price by ${updateMutationOf(record)}.`,
});

/** Finds open-ended tenant contracts with a price for the whole contract, whose rent is unknown. */
export const withoutRent = recordCheck({
  kinds: ["tenantContract"],
  fields: { tenantContract: RENT_FIELDS },
  isWrong: (contract, { rent }) => {
    const { price, startDate, endDate } = contract;
    const mayHaveRent = rent.pricePeriods && price != null && !isReversed(startDate, endDate);
    return mayHaveRent === true && !rentTermsOf(contract, rent);
  },
  message: (record, { startDate }) =>
    `The price of ${record.key} is for all of its days together (PRICE_PERIOD), and it has no ` +
    `${startDate == null ? "first" : "last"} day, so its rent is unknown. Set its ` +
    `${startDate == null ? "startDate" : "endDate"} by ${updateMutationOf(record)}, or have PRICE_PERIOD corrected.`,
});

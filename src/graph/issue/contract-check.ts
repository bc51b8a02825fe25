import { type CachedRecord, type Kind, type KnownFields, kindDefinitions } from "../../catalog/index.ts";
import { type ContractKind, stateOn } from "../connection/contract-state.ts";
import { rentTermsOf } from "../letting/rent.ts";
import type { IssueData } from "./check.ts";
import { recordCheck } from "./record-check.ts";

const contracts = ["ownerContract", "tenantContract"] as const;

/** The same fields of both kinds of contracts. */
const ofBoth = <F extends "unitUsage" | "startDate" | "endDate">(...fields: F[]) => ({
  ownerContract: fields,
  tenantContract: fields,
});

/** The mutation by which a record is corrected. */
const updateOf = ({ kind }: { readonly kind: Kind }): string => `update${kindDefinitions[kind].typeName}`;

const unitIdOf = ({ unitUsage }: KnownFields<ContractKind>): number | null => unitUsage?.unitId ?? null;

/** The unit or room of a contract, if Alma lists it. */
export const listedObject = ({ inList }: Pick<IssueData, "inList">, id: number): CachedRecord | undefined =>
  inList("unit", id) ?? inList("room", id);

/** Contracts that name no unit or room. */
export const withoutRentalObject = recordCheck({
  kinds: contracts,
  fields: ofBoth("unitUsage"),
  test: (record, contract) => {
    if (unitIdOf(contract) !== null) return undefined;
    return {
      message: () =>
        `${record.key} names no unit or room, so that rent roll, vacancies and statements are without it. Set its ` +
        `rentalObject by ${updateOf(record)}.`,
    };
  },
});

/** Contracts that name no client. */
export const withoutClient = recordCheck({
  kinds: contracts,
  fields: ofBoth("unitUsage"),
  test: (record, { unitUsage }) => {
    if (unitUsage?.clientId != null) return undefined;
    return {
      message: () =>
        `${record.key} names no client, so that nobody is shown as its ` +
        `${record.kind === "ownerContract" ? "owner" : "tenant"}. Set its client by ${updateOf(record)}, or make the contract anew.`,
    };
  },
});

/** Contracts, active or planned, on what is archived. */
export const onArchivedObject = recordCheck({
  kinds: contracts,
  fields: {
    ...ofBoth("startDate", "endDate", "unitUsage"),
    unit: ["isArchived"],
    room: ["isArchived", "parentUnit"],
  },
  lists: ["unit", "room"],
  test: (record, contract, data) => {
    const id = unitIdOf(contract);
    const object =
      id === null || stateOn(contract, data.today) === "ENDED" ? undefined : listedObject(data, id);
    const archived = object && archivedOf(object, data);
    if (!object || !archived) return undefined;
    const what =
      archived === object
        ? `${object.key}, which is archived`
        : `${object.key} in ${archived.key}, which is archived`;
    return {
      other: object,
      message: () =>
        `${record.key} is on ${what}, so that it is let though it cannot be let. Alma archives contracts with their object: ` +
        `unarchive the object, move the contract by ${updateOf(record)} with rentalObject, or end it by its endDate.`,
    };
  },
});

/** What is archived: a unit or room itself, or the unit that the room is in. */
function archivedOf(object: CachedRecord, { inList }: IssueData): CachedRecord | undefined {
  const { isArchived, parentUnit } = object.value as Partial<KnownFields<"room">>;
  if (isArchived === true) return object;
  const unit = parentUnit?.id == null ? undefined : inList("unit", parentUnit.id);
  return (unit?.value as Partial<KnownFields<"unit">> | undefined)?.isArchived === true ? unit : undefined;
}

/** Contracts whose last day comes before their first. */
export const endsBeforeStart = recordCheck({
  kinds: contracts,
  fields: ofBoth("startDate", "endDate", "unitUsage"),
  test: (record, { startDate, endDate }) => {
    if (!isReversed(startDate, endDate)) return undefined;
    return {
      message: () =>
        `${record.key} ends on ${endDate}, before it starts on ${startDate}, so that it covers no day and has no rent. ` +
        `Correct its startDate or endDate by ${updateOf(record)}.`,
    };
  },
});

/** Management letters whose last day comes before their first. */
export const letterEndsBeforeStart = recordCheck({
  kinds: ["ownerContract"],
  fields: { ownerContract: ["pmlStartDate", "pmlEndDate", "unitUsage"] },
  test: (record, { pmlStartDate, pmlEndDate }) => {
    if (!isReversed(pmlStartDate, pmlEndDate)) return undefined;
    return {
      message: () =>
        `The management letter of ${record.key} ends on ${pmlEndDate}, before it starts on ${pmlStartDate}. Correct its ` +
        `pmlStartDate or pmlEndDate by ${updateOf(record)}.`,
    };
  },
});

const isReversed = (from: string | null | undefined, to: string | null | undefined): boolean =>
  from != null && to != null && to < from;

/** Tenant contracts without a price. */
export const withoutPrice = recordCheck({
  kinds: ["tenantContract"],
  fields: { tenantContract: ["price", "unitUsage"] },
  test: (record, { price }) => {
    if (price != null) return undefined;
    return {
      message: () =>
        `${record.key} has no price, so that no rent of it is known and sums are without it. Set its price by ${updateOf(record)}.`,
    };
  },
});

/** Tenant contracts whose price is nothing or less. */
export const priceNotPositive = recordCheck({
  kinds: ["tenantContract"],
  fields: { tenantContract: ["price", "unitUsage"] },
  test: (record, { price }) => {
    if (price == null || Number(price) > 0) return undefined;
    return {
      message: () =>
        `${record.key} has the price ${price}, which is what Alma has where none was entered. If somebody pays rent by it, set ` +
        `its price by ${updateOf(record)}.`,
    };
  },
});

/** Tenant contracts with a price for all of their days together, and open ones at that. */
export const withoutRent = recordCheck({
  kinds: ["tenantContract"],
  fields: { tenantContract: ["price", "typeContract", "startDate", "endDate", "unitUsage"] },
  test: (record, contract, { rent }) => {
    const { price, startDate, endDate } = contract;
    const isOther = !rent.pricePeriods || price == null || isReversed(startDate, endDate);
    if (isOther || rentTermsOf(contract, rent)) return undefined;
    return {
      message: () =>
        `The price of ${record.key} is for all of its days together (PRICE_PERIOD), and it has no ` +
        `${startDate == null ? "first" : "last"} day, so that its rent cannot be told. Set its ` +
        `${startDate == null ? "startDate" : "endDate"} by ${updateOf(record)}, or have PRICE_PERIOD corrected.`,
    };
  },
});

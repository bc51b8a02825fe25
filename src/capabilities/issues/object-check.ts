import { isArchived, type KnownFields, kinds } from "../../catalog/index.ts";
import { inSteps, stateOn } from "../../graph/index.ts";
import {
  createIssue,
  type IssueCheck,
  type IssueData,
  ofKinds,
  recordCheck,
  updateMutationOf,
} from "./check.ts";
import { type AnyContract, coverage, listedObject, unitOf } from "./contract-check.ts";

/** Finds units and rooms without a building, unless they or their units are archived. */
export const withoutBuilding = recordCheck({
  kinds: ["unit", "room"],
  fields: { unit: ["isArchived", "building"], room: ["isArchived", "building", "parentUnit"] },
  lists: ["unit"],
  isWrong: (value, data) => {
    const unit = unitOf(value, data);
    return value.building?.id == null && !(unit && isArchived(unit));
  },
  message: ({ key, kind }) =>
    `${key} names no building, so reports by building list it without one. Set ` +
    `${kind === "unit" ? "its building" : "the building of its unit"} by updateUnit.`,
});

/** Finds rooms without a unit. */
export const withoutUnit = recordCheck({
  kinds: ["room"],
  fields: { room: ["isArchived", "parentUnit"] },
  isWrong: ({ parentUnit }) => parentUnit?.id == null,
  message: ({ key }) =>
    `${key} names no unit, so it has no owner and contracts on its unit do not count for it. Set its ` +
    "parentUnit by updateRoom.",
});

/** Finds rooms in another building than their unit. */
export const inAnotherBuilding: IssueCheck = {
  lists: ["unit"],
  fields: { room: ["isArchived", "parentUnit", "building"], unit: ["isArchived", "building"] },
  find: (data) =>
    inSteps.flatMap(data.detailed("room"), (room) => {
      const unit = unitOf(room.value, data);
      if (!unit || isArchived(room) || isArchived(unit)) return [];
      const [own, ofUnit] = [room, unit].map(({ value }) => (value as KnownFields<"room">).building?.id);
      if (own == null || ofUnit == null || own === ofUnit) return [];
      return createIssue(
        [room, unit],
        () =>
          `${room.key} is in Building:${own}, and its unit, ${unit.key}, in Building:${ofUnit}, so reports by building ` +
          "count them apart. Give the room its unit by updateRoom with parentUnit, or the unit its building by updateUnit.",
      );
    }),
};

/** Finds records that refer to records missing from Alma's lists. Ended contracts are left out. */
export const referenceNotListed = recordCheck({
  kinds: ["unit", "room", "ownerContract", "tenantContract"],
  fields: {
    unit: ["isArchived", "building"],
    room: ["isArchived", "building", "parentUnit"],
    ...coverage,
  },
  lists: ["building", "unit", "room", "client"],
  isWrong: (value, data) => findUnlisted(value, data) !== undefined,
  message: (record, value, data) =>
    `${record.key} refers to ${findUnlisted(value, data)}, which Alma does not list: it is archived, or there is no such record. ` +
    `Reports leave it out. Unarchive it, or correct ${record.key} by ${updateMutationOf(record)}.`,
});

function findUnlisted(value: object, data: IssueData) {
  const { building, parentUnit } = value as KnownFields<"room">;
  if (parentUnit != null && !data.inList("unit", parentUnit.id)) return `Unit:${parentUnit.id}`;
  if (building != null && !data.inList("building", building.id)) return `Building:${building.id}`;
  const contract = value as AnyContract;
  const { unitId, clientId } = contract.unitUsage ?? {};
  if (stateOn(contract, data.today) === "ENDED") return undefined;
  if (unitId != null && !listedObject(data, unitId)) return `the unit or room ${unitId}`;
  return clientId != null && !data.inList("client", clientId) ? `Client:${clientId}` : undefined;
}

/** Finds records with values that Alma's document does not allow, including archived records. */
export const unreadableValue: IssueCheck = {
  fields: Object.fromEntries(kinds.map((kind) => [kind, []])),
  find: (data) =>
    inSteps.flatMap(ofKinds(kinds, data.detailed), (record) => {
      const fields = record.fieldErrors ? data.unreadableFields(record) : [];
      if (fields.length === 0) return [];
      return createIssue(
        [record],
        () =>
          `Alma's answer for ${fields.join(", ")} of ${record.key} cannot be read: tables show #N/A, and nothing that depends on it was ` +
          "checked. Enter the values again, or tell Alma's operator.",
      );
    }),
};

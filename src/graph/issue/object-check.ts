import { type CachedRecord, type Kind, type KnownFields, kindDefinitions } from "../../catalog/index.ts";
import { type ContractKind, stateOn } from "../connection/contract-state.ts";
import type { Issue, IssueCheck, IssueData } from "./check.ts";
import { listedObject } from "./contract-check.ts";
import { recordCheck } from "./record-check.ts";

type Unit = KnownFields<"unit">;
type Room = KnownFields<"room">;

/** The unit of a room; undefined if it names none, or Alma does not list it. */
const unitOf = ({ parentUnit }: Partial<Room>, { inList }: IssueData): CachedRecord | undefined =>
  parentUnit?.id == null ? undefined : inList("unit", parentUnit.id);

/** Units and rooms, not archived, nor in archived units, that name no building. */
export const withoutBuilding = recordCheck({
  kinds: ["unit", "room"],
  fields: { unit: ["isArchived", "building"], room: ["isArchived", "building", "parentUnit"] },
  lists: ["unit"],
  test: (record, value, data) => {
    const isInArchived =
      (unitOf(value as Partial<Room>, data)?.value as Unit | undefined)?.isArchived === true;
    if (value.building?.id != null || isInArchived) return undefined;
    const mend =
      record.kind === "unit"
        ? "Set its building by updateUnit."
        : "Set the building of its unit by updateUnit.";
    return {
      message: () =>
        `${record.key} names no building, so that reports by building have it under none. ${mend}`,
    };
  },
});

/** Rooms that name no unit. */
export const withoutUnit = recordCheck({
  kinds: ["room"],
  fields: { room: ["isArchived", "parentUnit"] },
  test: (record, { parentUnit }) => {
    if (parentUnit?.id != null) return undefined;
    return {
      message: () =>
        `${record.key} names no unit, so that it has no owner and contracts on its unit do not count for it. Set its ` +
        "parentUnit by updateRoom.",
    };
  },
});

/** Rooms that are said to be in another building than their unit. */
export const inAnotherBuilding = recordCheck({
  kinds: ["room"],
  fields: { room: ["isArchived", "parentUnit", "building"], unit: ["isArchived", "building"] },
  lists: ["unit"],
  test: (record, room, data) => {
    const unit = unitOf(room, data);
    const { building, isArchived } = (unit?.value ?? {}) as Partial<Unit>;
    const [own, ofUnit] = [room.building?.id, building?.id];
    if (!unit || isArchived === true || own == null || ofUnit == null || own === ofUnit) return undefined;
    return {
      other: unit,
      message: () =>
        `${record.key} is in Building:${own}, and its unit, ${unit.key}, in Building:${ofUnit}, so that reports by building ` +
        "count them apart. Give the room its unit by updateRoom with parentUnit, or the unit its building by updateUnit.",
    };
  },
});

/** Records that refer to others which Alma's lists do not name. Contracts that have ended are left out. */
export const referenceNotListed: IssueCheck = recordCheck({
  kinds: ["unit", "room", "ownerContract", "tenantContract"],
  fields: {
    unit: ["isArchived", "building"],
    room: ["isArchived", "building", "parentUnit"],
    ownerContract: ["startDate", "endDate", "unitUsage"],
    tenantContract: ["startDate", "endDate", "unitUsage"],
  },
  lists: ["building", "unit", "room", "client"],
  test: (record, value, data) => {
    const missing = findUnlisted(record.kind, value, data);
    if (missing === undefined) return undefined;
    return {
      message: () =>
        `${record.key} refers to ${missing}, which Alma does not list: it is archived, or there is no such record. What reports ` +
        `take from the list is without it. Unarchive it, or correct ${record.key} by update${kindDefinitions[record.kind].typeName}.`,
    };
  },
});

function findUnlisted(kind: Kind, value: object, data: IssueData): string | undefined {
  if (kind === "unit" || kind === "room") {
    const { building, parentUnit } = value as Partial<Room>;
    const [buildingId, unitId] = [building?.id, parentUnit?.id];
    if (unitId != null && !data.inList("unit", unitId)) return `Unit:${unitId}`;
    return buildingId != null && !data.inList("building", buildingId) ? `Building:${buildingId}` : undefined;
  }
  const contract = value as KnownFields<ContractKind>;
  if (stateOn(contract, data.today) === "ENDED") return undefined;
  const { unitId, clientId } = contract.unitUsage ?? {};
  if (unitId != null && !listedObject(data, unitId)) return `the unit or room ${unitId}`;
  return clientId != null && !data.inList("client", clientId) ? `Client:${clientId}` : undefined;
}

const readableKinds = ["building", "unit", "room", "client", "ownerContract", "tenantContract"] as const;

/** Records with values that Alma's document does not allow, archived ones included. */
export const unreadableValue: IssueCheck = {
  lists: [],
  fields: { building: [], unit: [], room: [], client: [], ownerContract: [], tenantContract: [] },
  *find(data) {
    const issues: Issue[] = [];
    for (const kind of readableKinds) {
      yield;
      for (const record of data.detailed(kind)) {
        const fields = record.fieldErrors ? data.unreadableFields(record) : [];
        if (fields.length > 0) issues.push({ record, other: null, message: () => describe(record, fields) });
      }
    }
    return issues;
  },
};

const describe = ({ key }: CachedRecord, fields: readonly string[]): string =>
  `What Alma answers for ${fields.join(", ")} of ${key} cannot be read, so that tables have #N/A for it, and what rests on ` +
  "it was not looked at. Enter the values anew, or tell Alma's operator.";

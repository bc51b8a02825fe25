import { isSameExternalId, stripBlanks } from "../../alma/index.ts";
import {
  type CachedRecord,
  DETAIL,
  isArchived,
  isRepresentativeOf,
  type Kind,
  type KnownFields,
} from "../../catalog/index.ts";
import { createContractSearch } from "../contract/contract-search.ts";
import type { GraphContext } from "../resolver/context.ts";
import type { InputFields, Write } from "../write/write.ts";
import type { Identity, Match, WriteRule } from "../write/write-spec.ts";
import { joinFirst } from "./conflicting-contracts.ts";
import { describeWholeLet } from "./write-rules.ts";

/**
 * Adds a user error if an update assigns a Bitrix id that another record of the kind has, archived or not: one of the
 * two could no longer be found. Throws AlmaError.
 */
export async function refuseTakenId(
  write: Write,
  record: CachedRecord,
  { externalId }: InputFields,
): Promise<void> {
  if (typeof externalId !== "string") return;
  const owner = await write.lookUp(externalId);
  // A record that already shares its id may be updated with the same id.
  if (!owner || owner === record || (await write.read(record))?.value.externalId === externalId) return;
  const state = isArchived(owner) ? ", which is archived," : "";
  const message = `${owner.key}${state} already has this externalId, so nothing was changed. Give that record another id first, or use it.`;
  write.addUserError("NOT_UNIQUE", ["input", "externalId"], message);
}

/**
 * Adds a user error if an update assigns to a room the Bitrix id that a unit let as a whole represents (Alma:
 * Units, POST).
 */
export const refuseRepresentedId: WriteRule = async (write, { externalId, parentUnit }, existing) => {
  if (!existing || typeof externalId !== "string") return;
  const unit = await findRepresentative(write.readContext, externalId, write.cutoff);
  const room = unit && (await write.read(existing));
  if (!unit || isSameExternalId(room?.value.externalId, externalId)) return;
  const parentId = parentUnit ?? (room?.value as KnownFields<"room"> | undefined)?.parentUnit?.id;
  write.addUserError("WHOLE_LET_UNIT", ["input", "externalId"], describeTakenId(unit, externalId, parentId));
};

/**
 * Adds a user error if a unit would be let as a whole although it has rooms, or would represent a Bitrix unit that is a
 * room or is represented by another unit: Alma would then refuse contracts, or find the wrong record (Alma: Units,
 * POST; Rental object). Archived rooms do not count. Does not refuse the current state. Throws AlmaError.
 */
export const refuseConflictingLetting: WriteRule = async (
  write,
  { isUsedAdditionalExternalId, additionalExternalId },
  existing,
) => {
  if (isUsedAdditionalExternalId === undefined && additionalExternalId === undefined) return;
  const before = existing && (await write.read(existing))?.value;
  const wasLetWhole = before?.isUsedAdditionalExternalId === true;
  const isLetWhole =
    isUsedAdditionalExternalId === undefined ? wasLetWhole : isUsedAdditionalExternalId === true;
  if (!isLetWhole) return;
  if (existing && !wasLetWhole) await refuseRooms(write, existing);
  const representedId =
    additionalExternalId === undefined ? before?.additionalExternalId : additionalExternalId;
  if (typeof representedId !== "string" || representedId === "") return;
  if (wasLetWhole && isSameExternalId(before?.additionalExternalId, representedId)) return;
  const field = additionalExternalId === undefined ? "isUsedAdditionalExternalId" : "additionalExternalId";
  await refuseOtherRepresentative(write, representedId, existing, ["input", field]);
};

async function refuseRooms(write: Write, unit: CachedRecord) {
  const { readContext, dryRun } = write;
  const search = createContractSearch(readContext, dryRun ? undefined : readContext.operation.startedAt);
  const { rooms } = await search.findRooms(unit);
  const current = rooms.filter((room) => !isArchived(room)).map(({ key }) => key);
  if (current.length === 0) return;
  const message =
    `${unit.key} has rooms in Alma (${joinFirst(current)}), and a unit let as a whole can have none: Alma would refuse contracts on it or on ` +
    "them. Move their contracts to the unit (updateTenantContract), and archive the rooms first (archiveRoom; dryRun shows " +
    "what else would be archived permanently).";
  write.addUserError("WHOLE_LET_UNIT", ["input", "isUsedAdditionalExternalId"], message);
}

async function refuseOtherRepresentative(
  write: Write,
  bitrixUnitId: string,
  existing: CachedRecord | undefined,
  path: readonly string[],
) {
  const { readContext, cutoff } = write;
  const [room, unit] = await Promise.all([
    write.lookUp(bitrixUnitId, "room"),
    findRepresentative(readContext, bitrixUnitId, cutoff),
  ]);
  const currentRoom = room && (await write.read(room));
  const subject = `The Bitrix unit ${JSON.stringify(bitrixUnitId)}`;
  if (currentRoom && !isArchived(currentRoom)) {
    const message =
      `${subject} is ${currentRoom.key} in Alma, and cannot be let with a whole unit too: Alma would refuse contracts on ` +
      "either. If the unit is let as a whole, move the room's contracts to it (updateTenantContract) and archive the room " +
      "first (archiveRoom; dryRun shows what else would be archived permanently).";
    write.addUserError("WHOLE_LET_UNIT", path, message);
  } else if (unit && unit !== existing) {
    const message =
      `${subject} is the additionalExternalId of ${unit.key} already, and Alma finds it in one unit only. If it has moved, ` +
      `clear it there first (updateUnit of ${unit.key} with additionalExternalId: null).`;
    write.addUserError("WHOLE_LET_UNIT", path, message);
  }
}

/** Returns whether a value is an e-mail address. Empty text is not: Alma allows it for any number of clients. */
export function isEmailAddress(text: unknown): text is string {
  return typeof text === "string" && stripBlanks(text) !== "";
}

/**
 * Returns whether Alma treats two values as the same e-mail address, ignoring case and surrounding blanks.
 */
export function isSameEmailAddress(one: unknown, other: unknown): boolean {
  return isEmailAddress(one) && isEmailAddress(other) && normalizeEmail(one) === normalizeEmail(other);
}

/** Removes what Alma ignores in an e-mail address. */
function normalizeEmail(address: string) {
  return stripBlanks(address).toLowerCase();
}

/**
 * Returns whether a caller may search clients by e-mail address. Without PERSONAL no outcome may depend on addresses,
 * since they could be guessed.
 */
export function canSearchByEmail({ scopes }: { readonly scopes: ReadonlySet<string> }): boolean {
  return scopes.has("PERSONAL");
}

const externalIdOf = (draft: InputFields) => String(draft.externalId);

function toMatch(matchedBy: Match["matchedBy"], record: CachedRecord | undefined): Match | undefined {
  return record && { record, matchedBy };
}

/**
 * Returns whether a record may have been created from a draft. A record found by name but with another Bitrix id
 * existed before.
 */
export function isFromDraft({ record, matchedBy }: Match, draft: InputFields): boolean {
  return matchedBy === "externalId" || isSameOrNoExternalId(record, draft);
}

function isSameOrNoExternalId({ value }: CachedRecord, { externalId }: InputFields) {
  return externalId == null || value.externalId == null || isSameExternalId(value.externalId, externalId);
}

/**
 * Returns the lock keys of Bitrix ids: the record's own, and the id of the Bitrix unit that a unit represents, since no
 * room may take it meanwhile.
 */
export function idLockKeys(kind: Kind, { externalId, additionalExternalId }: InputFields): readonly string[] {
  const key = (keyKind: Kind, id: unknown) =>
    typeof id === "string" && id !== "" ? [`${keyKind} ${stripBlanks(id)}`] : [];
  return [...key(kind, externalId), ...key("room", additionalExternalId)];
}

/** Looks a Bitrix id up in Alma. */
export function lookUpExternalId(
  freshContext: GraphContext,
  kind: Kind,
  externalId: string,
): Promise<CachedRecord | undefined> {
  return freshContext.catalog.findRecord(
    freshContext.operation,
    kind,
    externalId,
    freshContext.operation.namedCutoff,
  );
}

/** Lists the records of a kind with these fields, as fresh as the context requires. */
export async function listRecords(
  freshContext: GraphContext,
  kind: Kind,
  fields: readonly string[],
): Promise<readonly CachedRecord[]> {
  const { records } = await freshContext.catalog.findMembers(freshContext.operation, {
    kind,
    needsDetails: false,
    decidingSummaryFields: fields,
  });
  return records;
}

/** The identity of a kind whose creates require a Bitrix id and whose list shows it. */
export function byExternalId(kind: Kind): Identity {
  return {
    field: () => "externalId",
    lockKeys: (draft) => idLockKeys(kind, draft),
    find: async (freshContext, draft) =>
      toMatch("externalId", await lookUpExternalId(freshContext, kind, externalIdOf(draft))),
    async findEverywhere(freshContext, draft) {
      const externalId = externalIdOf(draft);
      const record =
        (await lookUpExternalId(freshContext, kind, externalId)) ??
        (await listRecords(freshContext, kind, ["externalId"])).find(({ value }) =>
          isSameExternalId(value.externalId, externalId),
        );
      return toMatch("externalId", record);
    },
    match: (record, draft) =>
      isSameExternalId(record.value.externalId, draft.externalId) ? toMatch("externalId", record) : undefined,
  };
}

/**
 * The identity of clients: the Bitrix id, or else the e-mail address, which is unique in Alma (Alma:
 * Clients), for callers that may search by it.
 */
export const clientIdentity: Identity = {
  ...byExternalId("client"),
  lockKeys: (draft, context) => [
    ...idLockKeys("client", draft),
    ...(isEmailAddress(draft.email) && canSearchByEmail(context)
      ? [`client e-mail ${normalizeEmail(draft.email)}`]
      : []),
  ],
  async findEverywhere(freshContext, draft) {
    const match = await byExternalId("client").findEverywhere(freshContext, draft);
    if (match || !canSearchByEmail(freshContext)) return match;
    const clients = await listRecords(freshContext, "client", [
      "externalId",
      "firstName",
      "lastName",
      "email",
    ]);
    const record = clients.find(({ value }) => {
      const { email, externalId, firstName, lastName } = value;
      // A client with a Bitrix id or another name is a different person with the same address.
      const isSame = externalId == null && firstName === draft.firstName && lastName === draft.lastName;
      return isSame && isSameEmailAddress(email, draft.email);
    });
    return toMatch("email", record);
  },
};

/**
 * The identity of rooms: their own Bitrix ids, since Bitrix numbers units and rooms separately. No room may
 * be created if a unit let as a whole has this id as its additional one (Alma: Units, POST).
 */
export const roomIdentity: Identity = {
  ...byExternalId("room"),
  async find(freshContext, draft) {
    const externalId = externalIdOf(draft);
    const room = await lookUpExternalId(freshContext, "room", externalId);
    if (room) return toMatch("externalId", room);
    const unit = await findRepresentative(freshContext, externalId);
    if (!unit) return undefined;
    const message = describeTakenId(unit, externalId, draft.parentUnit);
    return { code: "WHOLE_LET_UNIT", field: "externalId", message };
  },
};

/**
 * Finds the unit let as a whole that represents a Bitrix unit. Alma's lookup finds it, unless another record has the id
 * itself; a cached unit is then read again. Deciding values are read after `cutoff`. Throws AlmaError.
 */
async function findRepresentative(
  context: GraphContext,
  externalId: string,
  cutoff = context.operation.namedCutoff,
) {
  const { catalog, operation } = context;
  const found = await catalog.findRecord(operation, "rentalObject", externalId, cutoff);
  for (const record of new Set([found, ...catalog.store.findRepresentatives(externalId)])) {
    const unit = record?.kind === "unit" && (await context.load({ record, level: DETAIL, cutoff }));
    if (unit && isRepresentativeOf(unit, externalId)) return unit;
  }
  return undefined;
}

/** Explains why a room cannot have a Bitrix id: it is the additional id of its own unit or of another. */
function describeTakenId(unit: CachedRecord, externalId: string, parentId: unknown) {
  const subject = `The Bitrix id ${JSON.stringify(externalId)} is the additionalExternalId`;
  return unit.id === parentId
    ? `${subject} of a unit: ${describeWholeLet(unit)}`
    : `${subject} of ${unit.key}, which represents this Bitrix unit. If that has moved to the given parentUnit, ` +
        `clear it there first (updateUnit of ${unit.key} with additionalExternalId: null), then create the room.`;
}

/** The identity of buildings: the Bitrix id, or else the name within the project. Their list shows only names. */
export const buildingIdentity: Identity = {
  field: ({ externalId }) => (externalId == null ? "name" : "externalId"),
  lockKeys: (draft) => [
    `building ${draft.project} ${stripBlanks(String(draft.name))}`,
    ...idLockKeys("building", draft),
  ],
  // A building of this name without a Bitrix id must be found before the create; after it, that building would be
  // mistaken for the new one.
  find: findBuilding,
  findEverywhere: findBuilding,
  match: (record, draft) =>
    byExternalId("building").match(record, draft) ??
    (hasName(record, draft) && isSameOrNoExternalId(record, draft) ? toMatch("name", record) : undefined),
};

async function findBuilding(freshContext: GraphContext, draft: InputFields) {
  const record =
    draft.externalId == null
      ? undefined
      : await lookUpExternalId(freshContext, "building", externalIdOf(draft));
  return toMatch("externalId", record) ?? toMatch("name", await findByName(freshContext, draft));
}

/** Returns whether a record has a name, ignoring surrounding blanks. */
export function hasName({ value }: CachedRecord, { name }: InputFields) {
  return typeof value.name === "string" && stripBlanks(value.name) === stripBlanks(String(name));
}

/**
 * Finds a building by name in the draft's project, or else one whose project Alma does not show, unless it has another
 * Bitrix id. Names are unique only within a project.
 */
async function findByName(freshContext: GraphContext, draft: InputFields) {
  const buildings = await listRecords(freshContext, "building", ["name"]);
  const sameName = buildings.filter((record) => hasName(record, draft));
  const details = await Promise.all(
    sameName.map((record) =>
      freshContext.load({ record, level: DETAIL, cutoff: freshContext.operation.namedCutoff }),
    ),
  );
  const existing = details.filter((record) => record !== undefined);
  const projectOf = ({ value }: CachedRecord) => (value as KnownFields<"building">).project?.id;
  return (
    existing.find((record) => projectOf(record) === draft.project) ??
    existing.find((record) => projectOf(record) === undefined && isSameOrNoExternalId(record, draft))
  );
}

import { isSameExternalId, stripBlanks } from "../../alma/index.ts";
import { type CachedRecord, isArchived, type Kind, type KnownFields } from "../../catalog/index.ts";
import type { GraphContext } from "../resolver/context.ts";
import { findByExternalId } from "../resolver/resolve-ref.ts";
import type { Identity, InputFields, Match, Write } from "../write/write.ts";
import { canSearchByEmail, isEmailAddress, isSameEmailAddress, normalizeEmail } from "./email.ts";
import { describeRepresentedId, findRepresentative } from "./letting-rule.ts";

/**
 * Adds a user error if an update assigns a Bitrix id that another record of the kind has, archived or not: one of the
 * two could no longer be found. Throws AlmaError.
 */
export async function refuseDuplicateId(
  write: Write,
  record: CachedRecord,
  { externalId }: InputFields,
): Promise<void> {
  if (typeof externalId !== "string") return;
  const owner = await write.findByExternalId(externalId);
  // A record that already shares its id may be updated with the same id.
  if (!owner || owner === record || (await write.read(record))?.value.externalId === externalId) return;
  const state = isArchived(owner) ? ", which is archived," : "";
  const message = `${owner.key}${state} already has this externalId, so nothing was changed. Give that record another id first, or use it.`;
  write.addUserError("NOT_UNIQUE", ["input", "externalId"], message);
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
      toMatch("externalId", await findByExternalId(freshContext, kind, externalIdOf(draft))),
    async findEverywhere(freshContext, draft) {
      const externalId = externalIdOf(draft);
      const record =
        (await findByExternalId(freshContext, kind, externalId)) ??
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
    const room = await findByExternalId(freshContext, "room", externalId);
    if (room) return toMatch("externalId", room);
    const unit = await findRepresentative(freshContext, externalId);
    if (!unit) return undefined;
    const message = describeRepresentedId(unit, externalId, draft.parentUnit);
    return { code: "WHOLE_LET_UNIT", field: "externalId", message };
  },
};

/**
 * The identity of buildings: the Bitrix id, or else the name within the project. Alma's list of buildings shows only
 * names.
 */
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
      : await findByExternalId(freshContext, "building", externalIdOf(draft));
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
    sameName.map((record) => freshContext.loadDetail(record, freshContext.operation.namedCutoff)),
  );
  const existing = details.filter((record) => record !== undefined);
  const projectOf = ({ value }: CachedRecord) => (value as KnownFields<"building">).project?.id;
  return (
    existing.find((record) => projectOf(record) === draft.project) ??
    existing.find((record) => projectOf(record) === undefined && isSameOrNoExternalId(record, draft))
  );
}

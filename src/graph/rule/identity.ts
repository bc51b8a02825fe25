import { isSameExternalId, stripBlanks } from "../../alma/index.ts";
import {
  type CachedRecord,
  DETAIL,
  isRepresentativeOf,
  type Kind,
  type KnownFields,
} from "../../catalog/index.ts";
import type { GraphContext } from "../resolver/context.ts";
import type { InputFields } from "../write/write.ts";
import type { Identity, Match } from "../write/write-spec.ts";
import { describeWholeLet } from "./write-rules.ts";

/** Whether a value is an e-mail address. Empty text is not: Alma allows it for any number of clients. */
export function isEmailAddress(text: unknown): text is string {
  return typeof text === "string" && stripBlanks(text) !== "";
}

/** Whether two values are the same e-mail address for Alma, which ignores case and surrounding blanks. */
export function isSameEmailAddress(one: unknown, other: unknown): boolean {
  return isEmailAddress(one) && isEmailAddress(other) && normalizeEmail(one) === normalizeEmail(other);
}

/** An e-mail address without what Alma ignores. */
function normalizeEmail(address: string): string {
  return stripBlanks(address).toLowerCase();
}

/**
 * Whether a caller may search clients by e-mail address. For a caller without PERSONAL, no outcome depends on the
 * addresses of clients, since it could guess them.
 */
export function canSearchByEmail({ scopes }: { readonly scopes: ReadonlySet<string> }): boolean {
  return scopes.has("PERSONAL");
}

const externalIdOf = (draft: InputFields) => String(draft.externalId);

function toMatch(matchedBy: Match["matchedBy"], record: CachedRecord | undefined): Match | undefined {
  return record && { record, matchedBy };
}

/**
 * Whether a record may have been created from a draft. A record found by its name that has another Bitrix id existed
 * before.
 */
export function isFromDraft({ record, matchedBy }: Match, draft: InputFields): boolean {
  return matchedBy === "externalId" || isSameOrNoExternalId(record, draft);
}

function isSameOrNoExternalId({ value }: CachedRecord, { externalId }: InputFields) {
  return externalId == null || value.externalId == null || isSameExternalId(value.externalId, externalId);
}

/**
 * The keys by which writes that give a record these Bitrix ids run one at a time: its own, and that of the Bitrix unit
 * which a unit represents, since no room may have it meanwhile.
 */
export function idLockKeys(kind: Kind, { externalId, additionalExternalId }: InputFields): readonly string[] {
  const key = (keyKind: Kind, id: unknown) =>
    typeof id === "string" && id !== "" ? [`${keyKind} ${stripBlanks(id)}`] : [];
  return [...key(kind, externalId), ...key("room", additionalExternalId)];
}

/** Alma's own lookup of a Bitrix id. */
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

/** The records that Alma's list names, with these fields, as fresh as the context asks. */
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
 * The identity of clients: the Bitrix id, or else the e-mail address, which Alma keeps unique (Alma: Clients), for
 * callers that may search by it.
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
      // A client with a Bitrix id of its own or another name is somebody else with the same address.
      const isSame = externalId == null && firstName === draft.firstName && lastName === draft.lastName;
      return isSame && isSameEmailAddress(email, draft.email);
    });
    return toMatch("email", record);
  },
};

/**
 * The identity of rooms: their own Bitrix ids, since Bitrix numbers units and rooms separately. A room must also not be
 * created if a unit let whole has this id as its additional one (Alma: Units, POST).
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
 * The unit let whole that represents a Bitrix unit. Alma's lookup of a rental object finds it, unless it answers with
 * another record that has the id as its own; a unit that is remembered is then read again. What decides is read after
 * `cutoff`. Throws AlmaError.
 */
export async function findRepresentative(
  context: GraphContext,
  externalId: string,
  cutoff = context.operation.namedCutoff,
): Promise<CachedRecord | undefined> {
  const { catalog, operation } = context;
  const found = await catalog.findRecord(operation, "rentalObject", externalId, cutoff);
  for (const record of new Set([found, ...catalog.store.findRepresentatives(externalId)])) {
    const unit = record?.kind === "unit" && (await context.load({ record, level: DETAIL, cutoff }));
    if (unit && isRepresentativeOf(unit, externalId)) return unit;
  }
  return undefined;
}

/** Why a room cannot have a Bitrix id: the id is the additional one of its own unit, or of another unit. */
export function describeTakenId(unit: CachedRecord, externalId: string, parentId: unknown): string {
  const subject = `The Bitrix id ${JSON.stringify(externalId)} is the additionalExternalId`;
  return unit.id === parentId
    ? `${subject} of a unit: ${describeWholeLet(unit)}`
    : `${subject} of ${unit.key}, which stands for this unit of Bitrix so far. If that has moved to the given parentUnit, ` +
        `clear it there first (updateUnit of ${unit.key} with additionalExternalId: null), then create the room.`;
}

/**
 * The identity of buildings: the Bitrix id if the draft has one, otherwise the name within the project. Their list
 * shows only names.
 */
export const buildingIdentity: Identity = {
  field: ({ externalId }) => (externalId == null ? "name" : "externalId"),
  lockKeys: (draft) => [
    `building ${draft.project} ${stripBlanks(String(draft.name))}`,
    ...idLockKeys("building", draft),
  ],
  // A building of this name that has no Bitrix id must be found before: later, it would be taken for the new one.
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

/** Whether a record has a name, whatever blanks are around it. */
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

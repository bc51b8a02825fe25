import { DETAIL, type Entry, type Kind, type Known, standsFor } from "../catalog/index.ts";
import type { GraphContext } from "./context.ts";
import { isSameAddress } from "./email-address.ts";
import type { UserErrorCode } from "./user-error.ts";
import { wholeLet } from "./write-rule.ts";
import type { Values } from "./writing.ts";

/** A record that is there, and the field of the input that says so. */
export interface Found {
  readonly entry: Entry;
  readonly by: "externalId" | "email" | "name";
}

/** Why a record must not be made although it is not there, and the field of the input that says so. */
export interface Bar {
  readonly code: UserErrorCode;
  readonly at: "externalId";
  readonly message: string;
}

/**
 * By what a record is found again: creates of the same one wait for each other, look first, and look after a lost
 * answer.
 */
export interface Identity {
  /** The input's field that says which record it is. */
  readonly field: (draft: Values) => string;
  /** Creates with a key in common are made one at a time. */
  readonly keys: (draft: Values) => readonly string[];
  /** The record that is there, or what stands in its place, as Alma shows it now, with the fewest calls. */
  readonly find: (now: GraphContext, draft: Values) => Promise<Found | Bar | undefined>;
  /** The record by every way there is, for a create without an answer, or one refused for a record that is there. */
  readonly search: (now: GraphContext, draft: Values) => Promise<Found | undefined>;
}

const externalIdOf = (draft: Values): string => String(draft.externalId);

function found(by: Found["by"], entry: Entry | undefined): Found | undefined {
  return entry && { entry, by };
}

/**
 * Whether a record may be the one that a draft was sent for. What was found by its name alone and has another Bitrix id
 * was there before.
 */
export function fits({ entry, by }: Found, draft: Values): boolean {
  return by === "externalId" || hasNoOtherId(entry, draft);
}

function hasNoOtherId({ value }: Entry, { externalId }: Values): boolean {
  return externalId == null || value.externalId == null || value.externalId === externalId;
}

/** Alma's own lookup of a Bitrix id. */
export function lookUpNow(now: GraphContext, kind: Kind, externalId: string): Promise<Entry | undefined> {
  return now.catalog.lookup(now.work, kind, externalId, now.work.named);
}

/** The records that Alma's list names, and these fields of them, as young as the context asks: now, for a fresh one. */
export async function listNow(
  now: GraphContext,
  kind: Kind,
  byList: readonly string[],
): Promise<readonly Entry[]> {
  const { entries } = await now.catalog.members(now.work, { kind, byDetail: false, byList });
  return entries;
}

/** Records that have a Bitrix id from the start, which the list shows too. */
export function byExternalId(kind: Kind): Identity {
  return {
    field: () => "externalId",
    keys: (draft) => [`${kind} ${externalIdOf(draft)}`],
    find: async (now, draft) => found("externalId", await lookUpNow(now, kind, externalIdOf(draft))),
    async search(now, draft) {
      const externalId = externalIdOf(draft);
      const entry =
        (await lookUpNow(now, kind, externalId)) ??
        (await listNow(now, kind, ["externalId"])).find(({ value }) => value.externalId === externalId);
      return found("externalId", entry);
    },
  };
}

/** Clients: Alma takes an e-mail address once, so that a new client is also known by it. */
export const clientIdentity: Identity = {
  ...byExternalId("client"),
  async search(now, draft) {
    const there = await byExternalId("client").search(now, draft);
    if (there) return there;
    const clients = await listNow(now, "client", ["externalId", "firstName", "lastName", "email"]);
    const entry = clients.find(({ value }) => {
      const { email, externalId, firstName, lastName } = value as Known<"client">;
      // With another Bitrix id or name it is somebody else, for whose address Alma refuses this one.
      const isSame = externalId == null && firstName === draft.firstName && lastName === draft.lastName;
      return isSame && isSameAddress(email, draft.email);
    });
    return found("email", entry);
  },
};

/**
 * Rooms: looked up as a rental object, which also finds the apartment let whole that has this Bitrix id as its
 * additional one; then there must be no room (Alma: Units, POST).
 */
export const roomIdentity: Identity = {
  ...byExternalId("room"),
  async find(now, draft) {
    const externalId = externalIdOf(draft);
    const entry = await now.catalog.rentalObject(now.work, externalId, now.work.named);
    if (entry?.kind !== "unit") return found("externalId", entry);
    const unit = await now.load({ record: entry, level: DETAIL, cutoff: now.work.named });
    if (!unit || !standsFor(unit, externalId)) return undefined;
    const message = whyNone(unit, externalId, draft.parentUnit);
    return { code: "WHOLE_LET_UNIT", at: "externalId", message };
  },
};

/** Why a room cannot have a Bitrix id: its unit is let whole in its place, or another one was so far. */
function whyNone(unit: Entry, externalId: string, parent: unknown): string {
  const id = `The Bitrix id ${JSON.stringify(externalId)} is the additionalExternalId`;
  return unit.id === parent
    ? `${id} of a unit: ${wholeLet(unit)}`
    : `${id} of ${unit.key}, which stands for this unit of Bitrix so far. If that has moved to the given parentUnit, ` +
        `clear it there first (updateUnit of ${unit.key} with additionalExternalId: null), then create the room.`;
}

/**
 * Buildings: known by their name within the project, and by a Bitrix id if they are given one; their list has only
 * names.
 */
export const buildingIdentity: Identity = {
  field: ({ externalId }) => (externalId == null ? "name" : "externalId"),
  keys: ({ name, project, externalId }) => [
    `building ${project} ${String(name).trim()}`,
    ...(externalId == null ? [] : [`building ${externalId}`]),
  ],
  async find(now, draft) {
    return draft.externalId == null
      ? found("name", await findByName(now, draft))
      : byExternalId("building").find(now, draft);
  },
  async search(now, draft) {
    const entry =
      draft.externalId == null ? undefined : await lookUpNow(now, "building", externalIdOf(draft));
    return found("externalId", entry) ?? found("name", await findByName(now, draft));
  },
};

/**
 * A building of the name in the project; else one of which Alma does not show the project, unless it has another
 * Bitrix id: names are unique within a project only.
 */
async function findByName(now: GraphContext, draft: Values): Promise<Entry | undefined> {
  const name = String(draft.name).trim();
  const listed = await listNow(now, "building", ["name"]);
  const same = listed.filter(({ value }) => typeof value.name === "string" && value.name.trim() === name);
  const details = await Promise.all(
    same.map((record) => now.load({ record, level: DETAIL, cutoff: now.work.named })),
  );
  const there = details.filter((entry) => entry !== undefined);
  const projectOf = ({ value }: Entry) => (value as Known<"building">).project?.id;
  return (
    there.find((entry) => projectOf(entry) === draft.project) ??
    there.find((entry) => projectOf(entry) === undefined && hasNoOtherId(entry, draft))
  );
}

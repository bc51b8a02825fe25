import { DETAIL, type Entry, type Kind, type Known } from "../catalog/index.ts";
import type { GraphContext } from "./context.ts";
import { wholeLet } from "./write-rule.ts";
import type { Values, Write } from "./writing.ts";

/** By what a record is found again: creates of the same one wait for each other, look first, and look after a lost answer. */
export interface Identity {
  /** The input's field that says which record it is. */
  readonly field: (draft: Values) => string;
  /** Creates with a key in common are made one at a time. */
  readonly keys: (draft: Values) => readonly string[];
  /** The record that is there, as Alma shows it now, with the fewest calls. May refuse the write. */
  readonly find: (write: Write, now: GraphContext, draft: Values) => Promise<Entry | undefined>;
  /** The same by every way there is, for a create without an answer. */
  readonly search: (now: GraphContext, draft: Values) => Promise<Entry | undefined>;
}

const externalIdOf = (draft: Values): string => String(draft.externalId);

/** Alma's own lookup of a Bitrix id. */
export function lookUpNow(now: GraphContext, kind: Kind, externalId: string): Promise<Entry | undefined> {
  return now.catalog.lookup(now.work, kind, externalId, now.work.named);
}

/** The records that Alma's list names, as young as the context asks: now, for a fresh one. */
export async function listNow(now: GraphContext, kind: Kind): Promise<readonly Entry[]> {
  const { entries } = await now.catalog.members(now.work, { kind, byDetail: false });
  return entries;
}

/** Records that have a Bitrix id from the start, which the list shows too. */
export function byExternalId(kind: Kind): Identity {
  return {
    field: () => "externalId",
    keys: (draft) => [`${kind} ${externalIdOf(draft)}`],
    find: (_write, now, draft) => lookUpNow(now, kind, externalIdOf(draft)),
    async search(now, draft) {
      const externalId = externalIdOf(draft);
      const found = await lookUpNow(now, kind, externalId);
      return found ?? (await listNow(now, kind)).find((entry) => entry.value.externalId === externalId);
    },
  };
}

/** Clients: Alma takes an e-mail address once, so that a new client is also known by it. */
export const clientIdentity: Identity = {
  ...byExternalId("client"),
  async search(now, draft) {
    const found = await byExternalId("client").search(now, draft);
    if (found) return found;
    const email = String(draft.email).toLowerCase();
    return (await listNow(now, "client")).find(({ value }) => {
      const { email: shown, externalId, firstName, lastName } = value as Known<"client">;
      // With another Bitrix id or name it is somebody else, for whose address Alma refuses this one.
      const isSame = externalId == null && firstName === draft.firstName && lastName === draft.lastName;
      return isSame && shown?.toLowerCase() === email;
    });
  },
};

/**
 * Rooms: looked up as a rental object, which also finds the apartment let whole that has this Bitrix id as its
 * additional one; then there must be no room (Alma: Units, POST).
 */
export const roomIdentity: Identity = {
  ...byExternalId("room"),
  async find(write, now, draft) {
    const externalId = externalIdOf(draft);
    const found = await now.catalog.rentalObject(now.work, externalId, now.work.named);
    if (found?.kind !== "unit") return found;
    const unit = await now.load({ record: found, level: DETAIL, cutoff: now.work.named });
    const { isUsedAdditionalExternalId, additionalExternalId } = (unit?.value ?? {}) as Known<"unit">;
    if (unit && isUsedAdditionalExternalId === true && additionalExternalId === externalId)
      write.refuse("WHOLE_LET_UNIT", ["input", "externalId"], standsFor(unit, externalId, draft.parentUnit));
    return undefined;
  },
};

/** Why a room cannot have a Bitrix id: its unit is let whole in its place, or another one was so far. */
function standsFor(unit: Entry, externalId: string, parent: unknown): string {
  const id = `The Bitrix id ${JSON.stringify(externalId)} is the additionalExternalId`;
  return unit.id === parent
    ? `${id} of a unit: ${wholeLet(unit)}`
    : `${id} of ${unit.key}, which stands for this unit of Bitrix so far. If that has moved to the given parentUnit, ` +
        `clear it there first (updateUnit of ${unit.key} with additionalExternalId: null), then create the room.`;
}

/** Buildings: known by their name within the project, and by a Bitrix id if they are given one; their list has only names. */
export const buildingIdentity: Identity = {
  field: ({ externalId }) => (externalId == null ? "name" : "externalId"),
  keys: ({ name, project, externalId }) => [
    `building ${project} ${name}`,
    ...(externalId == null ? [] : [`building ${externalId}`]),
  ],
  find(_write, now, draft) {
    return draft.externalId == null
      ? findByName(now, draft)
      : lookUpNow(now, "building", externalIdOf(draft));
  },
  async search(now, draft) {
    const found =
      draft.externalId == null ? undefined : await lookUpNow(now, "building", externalIdOf(draft));
    return found ?? findByName(now, draft);
  },
};

/**
 * A building of the name in the project; else one of which Alma does not show the project, unless it has another
 * Bitrix id: names are unique within a project only.
 */
async function findByName(
  now: GraphContext,
  { name, project, externalId }: Values,
): Promise<Entry | undefined> {
  const same = (await listNow(now, "building")).filter(({ value }) => value.name === String(name).trim());
  const details = await Promise.all(
    same.map((record) => now.load({ record, level: DETAIL, cutoff: now.work.named })),
  );
  const found = details.filter((entry) => entry !== undefined);
  const projectOf = ({ value }: Entry) => (value as Known<"building">).project?.id;
  const fits = ({ value }: Entry) =>
    externalId == null || value.externalId == null || value.externalId === externalId;
  return (
    found.find((entry) => projectOf(entry) === project) ??
    found.find((entry) => projectOf(entry) === undefined && fits(entry))
  );
}

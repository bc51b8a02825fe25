import { type Entry, facts, isArchived, type Kind } from "../catalog/index.ts";
import { type Check, externalIdOf, groupBy, named, quoted, type Seen } from "./drift-check.ts";

/** The kinds of records that Bitrix items become, and whose lists show the Bitrix id. */
const kinds = [
  "unit",
  "room",
  "client",
  "ownerContract",
  "tenantContract",
] as const satisfies readonly Kind[];
const contracts: readonly Kind[] = ["ownerContract", "tenantContract"];

const update = ({ kind }: Pick<Entry, "kind">): string => `update${facts[kind].typeName}`;
const all = (seen: Seen): readonly Entry[] => kinds.flatMap(seen.listed);

/** What there is to do with a record that is not an item of Bitrix's at all. */
function without(kind: Kind): string {
  if (kind === "client") return "Alma can neither delete nor archive a client.";
  if (contracts.includes(kind))
    return "Alma does not delete contracts: one that is not to be is ended by its endDate.";
  const { typeName } = facts[kind];
  return (
    `One that is not to be is archived by archive${typeName}; its active and planned contracts are then archived for ` +
    "good, so first move those that go on to another unit or room (updateTenantContract with rentalObject), and look at " +
    "`impact` with dryRun: true."
  );
}

/**
 * Records that no sync finds, since they have no Bitrix id. Archived ones are past, and a contract then cannot be
 * changed.
 */
export const missing: Check = {
  lists: kinds,
  details: [],
  judges: kinds.filter((kind) => kind !== "client"),
  suspects: (seen) => nameless(seen).filter(({ kind }) => kind !== "client"),
  find: (seen) =>
    nameless(seen)
      .filter((entry) => !isArchived(entry))
      .map((entry) => ({ externalId: null, entries: [entry], advice: adviceOnMissing(entry) })),
};

const nameless = (seen: Seen): readonly Entry[] => all(seen).filter((entry) => externalIdOf(entry) === null);

function adviceOnMissing(entry: Entry): string {
  return (
    `${entry.key} has no Bitrix id, so that a sync of its item does not find it and makes a second record. Find its item ` +
    `in Bitrix and set the item's id as externalId by ${update(entry)}; if Bitrix has none, make one there first. ` +
    without(entry.kind)
  );
}

/** What Bitrix sends as an id never has these. */
const MALFORMED = /^\s|\s$|[\p{Cc}\p{Cs}]/u;

/** Records whose Bitrix id is none that Bitrix could send. */
export const malformed: Check = {
  lists: kinds,
  details: [],
  judges: contracts,
  suspects: (seen) => misspelt(seen).filter(({ kind }) => contracts.includes(kind)),
  find: (seen) =>
    misspelt(seen)
      .filter((entry) => !contracts.includes(entry.kind) || !isArchived(entry))
      .map((entry) => {
        const externalId = entry.value.externalId as string;
        const advice =
          `The Bitrix id of ${entry.key} is ${quoted(externalId)}, with blanks around it or with control characters, so ` +
          `that no lookup by the item's true id finds it. Set the id as Bitrix has it, by ${update(entry)} with ` +
          "externalId and the record's Alma id as the ref; if another record has that id already, they are the same one twice.";
        return { externalId, entries: [entry], advice };
      }),
};

const misspelt = (seen: Seen): readonly Entry[] =>
  all(seen).filter((entry) => MALFORMED.test(externalIdOf(entry) ?? ""));

/**
 * Records of one kind with one Bitrix id. Across kinds the same id means nothing: each kind of item counts its own.
 * Archived units and rooms count, since Alma's lookup may find them; archived contracts do not, since nothing can be
 * done about them.
 */
export const duplicate: Check = {
  lists: kinds,
  details: [],
  judges: contracts,
  suspects: (seen) => contracts.flatMap((kind) => shared(seen.listed(kind))).flat(),
  find: (seen) =>
    kinds.flatMap((kind) =>
      shared(seen.listed(kind).filter((entry) => !contracts.includes(kind) || !isArchived(entry))).map(
        (entries) => {
          const externalId = entries[0]?.value.externalId as string;
          return { externalId, entries, advice: adviceOnDuplicate(kind, externalId, entries) };
        },
      ),
    ),
};

const shared = (entries: readonly Entry[]): Entry[][] =>
  [...groupBy(entries, externalIdOf).values()].filter(({ length }) => length > 1);

function adviceOnDuplicate(kind: Kind, externalId: string, entries: readonly Entry[]): string {
  return (
    `${named(entries)} have the same Bitrix id ${quoted(externalId)}. Of several, Alma's lookup decides which one a sync finds and ` +
    "the others are never updated. See in Bitrix which one is that item, and give each of the others its own item's id, or " +
    `one that no item has, by ${update({ kind })} with externalId and its Alma id as the ref; a Bitrix id can be changed ` +
    `but not cleared. ${afterwards(kind)}`
  );
}

function afterwards(kind: Kind): string {
  if (kind !== "client") return without(kind);
  return "Keep the id on the client who has the contracts: Alma does not give a contract to another client, nor does it delete clients.";
}

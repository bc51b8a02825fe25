import { stripBlanks } from "../../alma/index.ts";
import { type CachedRecord, isArchived, type Kind, kindDefinitions } from "../../catalog/index.ts";
import type { Steps } from "../metering/meter.ts";
import {
  comparableIdOf,
  type DriftCase,
  type DriftCheck,
  type DriftData,
  externalIdOf,
  filterSteps,
  flatMapSteps,
  formatRecords,
  groupBySteps,
  quote,
} from "./drift-check.ts";

/** The kinds of records that Bitrix items become. Their lists show the Bitrix id. */
const kindsWithExternalId = [
  "unit",
  "room",
  "client",
  "ownerContract",
  "tenantContract",
] as const satisfies readonly Kind[];
const contractKinds: readonly Kind[] = ["ownerContract", "tenantContract"];

const updateMutation = ({ kind }: Pick<CachedRecord, "kind">): string =>
  `update${kindDefinitions[kind].typeName}`;

/** Selects listed records of all kinds that have a Bitrix id. */
function* filterListed(data: DriftData, matches: (cached: CachedRecord) => boolean): Steps<CachedRecord[]> {
  const selected: CachedRecord[] = [];
  for (const kind of kindsWithExternalId)
    for (const cached of yield* filterSteps(data.listed(kind), matches)) selected.push(cached);
  return selected;
}

/** What to do with a record that has no item in Bitrix. */
function adviceOnRemoval(kind: Kind): string {
  if (kind === "client") return "Alma can neither delete nor archive a client.";
  if (contractKinds.includes(kind))
    return "Alma does not delete contracts: end an unwanted one by its endDate.";
  const { typeName } = kindDefinitions[kind];
  return (
    `Archive an unwanted one by archive${typeName}; its active and planned contracts are then archived for good, so first ` +
    "move those that continue to another unit or room (updateTenantContract with rentalObject), and look at `impact` with " +
    "dryRun: true."
  );
}

/** Records without a Bitrix id, which no sync finds. Archived records do not count: a sync does not need them. */
export const missingExternalId: DriftCheck = {
  lists: kindsWithExternalId,
  details: [],
  suspectKinds: kindsWithExternalId.filter((kind) => kind !== "client"),
  *suspects(data) {
    return (yield* withoutExternalId(data)).filter(({ kind }) => kind !== "client");
  },
  *find(data) {
    return yield* flatMapSteps(yield* withoutExternalId(data), (cached) =>
      isArchived(cached)
        ? []
        : [{ externalId: null, records: [cached], advice: () => adviceOnMissing(cached) }],
    );
  },
};

const withoutExternalId = (data: DriftData): Steps<CachedRecord[]> =>
  filterListed(data, (cached) => externalIdOf(cached) === null);

function adviceOnMissing(cached: CachedRecord): string {
  return (
    `${cached.key} has no Bitrix id, so that a sync of its item does not find it and makes a second record. Find its item ` +
    `in Bitrix and set the item's id as externalId by ${updateMutation(cached)}; if Bitrix has none, make one there first. ` +
    adviceOnRemoval(cached.kind)
  );
}

/** Whether an id has blanks at either end, or control characters: Bitrix ids never contain them. */
const isMalformedId = (externalId: string): boolean =>
  stripBlanks(externalId) !== externalId || /[\p{Cc}\p{Cs}]/u.test(externalId);

/** Records with a Bitrix id that Bitrix cannot have sent. */
export const malformedExternalId: DriftCheck = {
  lists: kindsWithExternalId,
  details: [],
  suspectKinds: contractKinds,
  *suspects(data) {
    return (yield* withMalformedId(data)).filter(({ kind }) => contractKinds.includes(kind));
  },
  *find(data) {
    return yield* flatMapSteps(yield* withMalformedId(data), (cached) => {
      if (contractKinds.includes(cached.kind) && isArchived(cached)) return [];
      const externalId = cached.value.externalId as string;
      return [{ externalId, records: [cached], advice: () => adviceOnMalformed(cached, externalId) }];
    });
  },
};

const withMalformedId = (data: DriftData): Steps<CachedRecord[]> =>
  filterListed(data, (cached) => isMalformedId(externalIdOf(cached) ?? ""));

function adviceOnMalformed(cached: CachedRecord, externalId: string): string {
  return (
    `The Bitrix id of ${cached.key} is ${quote(externalId)}, with blanks around it or with control characters, so ` +
    `that Alma's lookup by the item's true id does not find it. Set the id as Bitrix has it, by ${updateMutation(cached)} with ` +
    "externalId and the record's Alma id as the ref; if another record has that id already, they are the same one twice."
  );
}

/**
 * Several records of one kind with one Bitrix id. Bitrix numbers each kind of item separately, so ids are compared
 * within a kind only. Archived units and rooms count, since Alma's lookup may find them; archived contracts do not,
 * since Alma refuses to change them.
 */
export const duplicateExternalId: DriftCheck = {
  lists: kindsWithExternalId,
  details: [],
  suspectKinds: contractKinds,
  *suspects(data) {
    const suspects: CachedRecord[] = [];
    for (const kind of contractKinds)
      for (const records of yield* groupDuplicates(data.listed(kind))) suspects.push(...records);
    return suspects;
  },
  *find(data) {
    const cases: DriftCase[] = [];
    for (const kind of kindsWithExternalId) {
      const isIncluded = (cached: CachedRecord) => !contractKinds.includes(kind) || !isArchived(cached);
      const included = yield* filterSteps(data.listed(kind), isIncluded);
      for (const records of yield* groupDuplicates(included)) {
        const externalId = stripBlanks(records[0]?.value.externalId as string);
        cases.push({ externalId, records, advice: () => adviceOnDuplicate(kind, externalId, records) });
      }
    }
    return cases;
  },
};

function* groupDuplicates(records: readonly CachedRecord[]): Steps<CachedRecord[][]> {
  const groups = yield* groupBySteps(records, comparableIdOf);
  return yield* filterSteps([...groups.values()], ({ length }) => length > 1);
}

function adviceOnDuplicate(kind: Kind, externalId: string, records: readonly CachedRecord[]): string {
  return (
    `${formatRecords(records)} have the same Bitrix id ${quote(externalId)}. Of several, Alma's lookup decides which one a sync finds and ` +
    "the others are never updated. See in Bitrix which one is that item, and give each of the others its own item's id, or " +
    `one that no item has, by ${updateMutation({ kind })} with externalId and its Alma id as the ref; a Bitrix id can be changed ` +
    `but not cleared. ${adviceOnOthers(kind)}`
  );
}

function adviceOnOthers(kind: Kind): string {
  if (kind !== "client") return adviceOnRemoval(kind);
  return "Keep the id on the client who has the contracts: Alma does not give a contract to another client, nor does it delete clients.";
}

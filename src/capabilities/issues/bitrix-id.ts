import { declarations, stripBlanks } from "../../alma/index.ts";
import {
  type CachedRecord,
  CONTRACT_KINDS,
  isArchived,
  isContractKind,
  type Kind,
  kindDefinitions,
  kinds,
} from "../../catalog/index.ts";
import { inSteps, joinFirst } from "../../graph/index.ts";
import {
  createIssue,
  type Issue,
  type IssueCheck,
  type IssueData,
  ofKinds,
  updateMutationOf,
} from "./check.ts";

/** The kinds whose lists show the Bitrix id: all but buildings. */
const kindsWithId = kinds.filter((kind) => kindDefinitions[kind].summaryFields.includes("externalId"));

/** Returns a record's own Bitrix id; null if it has none, undefined if Alma's value was invalid. */
export function externalIdOf({ value, fieldErrors }: CachedRecord): string | null | undefined {
  if (fieldErrors?.externalId !== undefined) return undefined;
  return (value.externalId as string | null | undefined) ?? null;
}

/** Returns a record's own Bitrix id without surrounding blanks, for comparing. */
export function comparableIdOf(record: CachedRecord): string | null {
  const externalId = externalIdOf(record);
  return externalId == null ? null : stripBlanks(externalId);
}

/** Formats a Bitrix id for messages. */
export const quoteId = (externalId: string): string => JSON.stringify(externalId);

/** Formats records for messages: `Unit:5, Unit:3`. */
export const formatRecords = (records: readonly CachedRecord[]): string =>
  joinFirst(records.map(({ key }) => key));

/** Returns the advice for a record without an item in Bitrix. */
function adviceOnRemoval(kind: Kind) {
  if (isContractKind(kind)) return "Alma does not delete contracts: end an unwanted one by its endDate.";
  const { noun, writes } = declarations[kind];
  if (!("archive" in writes)) return `Alma can neither delete nor archive a ${noun}.`;
  const { typeName } = kindDefinitions[kind];
  return (
    `Archive an unwanted one by archive${typeName}; its active and planned contracts are then archived permanently, so first ` +
    "move those that continue to another unit or room (updateTenantContract with rentalObject), and look at `impact` with " +
    "dryRun: true."
  );
}

/**
 * Finds records without a Bitrix id, which no sync finds. Archived records do not count, since a sync does not need
 * them.
 */
export const missingId: IssueCheck = {
  lists: kindsWithId,
  fields: {},
  suspectKinds: kindsWithId.filter((kind) => kind !== "client"),
  find: (data) =>
    inSteps.flatMap(ofKinds(kindsWithId, data.listed), (record) => {
      if (externalIdOf(record) !== null) return [];
      // Clients are never archived.
      if (record.kind !== "client" && !(data.hasDetail(record) && !isArchived(record))) return [];
      return createIssue(
        [record],
        () =>
          `${record.key} has no Bitrix id, so a sync of its item does not find it and creates a second record. Find its item ` +
          `in Bitrix and set the item's id as externalId by ${updateMutationOf(record)}; if Bitrix has none, create one there first. ` +
          adviceOnRemoval(record.kind),
      );
    }),
};

/** Returns whether an id has surrounding blanks or control characters, which Bitrix ids never contain. */
const isMalformedId = (externalId: string) =>
  stripBlanks(externalId) !== externalId || /[\p{Cc}\p{Cs}]/u.test(externalId);

/** Returns whether a record's Bitrix id can be changed: Alma refuses to change archived contracts. */
const isChangeable = (record: CachedRecord, data: IssueData) =>
  !isContractKind(record.kind) || (data.hasDetail(record) && !isArchived(record));

/** Finds records with a Bitrix id that cannot come from Bitrix. */
export const malformedId: IssueCheck = {
  lists: kindsWithId,
  fields: {},
  suspectKinds: CONTRACT_KINDS,
  find: (data) =>
    inSteps.flatMap(ofKinds(kindsWithId, data.listed), (record) => {
      const externalId = externalIdOf(record) ?? "";
      if (!isMalformedId(externalId) || !isChangeable(record, data)) return [];
      return createIssue(
        [record],
        () =>
          `The Bitrix id of ${record.key} is ${quoteId(externalId)}, with blanks around it or with control characters, so ` +
          `that Alma's lookup by the item's true id does not find it. Set the id as Bitrix has it, by ${updateMutationOf(record)} with ` +
          "externalId and the record's Alma id as the ref; if another record has that id already, they are the same one twice.",
        externalId,
      );
    }),
};

/**
 * Finds several records of one kind with the same Bitrix id. Bitrix numbers each kind of item separately, so ids are
 * compared only within a kind. Archived units and rooms count, since Alma's lookup may find them.
 */
export const duplicateId: IssueCheck = {
  lists: kindsWithId,
  fields: {},
  suspectKinds: CONTRACT_KINDS,
  *find(data) {
    const issues: Issue[] = [];
    for (const kind of kindsWithId) {
      const groups = [...(yield* inSteps.groupBy(data.listed(kind), comparableIdOf))];
      const found = yield* inSteps.flatMap(groups, ([externalId, sharing]) => {
        if (sharing.length < 2) return [];
        const records = sharing.filter((record) => isChangeable(record, data));
        return records.length < 2
          ? []
          : createIssue(records, () => adviceOnDuplicate(kind, externalId, records), externalId);
      });
      issues.push(...found);
    }
    return issues;
  },
};

function adviceOnDuplicate(kind: Kind, externalId: string, records: readonly CachedRecord[]) {
  const adviceOnOthers =
    kind === "client"
      ? "Keep the id on the client who has the contracts: Alma does not give a contract to another client, nor does it delete clients."
      : adviceOnRemoval(kind);
  return (
    `${formatRecords(records)} have the same Bitrix id ${quoteId(externalId)}. Alma's lookup decides which of them a sync finds, and ` +
    "the others are never updated. See in Bitrix which one is that item, and give each of the others its own item's id, or " +
    `one that no item has, by ${updateMutationOf({ kind })} with externalId and its Alma id as the ref; a Bitrix id can be changed ` +
    `but not cleared. ${adviceOnOthers}`
  );
}

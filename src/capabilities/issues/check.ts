import {
  type CachedRecord,
  isArchived,
  type Kind,
  type KnownFields,
  kindDefinitions,
} from "../../catalog/index.ts";
import { type GraphContext, inSteps, type Steps } from "../../graph/index.ts";

/** A problem of one or several records. */
export interface Issue {
  /** The affected records; correct the first one first. */
  readonly records: readonly CachedRecord[];
  /** Returns the problem, its consequence and what to do. Created on demand, since there may be many issues. */
  readonly message: () => string;
  /** The affected Bitrix id; null if there is none. */
  readonly externalId: string | null;
}

/** The records that checks examine, and related data. */
export interface IssueData {
  /** Returns the records in Alma's list of a kind, newest first, with at least their summaries. */
  readonly listed: (kind: Kind) => readonly CachedRecord[];
  /** Returns the listed records of a kind that have their details. */
  readonly detailed: (kind: Kind) => readonly CachedRecord[];
  /**
   * Returns whether the detail of a suspect is known, if not all details of its kind are read. Missing details are
   * read, and the checks run again.
   */
  readonly hasDetail: (suspect: CachedRecord) => boolean;
  /** Returns the listed record of a kind with an Alma id, if any. */
  readonly inList: (kind: Kind, id: number) => CachedRecord | undefined;
  /** Returns the unit with an Alma id, listed or not. */
  readonly unit: (id: number) => CachedRecord;
  /** Today's date in the configured time zone, `YYYY-MM-DD`. */
  readonly today: string;
  readonly rent: GraphContext["settings"]["rent"];
  /** Returns the fields that could not be decoded, except those guarded by a scope besides READ. */
  readonly unreadableFields: (record: CachedRecord) => readonly string[];
  /** Called for each issue of a check that may find too many pairs for the available memory. Throws AlmaError. */
  readonly countPair: () => void;
}

/** The kinds whose details are read, with the fields that decide. */
type DecidingFields = { readonly [K in Kind]?: readonly (keyof KnownFields<K> & string)[] };

/** A search for one type of problem. Works in steps, since it examines all records of a kind. */
export interface IssueCheck {
  /** The kinds whose lists it needs. */
  readonly lists?: readonly Kind[];
  /** Records in which one of these fields is unreadable are left out and reported. */
  readonly fields: DecidingFields;
  /** The kinds of records that it may suspect. */
  readonly suspectKinds?: readonly Kind[];
  readonly find: (data: IssueData) => Steps<readonly Issue[]>;
}

/** Yields the records of several kinds, one kind after another. */
export const ofKinds = (kinds: readonly Kind[], records: IssueData["listed"]): readonly CachedRecord[] =>
  ([] as CachedRecord[]).concat(...kinds.map(records));

/** Creates an issue found in some records. */
export const createIssue = (
  records: Issue["records"],
  message: () => string,
  externalId: string | null = null,
): readonly [Issue] => [{ records, message, externalId }];

interface RecordCheck<K extends Kind> extends Pick<IssueCheck, "lists" | "fields"> {
  /** The kinds of records to check; archived records are skipped. */
  readonly kinds: readonly K[];
  readonly isWrong: (value: KnownFields<K>, data: IssueData, record: CachedRecord) => boolean;
  readonly message: (record: CachedRecord, value: KnownFields<K>, data: IssueData) => string;
}

/** Creates a check that examines one record after another, newest first. */
export function recordCheck<K extends Kind>(check: RecordCheck<K>): IssueCheck {
  const { kinds, fields, lists, isWrong, message } = check;
  const find: IssueCheck["find"] = (data) =>
    inSteps.flatMap(ofKinds(kinds, data.detailed), (record) => {
      const value = record.value as KnownFields<K>;
      return isArchived(record) || !isWrong(value, data, record)
        ? []
        : createIssue([record], () => message(record, value, data));
    });
  return { lists, fields, find };
}

/** Returns the mutation that corrects a record. */
export const updateMutationOf = ({ kind }: Pick<CachedRecord, "kind">): string =>
  `update${kindDefinitions[kind].typeName}`;

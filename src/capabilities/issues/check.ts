import {
  type CachedRecord,
  isArchived,
  type Kind,
  type KnownFields,
  kindDefinitions,
} from "../../catalog/index.ts";
import { flatMapSteps, type GraphContext, type Steps } from "../../graph/index.ts";

/** Something that is wrong with a record, or with several. */
export interface Issue {
  /** The records concerned; the first is to be corrected first. */
  readonly records: readonly CachedRecord[];
  /** Says what is wrong, what follows, and what to do: written when it is shown, since there may be many. */
  readonly message: () => string;
  /** The Bitrix id in question; null if there is none. */
  readonly externalId: string | null;
}

/** The records that checks look at, and what they need beside them. */
export interface IssueData {
  /** The records in Alma's list of a kind, newest first, with at least their summaries. */
  readonly listed: (kind: Kind) => readonly CachedRecord[];
  /** The listed records of a kind that have their details. */
  readonly detailed: (kind: Kind) => readonly CachedRecord[];
  /**
   * Whether the detail of a suspect is known: of a record whose detail decides, while those of its kind are not all
   * read. What checks ask for in vain is read, and they are run again.
   */
  readonly hasDetail: (suspect: CachedRecord) => boolean;
  /** The record of a kind with an Alma id, if Alma's list names it. */
  readonly inList: (kind: Kind, id: number) => CachedRecord | undefined;
  /** The unit with an Alma id, listed or not. */
  readonly unit: (id: number) => CachedRecord;
  /** The day in the configured time zone, as `YYYY-MM-DD`. */
  readonly today: string;
  readonly rent: GraphContext["settings"]["rent"];
  /** The fields that could not be decoded, but for those that a scope besides READ guards. */
  readonly unreadableFields: (record: CachedRecord) => readonly string[];
  /** Called for each issue where pairs of records can be so many that memory has to be bounded. Throws AlmaError. */
  readonly countPair: () => void;
}

/** The kinds whose details are read, each with the fields of it that decide. */
type DecidingFields = { readonly [K in Kind]?: readonly (keyof KnownFields<K> & string)[] };

/** A search for what is wrong in one way. It looks at all records of a kind, and so in steps. */
export interface IssueCheck {
  /** The kinds whose lists it needs. */
  readonly lists: readonly Kind[];
  /** Records of which one of these could not be decoded are left out of the search, and told. */
  readonly fields: DecidingFields;
  /** The kinds that suspects may have. */
  readonly suspectKinds?: readonly Kind[];
  readonly find: (data: IssueData) => Steps<readonly Issue[]>;
}

/** The records of several kinds, one kind after the other. */
export const ofKinds = (kinds: readonly Kind[], records: IssueData["listed"]): readonly CachedRecord[] =>
  ([] as CachedRecord[]).concat(...kinds.map(records));

/** What a look at some records has found: one thing that is wrong. */
export const wrong = (
  records: Issue["records"],
  message: () => string,
  externalId: string | null = null,
): readonly [Issue] => [{ records, message, externalId }];

interface RecordCheck<K extends Kind> extends Pick<IssueCheck, "fields"> {
  /** The kinds whose records are looked at; archived ones are left out. */
  readonly kinds: readonly K[];
  readonly lists?: readonly Kind[];
  readonly isWrong: (value: KnownFields<K>, data: IssueData, record: CachedRecord) => boolean;
  readonly message: (record: CachedRecord, value: KnownFields<K>, data: IssueData) => string;
}

/** A check that looks at one record after the other, the newest first. */
export function recordCheck<K extends Kind>(check: RecordCheck<K>): IssueCheck {
  const { kinds, fields, lists = [], isWrong, message } = check;
  const find: IssueCheck["find"] = (data) =>
    flatMapSteps(ofKinds(kinds, data.detailed), (record) => {
      const value = record.value as KnownFields<K>;
      return isArchived(record) || !isWrong(value, data, record)
        ? []
        : wrong([record], () => message(record, value, data));
    });
  return { lists, fields, find };
}

/** The mutation by which a record is corrected. */
export const updateOf = ({ kind }: Pick<CachedRecord, "kind">): string =>
  `update${kindDefinitions[kind].typeName}`;

import type { CachedRecord, Kind, KnownFields } from "../../catalog/index.ts";
import type { DataIssueCode } from "../generated.ts";
import type { RentSettings } from "../letting/rent.ts";
import type { Steps } from "../metering/meter.ts";
import type { DriftData, DriftKind } from "./drift-check.ts";

/** What is wrong, but for what has come apart from Bitrix. */
export type OwnCode = Exclude<DataIssueCode, DriftKind>;

/** Something that is wrong with a record, or with two. */
export interface Issue {
  readonly record: CachedRecord;
  readonly other: CachedRecord | null;
  /** Says what is wrong, what follows, and what to do: written when it is shown, since there may be many. */
  readonly message: () => string;
}

/** The records that checks look at, and what they need beside them. */
export interface IssueData extends DriftData {
  readonly rent: RentSettings;
  /** The record of a kind with an Alma id, if Alma's list names it. */
  readonly inList: (kind: Kind, id: number) => CachedRecord | undefined;
  /** The fields that could not be decoded, but for those that a scope besides READ guards. */
  readonly unreadableFields: (record: CachedRecord) => readonly string[];
  /** Called for each issue where pairs of records can be so many that memory has to be bounded. Throws AlmaError. */
  readonly countPair: () => void;
}

/** The kinds whose details are read, each with the fields of it that decide. */
export type DecidingFields = { readonly [K in Kind]?: readonly (keyof KnownFields<K> & string)[] };

/** A search for what is wrong in one way. It looks at all records of a kind, and so in steps. */
export interface IssueCheck {
  /** The kinds whose lists it needs. */
  readonly lists: readonly Kind[];
  /** Records of which one of these could not be decoded are left out of the search, and told. */
  readonly fields: DecidingFields;
  readonly find: (data: IssueData) => Steps<readonly Issue[]>;
}

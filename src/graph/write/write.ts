import type { Writable } from "../../alma/index.ts";
import {
  type CachedRecord,
  DETAIL,
  type Kind,
  kindDefinitions,
  type LookupKind,
  type WriteEffects,
} from "../../catalog/index.ts";
import type { GraphContext } from "../resolver/context.ts";
import { createErrorList } from "./error-list.ts";
import type { UnsettledWrite } from "./unsettled-writes.ts";
import type { ArgumentPath, UserErrorCode } from "./user-error.ts";
import type { WriteContext, WriteServices } from "./write-context.ts";

/** Fields of an input, a draft or changes, by name. */
export type InputFields = Readonly<Record<string, unknown>>;

/**
 * Creates the state of one write, from the check of its input to its result: its contexts, the reads on which it
 * decides, and its user errors. `startedAt`: when its reads began, if earlier than this call.
 */
export function createWrite(
  context: WriteContext,
  kind: Kind,
  spec: WriteSpec,
  dryRun: boolean,
  startedAt?: number,
) {
  const { services, settings, scopes } = context;
  const readContext = context.detach({ endsAtDeadline: true });
  const { operation } = readContext;
  const cutoff = dryRun
    ? operation.namedCutoff
    : Math.max(operation.namedCutoff, startedAt ?? operation.startedAt);
  const mayRead = scopes.has("READ");
  const { typeName, relations } = kindDefinitions[kind];

  /** Returns the scope that a field needs besides READ. */
  const scopeOf = (field: string) => settings.requiredScopes.get(`${typeName}.${field}`);

  /** Creates a context that serves nothing from the cache: everything is read now. */
  const freshContext = () => context.detach({ freshness: { maxAge: 0 } });

  return {
    context,
    /**
     * The detached context of the reads before the write. They continue when the caller disconnects, and a failed read
     * fails no other field.
     */
    readContext,
    services,
    kind,
    /** The relations of the kind. The input has a `Ref` for each, except those inherited from another record. */
    relations,
    /** The rules for writing the kind. */
    spec,
    dryRun,
    /** A read on which the write decides must start after this time. */
    cutoff,
    /** Whether the caller may read. If not, nothing is compared with Alma's records, which would reveal them. */
    mayRead,
    /** Alma's write calls for the kind. Safe: the fields are those of this kind's input. */
    resource: services.alma[kind] as Writable<InputFields, InputFields>,
    /** Set when it is sent. */
    sent: undefined as UnsettledWrite | undefined,
    scopeOf,
    /** Returns whether the caller may read a field, and so may learn whether Alma shows a value in it. */
    mayReadField(field: string) {
      const scope = scopeOf(field);
      return mayRead && (scope === undefined || scopes.has(scope));
    },
    /**
     * Reads a record that the write depends on. A dry run may use a fresh cached record. Undefined if Alma has none.
     * Throws AlmaError.
     */
    read: (record: CachedRecord) => readContext.loadDetail(record, cutoff),
    /**
     * Looks up a Bitrix id, by default of the write's kind. A dry run may use a fresh cached lookup.
     * Undefined if Alma has none. Throws AlmaError.
     */
    async findByExternalId(externalId: string, ofKind: LookupKind = kind) {
      return (await readContext.catalog.lookUp(operation, ofKind, externalId, cutoff)).record;
    },
    /**
     * Returns whether a record was read for this write, or is fresh enough in a dry run, so that it may refuse the
     * write.
     */
    hasRead: (record: CachedRecord) => record.asOf(DETAIL) > cutoff,
    freshContext,
    /** Reads a record's detail now. Undefined if Alma has none. Throws AlmaError. */
    readNow(record: CachedRecord) {
      const fresh = freshContext();
      return fresh.loadDetail(record, fresh.operation.namedCutoff);
    },
    ...createErrorList(kind),
  };
}

/** One write in progress. */
export type Write = ReturnType<typeof createWrite>;

/** A write whose effects are known, so that it can be sent. */
export interface PreparedWrite {
  readonly write: Write;
  readonly effects: WriteEffects;
  /** See `UnsettledWrite`. */
  readonly lockKeys: readonly string[];
}

/** The rules for an input field of type `Ref`. */
export interface RefSpec {
  /**
   * Finds the record of a Bitrix id, or why it is refused; by default with Alma's lookup. Undefined if there is none.
   * Throws AlmaError.
   */
  readonly find?: (write: Write, externalId: string) => Promise<CachedRecord | RefRefusal | undefined>;
  /** Adds a user error if a documented rule forbids the record and breaking the rule would do damage. */
  readonly check?: (write: Write, target: Target, path: ArgumentPath) => Promise<void>;
}

/** Why a Bitrix id is refused although records have it. */
export interface RefRefusal {
  readonly code: UserErrorCode;
  readonly message: string;
}

/** The record that a `Ref` refers to. */
export interface Target {
  readonly id: number;
  /** Undefined if it is unknown whether the id belongs to a unit or a room. */
  readonly record?: CachedRecord;
}

/** An existing record and the input field that found it. */
export interface Match {
  readonly record: CachedRecord;
  readonly matchedBy: "externalId" | "email" | "name";
}

/** Why a record must not be created, and the input field that causes it. */
interface CreateRefusal extends RefRefusal {
  readonly field: "externalId";
}

/**
 * How a create recognizes an existing record, so that none is created twice. `freshContext` serves nothing from the
 * cache.
 */
export interface Identity {
  /** Returns the name of the identifying input field. */
  readonly field: (draft: InputFields) => string;
  /** Creates that share a key run one at a time. Keys depend only on fields that the caller may search by. */
  readonly lockKeys: (draft: InputFields, context: GraphContext) => readonly string[];
  /**
   * Finds the existing record, or the reason to refuse, before a create is sent, with the fewest calls. Throws
   * AlmaError.
   */
  readonly find: (
    freshContext: GraphContext,
    draft: InputFields,
  ) => Promise<Match | CreateRefusal | undefined>;
  /** Finds the record by lookup and list after a create that returned no id. Throws AlmaError. */
  readonly findEverywhere: (freshContext: GraphContext, draft: InputFields) => Promise<Match | undefined>;
  /** Returns the match if a record, with its detail, is the one that a draft describes. */
  readonly match: (record: CachedRecord, draft: InputFields) => Match | undefined;
}

/**
 * Adds user errors for the reasons to refuse a write. `existing` is the record that an update changes. Throws
 * AlmaError.
 */
export type WriteRule = (write: Write, fields: InputFields, existing?: CachedRecord) => Promise<void>;

/** The rules for writing each kind of record. */
export type WriteSpecs = Readonly<Record<Kind, { readonly write: WriteSpec }>>;

/** The rules for writing one kind, besides the field table in `alma/`. */
export interface WriteSpec {
  readonly identity: Identity;
  /** By the name of the relation. */
  readonly refs?: Readonly<Record<string, RefSpec>>;
  /** Returns the values that a create sends for omitted fields. */
  readonly defaults?: (services: WriteServices) => InputFields;
  /**
   * Adds a user error for each documented rule that forbids the write, if breaking the rule would do damage. Called
   * before sending, and in a dry run.
   */
  readonly check?: WriteRule;
  /**
   * Adds a user error for each reason, known from the indexes, for which Alma refuses the write. Called in a dry run
   * and for a write of unknown outcome.
   */
  readonly predictRefusals?: WriteRule;
}

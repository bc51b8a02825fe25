import type { Writable } from "../../alma/index.ts";
import { type CachedRecord, DETAIL, type Kind, kindDefinitions } from "../../catalog/index.ts";
import { createErrorList } from "./error-list.ts";
import type { UnsettledWrite } from "./unsettled-writes.ts";
import type { WriteContext } from "./write-context.ts";

/** Fields of an input, a draft or changes, by name. */
export type InputFields = Readonly<Record<string, unknown>>;

/**
 * Creates the state of one write, from the check of its input to its result: its contexts, the reads on which it
 * decides, and its user errors. `startedAt`: when its reads began, if earlier than this call.
 */
export function createWrite(context: WriteContext, kind: Kind, dryRun: boolean, startedAt?: number) {
  const { services, settings, scopes } = context;
  const readContext = context.detach({ endsAtDeadline: true });
  const { operation } = readContext;
  const cutoff = dryRun
    ? operation.namedCutoff
    : Math.max(operation.namedCutoff, startedAt ?? operation.startedAt);
  const mayRead = scopes.has("READ");

  /** Returns the scope that a field needs besides READ. */
  const scopeOf = (field: string) =>
    settings.requiredScopes.get(`${kindDefinitions[kind].typeName}.${field}`);

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
    read: (record: CachedRecord) => readContext.load({ record, level: DETAIL, cutoff }),
    /**
     * Looks up a Bitrix id, by default of the write's kind. A dry run may use a fresh cached lookup.
     * Undefined if Alma has none. Throws AlmaError.
     */
    lookUp: (externalId: string, ofKind = kind) =>
      readContext.catalog.findRecord(operation, ofKind, externalId, cutoff),
    /**
     * Returns whether a record was read for this write, or is fresh enough in a dry run, so that it may refuse the
     * write.
     */
    hasRead: (record: CachedRecord) => record.asOf(DETAIL) > cutoff,
    freshContext,
    /** Reads a record's detail now. Undefined if Alma has none. Throws AlmaError. */
    readNow(record: CachedRecord) {
      const fresh = freshContext();
      return fresh.load({ record, level: DETAIL, cutoff: fresh.operation.namedCutoff });
    },
    ...createErrorList(kind),
  };
}

/** One write in progress. */
export type Write = ReturnType<typeof createWrite>;

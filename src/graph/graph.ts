import type { Alma } from "../alma/index.ts";
import {
  type Catalog,
  kindDefinitions,
  noJournal,
  type ReportedChange,
  type StoredKeys,
  type WriteIntent,
  type WriteJournal,
} from "../catalog/index.ts";
import type { Calendar } from "../config/index.ts";
import { createAnswerSteps } from "./answer/answer-steps.ts";
import { formatError } from "./answer/format-error.ts";
import { connections, type ExecutableSchema } from "./executable-schema.ts";
import { expectedScopes } from "./input/input-refs.ts";
import { recordMutations } from "./mutation/mutation.ts";
import type { GraphContext } from "./resolver/context.ts";
import type { GraphRequest } from "./resolver/graph-request.ts";
import type { GraphSettings } from "./resolver/graph-settings.ts";
import type { FindOtherCatalog, IsFollowed } from "./resolver/other-catalog.ts";
import { createIdempotencyStore } from "./write/idempotency.ts";
import { createUnsettledWrites } from "./write/unsettled-writes.ts";
import { createKeyedLock, WriteContext } from "./write/write-context.ts";

/** Options of the graph. */
interface GraphOptions
  extends Omit<GraphSettings, "today" | "connectionSpecs" | "requiredScopes" | "requiredFields"> {
  readonly executable: ExecutableSchema;
  readonly alma: Alma;
  readonly catalog: Catalog;
  /** The Alma id of the project for new buildings that specify none. */
  readonly projectId: number;
  /** The timeout, in milliseconds, of a call to Alma and of polling for an unknown outcome. */
  readonly almaTimeout: number;
  /** How long, in milliseconds, Alma may still perform a write of unknown outcome. */
  readonly writeSettlingTime: number;
  /** The calendar of the portfolio. */
  readonly calendar: Calendar;
  /** Records writes before they are sent. Optional. */
  readonly journal?: WriteJournal;
  /** Stores idempotency keys outside this process. Optional. */
  readonly storedKeys?: StoredKeys;
  /** Selects the catalog of an operation; by default the current one. */
  readonly findOtherCatalog?: FindOtherCatalog;
  readonly isFollowed?: IsFollowed;
}

/** How writes are recorded outside the process. */
export type WriteServiceOptions = Pick<GraphOptions, "journal" | "storedKeys">;

/**
 * Creates the parts of the graph that find the catalog and its journal in an operation's context. They serve the
 * operations of every backend of the process.
 */
function createOperationParts(
  { executable, report, calendar, findOtherCatalog, isFollowed }: GraphOptions,
  settings: GraphSettings,
) {
  const { schema, requiredScopes, comparisons } = executable;
  return {
    schema,
    ...createAnswerSteps(schema, report, findOtherCatalog, isFollowed),
    /** Finds the guarded fields that a mutation with these coerced arguments compares with Alma's records. */
    *comparisonsOf(mutation: string, args: Readonly<Record<string, unknown>>) {
      const kind = recordMutations.find(({ name }) => name === mutation)?.kind;
      if (kind) return [...expectedScopes(mutation, kindDefinitions[kind].typeName, args, requiredScopes)];
      const found = comparisons[mutation]?.(args, settings);
      return found ? yield* found : [];
    },
    formatError,
    /** Returns whether the operation has sent a call that may change Alma. */
    hasSent: (context: GraphContext) => asWriteContext(context).hasSent,
    /** Resolves once every process that may answer knows the changes of a mutation. */
    whenKnown: (context: GraphContext) => asWriteContext(context).services.journal.whenKnown(),
    today: calendar.today,
  };
}

/** Safe: all contexts are created by `context` of a graph. */
const asWriteContext = (context: GraphContext) => context as WriteContext;

/** Creates everything a server needs to execute the schema on one catalog. */
export function createGraph(options: GraphOptions) {
  const { alma, catalog, projectId, almaTimeout, writeSettlingTime, calendar } = options;
  const { journal = noJournal, storedKeys } = options;
  const { requiredScopes, requiredFields } = options.executable;
  const settings = {
    ...options,
    today: calendar.today,
    connectionSpecs: connections,
    requiredScopes,
    requiredFields,
  };
  const unsettled = createUnsettledWrites(writeSettlingTime, catalog);
  const services = {
    alma,
    projectId,
    timeout: almaTimeout,
    runExclusive: createKeyedLock(),
    runOnce: createIdempotencyStore(storedKeys),
    unsettled,
    journal,
  };
  return {
    operationParts: createOperationParts(options, settings),
    /** Creates the context of an operation on this catalog. */
    context: (request: GraphRequest) => new WriteContext(catalog, settings, services, request),
    /**
     * Records a write started by another or an earlier process: invalidates the data it affects, and counts it as
     * unsettled while Alma may still perform it. `sentAt` is by the catalog's clock.
     */
    noteEarlierWrite({ id, write, lockKeys }: WriteIntent, sentAt: number) {
      catalog.noteWrite(write);
      unsettled.noteAnswered(unsettled.note({ write, lockKeys, onEnd: () => journal.end(id) }), sentAt);
    },
    progress: () => catalog.progress(),
    storedValues: () => storedKeys?.values,
    /**
     * Reads reported records in the background. Returns the number of additional reads; `full` if too many are waiting,
     * in which case nothing is read; `off` without background reads.
     */
    touch: (touched: readonly ReportedChange[]) =>
      catalog.touchQueue ? (catalog.touchQueue.add(touched) ?? "full") : "off",
  };
}

type CatalogGraph = ReturnType<typeof createGraph>;

/** What a server needs to execute the schema. */
export type Graph = CatalogGraph["operationParts"] &
  Pick<CatalogGraph, "context" | "progress" | "storedValues" | "touch">;

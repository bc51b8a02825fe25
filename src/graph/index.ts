import { readdirSync, readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import type { ApolloServerPlugin } from "@apollo/server";
import { makeExecutableSchema } from "@graphql-tools/schema";
import { buildSchema, type GraphQLSchema } from "graphql";
import { LRUCache } from "lru-cache";
import type { Alma } from "../alma/index.ts";
import type { Catalog, Kind } from "../catalog/index.ts";
import { dateScalar, dateTimeScalar, decimalScalar, jsonScalar } from "./argument/scalar.ts";
import { findComparisons } from "./bitrix/comparison.ts";
import { bitrixDrift } from "./bitrix/drift-resolver.ts";
import { bitrixDictionaries, bitrixItemKind, mapBitrix } from "./bitrix/mapping-resolver.ts";
import { syncBitrix } from "./bitrix/sync-resolver.ts";
import { building } from "./building.ts";
import { client } from "./client.ts";
import { nodeField, nodesField, recordField } from "./connection/query-field.ts";
import { formatError } from "./format-error.ts";
import type { MutationSyncBitrixArgs, QueryResolvers } from "./generated.ts";
import { groupResolvers, groupSpecs } from "./grouped-connections.ts";
import type { RentSettings } from "./letting/rent.ts";
import { mutationResolversOf, payloadResolversOf } from "./mutation/mutation.ts";
import { keepResults } from "./mutation/run-idempotent.ts";
import { uploadFile } from "./mutation/upload-file.ts";
import { ownerContract } from "./owner-contract.ts";
import type { GraphContext } from "./record/context.ts";
import type { GraphRequest } from "./record/graph-request.ts";
import type { RecordView } from "./record/record-view.ts";
import { collectRequiredScopes } from "./record/required-scopes.ts";
import { collectKindsRead, collectRequiredFields, createResolvers } from "./record/resolver.ts";
import type { BitrixSettings, ReportError } from "./record/settings.ts";
import { rentalObject, rentalObjects } from "./rental-object.ts";
import { createResponsePlugin } from "./response-plugin.ts";
import { room } from "./room.ts";
import { tenantContract } from "./tenant-contract.ts";
import { unit } from "./unit.ts";
import { viewer } from "./viewer.ts";
import { IdempotencyStore, type KeptKeys } from "./write/idempotency.ts";
import { KeyedLock } from "./write/keyed-lock.ts";
import type { MutationResult } from "./write/mutation-result.ts";
import { UnsettledCreates } from "./write/unsettled-creates.ts";
import { WriteContext } from "./write/write-context.ts";
import { noJournal, type WriteIntent, type WriteJournal } from "./write/write-journal.ts";
import { WrittenValues } from "./write/written-values.ts";
import { writePlugin } from "./write-plugin.ts";

export { JsonText } from "./execution/json-text.ts";
export { Meter, type Steps } from "./metering/meter.ts";
export type { GraphContext } from "./record/context.ts";
export type { RowsRequest } from "./record/rows-request.ts";
export { readFreshness } from "./response-plugin.ts";
export type { KeptKey, KeptKeys } from "./write/idempotency.ts";
export type { WriteIntent, WriteJournal } from "./write/write-journal.ts";

/** Every kind of record in the graph. */
const entities = { building, unit, room, client, ownerContract, tenantContract } satisfies Record<
  Kind,
  unknown
>;

/** The maximum number of cached Bitrix ids, for all kinds together. */
const MAX_KNOWN_IDS = 100_000;
/** The maximum number of cached file ids, and for how many milliseconds: a repeated sync does not upload them again. */
const MAX_KNOWN_FILES = 10_000;
const FILE_TTL = 3_600_000;

const resolveTypeName = (view: RecordView): string => view.record.key.slice(0, view.record.key.indexOf(":"));

/** The root fields that do not belong to one kind. */
const query = {
  node: nodeField,
  nodes: nodesField,
  rentalObject: recordField("unit", "room"),
  rentalObjects,
  viewer,
  bitrixDictionaries,
  mapBitrix: mapBitrix(entities),
  bitrixDrift,
} satisfies QueryResolvers;

/** Resolves `almaId` of an object inside a record, which Alma calls `id`. */
const almaId = ({ id }: { readonly id: number | null }): number | null => id;

/** What the graph is created from. */
export interface GraphOptions {
  readonly alma: Alma;
  readonly catalog: Catalog;
  /** The largest page of a connection. */
  readonly maxPage: number;
  /** The largest answer, in bytes of JSON. */
  readonly maxResponse: number;
  /** The Alma id of the project of a new building whose input names none. */
  readonly projectId: number;
  /** Milliseconds for one call to Alma, for which an unacknowledged write is polled. */
  readonly almaTimeout: number;
  /** Milliseconds for which Alma may still carry out a create of unknown outcome. */
  readonly writeSettlingTime: number;
  /** The mapping of Bitrix items, and how many items and files one sync accepts. */
  readonly bitrix: BitrixSettings;
  /** Today's date, `YYYY-MM-DD`, in the portfolio's time zone. */
  readonly today: () => string;
  /** What prices are paid for, and in what decimals. */
  readonly rent: RentSettings;
  readonly report: ReportError;
  /** Where writes are noted before they leave; by default nowhere. */
  readonly journal?: WriteJournal;
  /** Where idempotency keys are kept beyond this process; by default nowhere. */
  readonly keptKeys?: KeptKeys;
}

/** How the writes of a graph are known beyond its process. */
export type WriteServiceOptions = Pick<GraphOptions, "journal" | "keptKeys">;

/** The SDL from all files of `schema/`, which is next to both `src/` and `dist/`. */
export function readTypeDefs(): string {
  const folder = new URL("../../schema/", import.meta.url);
  const files = readdirSync(folder).filter((name) => name.endsWith(".graphql"));
  return files.map((name) => readFileSync(new URL(name, folder), "utf8")).join("\n");
}

const allEntities = Object.values(entities);

let built: ReturnType<typeof buildExecutableSchema> | undefined;

/** The executable schema. It is built once per process: its resolvers find everything else in their context. */
function getExecutableSchema() {
  built ??= buildExecutableSchema();
  return built;
}

function buildExecutableSchema() {
  const typeDefs = readTypeDefs();
  const plainSchema = buildSchema(typeDefs);
  const requiredScopes = collectRequiredScopes(plainSchema);
  const schema = makeExecutableSchema({
    typeDefs,
    resolvers: [
      {
        Date: dateScalar,
        DateTime: dateTimeScalar,
        Decimal: decimalScalar,
        Query: Object.assign({}, query, ...allEntities.map((entity) => entity.query)),
        JSON: jsonScalar,
        BitrixItemKind: bitrixItemKind,
        Mutation: {
          ...mutationResolversOf(allEntities),
          uploadFile,
          syncBitrix: syncBitrix(entities, requiredScopes),
        },
      },
      { Node: typeResolver, RentalObject: typeResolver, Contract: typeResolver },
      { Project: { almaId }, Photo: { almaId } },
      payloadResolversOf(plainSchema, allEntities),
      ...allEntities.map((entity) => createResolvers(plainSchema, entity)),
      ...groupResolvers(plainSchema),
    ],
    resolverValidationOptions: { requireResolversToMatchSchema: "error" },
  });
  assertRootFieldsResolved(schema);
  return { schema, requiredScopes };
}

/** Throws if a root field has no resolver: it would be null without an error. */
function assertRootFieldsResolved(schema: GraphQLSchema): void {
  for (const [type, part] of [
    [schema.getQueryType(), "query"],
    [schema.getMutationType(), "mutations"],
  ] as const) {
    for (const { name, resolve } of Object.values(type?.getFields() ?? {})) {
      if (!resolve)
        throw new Error(
          `${type?.name}.${name} is in schema/, but no file of src/graph/ has it among its ${part}.`,
        );
    }
  }
}

/** Creates what a server needs to run the executable schema on one catalog. */
export function createGraph(options: GraphOptions) {
  const { alma, catalog, maxPage, maxResponse, projectId, almaTimeout, writeSettlingTime } = options;
  const { bitrix, today, rent, report, journal = noJournal, keptKeys } = options;
  const { schema, requiredScopes } = getExecutableSchema();
  const writtenValues = new WrittenValues();
  const settings = {
    report,
    maxPage,
    maxResponse,
    today,
    rent,
    connectionSpecs: { ...entities, rentalObject },
    groupSpecs,
    requiredFields: collectRequiredFields(allEntities),
    kindsRead: collectKindsRead(allEntities),
    bitrix: {
      ...bitrix,
      knownIds: new LRUCache<string, number>({ max: MAX_KNOWN_IDS }),
      uploadedFileIds: new LRUCache<string, number>({ max: MAX_KNOWN_FILES, ttl: FILE_TTL }),
      writtenValues,
    },
  };
  const lock = new KeyedLock();
  const unsettledCreates = new UnsettledCreates(writeSettlingTime, catalog.clock);
  const services = {
    alma,
    projectId,
    timeout: almaTimeout,
    lock,
    idempotency: new IdempotencyStore<MutationResult>(keptKeys && keepResults(keptKeys)),
    writtenValues,
    requiredScopes,
    unsettledCreates,
    journal,
  };
  // Safe: a server runs the plugins only on contexts that `context` below has made.
  const plugins = [
    createResponsePlugin(schema, report),
    writePlugin,
  ] as unknown as readonly ApolloServerPlugin<object>[];
  return {
    schema,
    plugins,
    *comparisonsOf(mutation: string, args: object) {
      // Safe: the arguments have been coerced by this mutation's declaration.
      const items = args as MutationSyncBitrixArgs;
      return mutation === "syncBitrix" ? yield* findComparisons(items, requiredScopes, bitrix) : [];
    },
    formatError,
    repeatable: (context: GraphContext) => context.repeatable(),
    context: (request: GraphRequest) => new WriteContext(catalog, settings, services, request),
    /**
     * Notes a write that another process has begun, or an earlier one: what it affects is read again. While it may
     * still be carried out, other writes of its record wait, and creates of its identity look and wait. `sentAt`: by
     * the catalog's clock.
     */
    noteEarlierWrite({ write, lockKeys }: WriteIntent, sentAt: number, isEnded: boolean) {
      const timeLeft = sentAt + almaTimeout - catalog.clock();
      if (isEnded || timeLeft <= 0) catalog.noteWrite(write);
      else catalog.noteUnacknowledgedWrite(write, timeLeft);
      if (isEnded) return;
      if (write.verb === "create") unsettledCreates.note(lockKeys, sentAt);
      else if (timeLeft > 0)
        void lock.runExclusive(lockKeys, () => setTimeout(timeLeft, undefined, { ref: false }));
    },
    progress: () => catalog.progress(),
    today,
    mapping: bitrix.mapping,
  };
}

const typeResolver = { __resolveType: resolveTypeName };

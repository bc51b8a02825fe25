import { readdirSync, readFileSync } from "node:fs";
import type { ApolloServerPlugin } from "@apollo/server";
import { makeExecutableSchema } from "@graphql-tools/schema";
import { buildSchema, type GraphQLSchema } from "graphql";
import { LRUCache } from "lru-cache";
import type { Alma } from "../alma/index.ts";
import type { Catalog, Kind } from "../catalog/index.ts";
import { answerPlugin } from "./answer.ts";
import { bitrixDrift } from "./bitrix-drift.ts";
import { bitrixDictionaries, bitrixItemKind, mapBitrix } from "./bitrix-mapping.ts";
import { syncBitrix } from "./bitrix-sync.ts";
import { building } from "./building.ts";
import { client } from "./client.ts";
import { GraphContext, type GraphRequest } from "./context.ts";
import { formatError, type Report } from "./errors.ts";
import { execute } from "./execute.ts";
import { uploadFile } from "./external-file.ts";
import type { QueryResolvers } from "./generated.ts";
import type { Handle } from "./handle.ts";
import { hidingOf } from "./hidden.ts";
import { IdempotencyKeys } from "./idempotency.ts";
import { Locks } from "./lock.ts";
import { mutationsOf, payloadsOf } from "./mutation.ts";
import { ownerContract } from "./owner-contract.ts";
import { needsOf, resolversOf } from "./resolver.ts";
import { room } from "./room.ts";
import { list, node, nodes, single } from "./root.ts";
import { date, dateTime, decimal, json } from "./scalar.ts";
import type { BitrixSettings } from "./settings.ts";
import { tenantContract } from "./tenant-contract.ts";
import { unit } from "./unit.ts";
import type { Result } from "./writing.ts";

export { freshnessOf } from "./answer.ts";
export type { GraphContext } from "./context.ts";

/** Every kind of record in the graph. */
const entities = { building, unit, room, client, ownerContract, tenantContract };

/** Bitrix ids whose records are remembered, for all kinds together. */
const MOST_IDS = 100_000;
/** Files given to Alma that are remembered, and for how many milliseconds: until what refused them is mended. */
const MOST_FILES = 10_000;
const FILE_TTL = 3_600_000;

const typeName = (handle: Handle): string => handle.entry.key.slice(0, handle.entry.key.indexOf(":"));

const query = {
  node,
  nodes,
  rentalObject: single("unit", "room"),
  building: single("building"),
  buildings: list("building"),
  unit: single("unit"),
  units: list("unit"),
  room: single("room"),
  rooms: list("room"),
  client: single("client"),
  clients: list("client"),
  ownerContract: single("ownerContract"),
  ownerContracts: list("ownerContract"),
  tenantContract: single("tenantContract"),
  tenantContracts: list("tenantContract"),
  bitrixDictionaries,
  mapBitrix,
  bitrixDrift,
} satisfies Required<QueryResolvers>;

/** Alma's parts of a record that are no records themselves; their ids are called as all of Alma's are. */
const almaId = ({ id }: { readonly id: number | null }): number | null => id;

/** What the graph is made of. */
export interface GraphOptions {
  readonly alma: Alma;
  readonly catalog: Catalog;
  /** The largest page of a connection. */
  readonly maxPage: number;
  /** Bytes of an answer, at most. */
  readonly maxResponse: number;
  /** The project of a new building that names none. */
  readonly projectId: number;
  /** Milliseconds for one call to Alma: so long a write without an answer may still be under way. */
  readonly almaTimeout: number;
  /** What Bitrix items mean, and how many items and files one sync may take on. */
  readonly bitrix: BitrixSettings;
  /** Today's date, `YYYY-MM-DD`, where the portfolio is. */
  readonly today: () => string;
  /** Told of errors that no caller may see. */
  readonly report: Report;
}

/** The SDL, in all files of `schema/`, beside `src/` and `dist/` alike. */
export function readTypeDefs(): string {
  const folder = new URL("../../schema/", import.meta.url);
  const files = readdirSync(folder).filter((name) => name.endsWith(".graphql"));
  return files.map((name) => readFileSync(new URL(name, folder), "utf8")).join("\n");
}

/** Makes the executable schema, and what a server needs to run it. */
export function createGraph(options: GraphOptions) {
  const { alma, catalog, maxPage, maxResponse, projectId, almaTimeout, bitrix, today, report } = options;
  const typeDefs = readTypeDefs();
  const plain = buildSchema(typeDefs);
  const all = Object.values(entities);
  const schema: GraphQLSchema = makeExecutableSchema({
    typeDefs,
    resolvers: [
      {
        Date: date,
        DateTime: dateTime,
        Decimal: decimal,
        Query: query,
        JSON: json,
        BitrixItemKind: bitrixItemKind,
        Mutation: { ...mutationsOf(all), uploadFile, syncBitrix: syncBitrix(entities, hidingOf(plain)) },
      },
      { Node: typed, RentalObject: typed, Contract: typed },
      { Project: { almaId }, Photo: { almaId } },
      payloadsOf(all),
      ...all.map((one) => resolversOf(plain, one)),
    ],
    resolverValidationOptions: { requireResolversToMatchSchema: "error" },
  });
  const settings = {
    report,
    maxPage,
    maxResponse,
    today,
    listables: entities satisfies Record<Kind, unknown>,
    needs: needsOf(all),
    bitrix: {
      ...bitrix,
      ids: new LRUCache<string, number>({ max: MOST_IDS }),
      given: new LRUCache<string, number>({ max: MOST_FILES, ttl: FILE_TTL }),
      unshown: new LRUCache<string, string>({ max: MOST_IDS }),
    },
    writing: {
      alma,
      projectId,
      patience: almaTimeout,
      locks: new Locks(),
      keys: new IdempotencyKeys<Result>(),
    },
  };
  // A server runs them on the contexts that are made below, which is all that they ask for.
  const plugins = [answerPlugin(schema, report)] as unknown as readonly ApolloServerPlugin<object>[];
  return {
    schema,
    plugins,
    execute,
    formatError,
    context: (request: GraphRequest) => new GraphContext(catalog, settings, request),
    progress: () => catalog.progress(),
    mapping: bitrix.mapping,
  };
}

const typed = { __resolveType: typeName };

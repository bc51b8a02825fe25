import { GraphQLScalarType } from "graphql";
import { onTestFinished } from "vitest";
import type { constants } from "../../../src/capabilities/bitrix/settings.ts";
import { addBitrixRoute } from "../../../src/capabilities/bitrix/webhook/sync-route.ts";
import type { Config } from "../../../src/config/index.ts";
import type { StopSignal } from "../../../src/graph/index.ts";
import { createLog, createMetrics, createServer } from "../../../src/server/index.ts";
import { smallGraph, testConfig, withoutAlma } from "../../server/http/small-graph.ts";

const types = ["Building", "Unit", "Room", "Client", "OwnerContract", "TenantContract"];

const sdl = /* GraphQL */ `
  directive @requiresScope(scope: Scope!) repeatable on FIELD_DEFINITION | INPUT_FIELD_DEFINITION | ENUM_VALUE
  enum Scope { READ PERSONAL SECRETS WRITE }
  scalar JSON
  enum BitrixItemKind { APARTMENT UNIT CONTACT OWNER_CONTRACT TENANT_CONTRACT }
  enum BitrixSyncAction { CREATED UPDATED UNCHANGED ATTACHED_TO_UNIT SKIPPED FAILED }
  input BitrixItemInput { kind: BitrixItemKind! item: JSON! }
  input Condition { and: [Condition!] item: JSON }
  type Query { hello(where: Condition): String }
  type Mutation {
    syncBitrix(items: [BitrixItemInput!]!, dryRun: Boolean! = false): SyncBitrixPayload
      @requiresScope(scope: WRITE) @requiresScope(scope: READ)
  }
  interface Node { id: ID! }
  type SyncBitrixPayload {
    items: [BitrixSyncResult!]! buildings: [BitrixBuildingResult!]! userErrors: [UserError!]!
  }
  type BitrixSyncResult {
    kind: BitrixItemKind! itemId: String action: BitrixSyncAction!
    record: Node @requiresScope(scope: READ) changes: [BitrixChange!]! userErrors: [UserError!]!
    warnings: [UserError!]!
  }
  type BitrixChange {
    field: String! before: JSON @requiresScope(scope: READ) after: JSON @requiresScope(scope: READ) hidden: Boolean!
  }
  type BitrixBuildingResult {
    name: String! action: BitrixSyncAction! building: Building @requiresScope(scope: READ) userErrors: [UserError!]!
  }
  type UserError { code: String! message: String! field: [String!] }
  ${types.map((type) => `type ${type} implements Node { id: ID! almaId: Int! externalId: String }`).join("\n")}
`;

/** The arguments of the mutation. */
export interface Given {
  readonly items: readonly { readonly kind: string; readonly item: Readonly<Record<string, unknown>> }[];
  readonly dryRun: boolean;
}

/** Resolves `syncBitrix` instead of a sync with Alma. */
export type Sync = (given: Given, signal: StopSignal) => unknown;

/** Reports every item as a changed apartment whose record has the item's id. */
export const allUpdated: Sync = ({ items }) => ({
  items: items.map(({ kind, item }) => ({
    kind,
    itemId: String(item.id ?? item.ID),
    action: "UPDATED",
    record: { __typename: "Unit", id: "Unit:9199", almaId: 9199, externalId: String(item.id) },
    changes: [{ field: "name", before: "12A", after: "12B", hidden: false }],
    userErrors: [],
    warnings: [],
  })),
  buildings: [],
  userErrors: [],
});

const mapping = {
  kindOf: (entityTypeId: string) =>
    (({ 144: "apartment", 167: "unit", 183: "tenantContract" }) as const)[Number(entityTypeId)],
};

/** A server with `POST /bitrix/sync`, for one test. */
export async function start(sync?: Sync, env?: Record<string, string>) {
  const server = await open(sync, env);
  onTestFinished(server.close);
  return server;
}

/** Starts a server over a graph whose `syncBitrix` only records its arguments. */
export async function open(sync: Sync = allUpdated, env: Record<string, string> = {}) {
  const given: Given[] = [];
  const graph = smallGraph(sdl, {
    JSON: new GraphQLScalarType({ name: "JSON" }),
    Mutation: {
      syncBitrix: (_: unknown, args: Given, { signal }) => {
        given.push(structuredClone(args));
        return sync(args, signal);
      },
    },
  });
  const config = testConfig({ LOG_LEVEL: "info", ...env });
  const written: Record<string, unknown>[] = [];
  const log = createLog(config.logLevel, { write: (line) => void written.push(JSON.parse(line)) });
  const metrics = createMetrics();
  const server = await createServer({
    ...withoutAlma(),
    ...{ config, graph, log, metrics, shutdownGrace: 0 },
    addRoutes: [
      (app, parts) => addBitrixRoute(app, parts, mapping, parts.config as Config & typeof constants),
    ],
  });
  const url = await server.listen();

  const send = async (body: BodyInit | null, headers: Record<string, string> = {}, search = "") => {
    const response = await fetch(`${url}/bitrix/sync${search}`, { method: "POST", headers, body });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: JSON.parse(text) };
  };
  const json = (value: unknown, headers: Record<string, string> = {}) =>
    send(JSON.stringify(value), { "content-type": "application/json", ...headers });
  const form = (body: string, headers: Record<string, string> = {}) =>
    send(body, { "content-type": "application/x-www-form-urlencoded", ...headers });
  return {
    url,
    given,
    send,
    json,
    form,
    metrics: () => metrics.registry.metrics(),
    logged: () => JSON.stringify(written),
    close: () => server.close(),
    /** Clears the recorded arguments and log lines. */
    clear() {
      given.length = 0;
      written.length = 0;
    },
    lines: (message: string) => written.filter(({ msg }) => msg === message),
  };
}

/** A form as Bitrix sends it: brackets are percent-encoded. */
export const formOf = (fields: readonly (readonly [string, string])[]): string =>
  new URLSearchParams(fields.map(([name, value]) => [name, value])).toString();

/** The credentials in each of Bitrix's webhooks; they must never be shown or logged. */
export const auth = [
  ["ts", "1732540000"],
  ["auth[domain]", "portal.example"],
  ["auth[client_endpoint]", "https://portal.example/rest/"],
  ["auth[member_id]", "member-secret"],
  ["auth[application_token]", "token-secret"],
  ["event_token", "event-secret"],
] as const;

import type { Graph } from "../../../src/graph/index.ts";
import { createApiKey } from "../../../src/server/access/api-key.ts";
import { smallGraph } from "../http/small-graph.ts";

const sdl = /* GraphQL */ `
  directive @requiresScope(scope: Scope!) on FIELD_DEFINITION | INPUT_FIELD_DEFINITION | ENUM_VALUE
  enum Scope { READ PERSONAL SECRETS WRITE }
  type Query {
    node(id: ID!): Node
    client(ref: Ref): Client
    unit(ref: Ref): Unit
    rentalObject(ref: Ref): RentalObject
    clients(first: Int, filter: ClientFilter, orderBy: [ClientOrder!]): ClientConnection
    units(first: Int): UnitConnection
    contracts(filter: ContractFilter): [Contract]
    anything: Anything
    open: String @requiresScope(scope: READ)
  }
  type Mutation {
    createClient(input: ClientDraft!): ClientPayload
    uploadFile: FilePayload
  }
  interface Node { id: ID! }
  interface RentalObject implements Node { id: ID! name: String keyboxCode: String }
  type Unit implements Node & RentalObject {
    id: ID! name: String tenant: Client parent: Unit
    keyboxCode: String @requiresScope(scope: SECRETS)
  }
  type Room implements Node & RentalObject { id: ID! name: String keyboxCode: String @requiresScope(scope: SECRETS) }
  type Client implements Node { id: ID! name: String email: String @requiresScope(scope: PERSONAL) units: UnitConnection }
  type Contract { client: Client scan: String @requiresScope(scope: PERSONAL) }
  union Anything = Unit | Client
  type ClientConnection { nodes: [Client!]! totalCount: Int! }
  type UnitConnection { nodes: [Unit!]! edges: [UnitEdge!]! }
  type UnitEdge { node: Unit! }
  input Ref { id: ID }
  input ClientFilter { name: String email: String @requiresScope(scope: PERSONAL) and: [ClientFilter!] contract: ContractFilter }
  input ContractFilter { number: String client: ClientFilter }
  input ClientOrder { field: ClientOrderField! }
  enum ClientOrderField { NAME EMAIL @requiresScope(scope: PERSONAL) }
  input ClientDraft { name: String email: String }
  type ClientPayload { client: Client userErrors: [String!]! }
  type FilePayload { almaId: Int }
`;

const client = {
  __typename: "Client",
  id: "Client:1",
  name: "Anna",
  email: "anna@example.com",
  units: { nodes: [], edges: [] },
};
const unit = { __typename: "Unit", id: "Unit:1", name: "12A", keyboxCode: "1234", tenant: client };
const read: string[] = [];

/** A graph with records, personal data and secrets, which records the root fields that were executed. */
export function scopedGraph(): { graph: Graph; executed: string[] } {
  const executed: string[] = read;
  const root = (name: string, value: unknown) => () => {
    executed.push(name);
    return value;
  };
  const graph = smallGraph(sdl, {
    Query: {
      node: root("node", client),
      client: root("client", client),
      unit: root("unit", { ...unit, parent: unit }),
      rentalObject: root("rentalObject", unit),
      clients: root("clients", { nodes: [client], totalCount: 1 }),
      units: root("units", { nodes: [unit], edges: [{ node: unit }] }),
      contracts: root("contracts", [{ client, scan: "scan.jpg" }]),
      anything: root("anything", client),
      open: root("open", "open"),
    },
    Mutation: {
      createClient: root("createClient", { client, userErrors: [] }),
      uploadFile: root("uploadFile", { almaId: 7 }),
    },
  });
  return { graph: graph, executed };
}

export const keys = {
  none: createApiKey("none", [], null),
  read: createApiKey("reader", ["read"], null),
  personal: createApiKey("people", ["read", "personal"], null),
  secrets: createApiKey("doors", ["read", "secrets"], null),
  write: createApiKey("writer", ["write"], null),
  all: createApiKey("all", ["read", "personal", "secrets", "write"], null),
};
export type KeyName = keyof typeof keys;

/** The environment with these keys. */
export const keyEnv = { API_KEYS: JSON.stringify(Object.values(keys).map(({ record }) => record)) };

import { createRequire } from "node:module";
import { join } from "node:path";
import { ApolloClient, HttpLink, InMemoryCache } from "@apollo/client";
import { Client, cacheExchange, fetchExchange } from "@urql/core";
import type { DocumentNode } from "graphql";
import { GraphQLClient } from "graphql-request";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startGateway } from "../support/gateway.ts";
import { type KeyedGateway, startKeyedGateway } from "./keyed-gateway.ts";
import { createProject, type Project, pageFiles } from "./project.ts";

const compilerOptions = {
  strict: true,
  module: "NodeNext",
  target: "ES2023",
  lib: ["ES2023"],
  skipLibCheck: true,
  types: [],
  rootDir: "src",
  outDir: "built",
};
const screen = `
import { graphql } from "./gql/index.js";
import type { TenantsQuery } from "./gql/graphql.js";
export const place = graphql(\`fragment Place on RentalObject { name building { name } }\`);
export const tenants = graphql(\`
  query Tenants($filter: TenantContractFilter) @freshness(maxAge: 60) {
    tenantContracts(first: 3, filter: $filter) { nodes { id price rentalObject { ...Place } } }
  }
\`);
export const price = (data: TenantsQuery): string | null | undefined => data.tenantContracts?.nodes[0]?.price;
`;

/** Gives a document to each client, and takes a typed field out of each answer. */
const clients = `
import { GraphQLClient } from "graphql-request";
import { client as apollo } from "./apollo.js";
import { tenants } from "../screen.js";
import { client as urql } from "./urql.js";
const variables = { filter: { state: ["ACTIVE" as const] } };
type Price = string | null | undefined;
export async function prices(): Promise<Price[]> {
  const one = await apollo.query({ query: tenants, variables });
  const two = await urql.query(tenants, variables);
  const three = await new GraphQLClient("http://127.0.0.1").request(tenants, variables);
  const price: Price = one.data?.tenantContracts?.nodes?.[0]?.price;
  return [price, two.data?.tenantContracts?.nodes[0]?.price, three.tenantContracts?.nodes[0]?.price];
}
`;
/** The clients of docs/frontend.md. */
const clientFiles = Object.fromEntries(
  Object.entries({ ...pageFiles("Apollo Client"), ...pageFiles("urql") })
    .filter(([path]) => /^src\/(gateway|streamed|view|apollo|urql)/.test(path))
    .map(([path, text]) => [path.replace("src/", "src/client/"), text]),
);

let project: Project;
let gateway: KeyedGateway;
let tenants: DocumentNode & { readonly __meta__: { readonly hash: string } };

beforeAll(async () => {
  const published = await startGateway({ size: 0 });
  project = await createProject(published.address, {
    "codegen.json": pageFiles("urql")["codegen.json"] ?? "",
    "tsconfig.json": JSON.stringify({ compilerOptions, include: ["src"], exclude: ["src/client"] }),
    "bundled.json": pageFiles("urql")["tsconfig.json"] ?? "",
    "src/screen.ts": screen,
    ...clientFiles,
    "src/client/clients.ts": clients,
  });
  await published.close();
  const made = await project.run("graphql-codegen", "-c", "codegen.json");
  expect(made, made.output).toMatchObject({ code: 0 });
}, 60_000);
beforeAll(async () => {
  const built = await project.run("tsc", "-p", ".");
  expect(built).toEqual({ code: 0, output: "" });
  tenants = createRequire(import.meta.url)(join(project.folder, "built/screen.js")).tenants;
  gateway = await startKeyedGateway(
    {},
    {
      PERSISTED_DOCUMENTS: "required",
      PERSISTED_MANIFEST: join(project.folder, "src/gql/persisted-documents.json"),
    },
  );
}, 60_000);
afterAll(async () => {
  project.remove();
  await gateway?.close();
});

async function post(body: object) {
  const response = await fetch(gateway.url, {
    method: "POST",
    headers: { "content-type": "application/json", "x-api-key": gateway.key },
    body: JSON.stringify(body),
  });
  return { status: response.status, ...((await response.json()) as { data?: unknown; errors?: unknown }) };
}

/** The first contract as Alma has it, asked for by its number. */
function expected() {
  const { tenantContracts, units, rooms, buildings } = gateway.simulator.data;
  const [contract] = tenantContracts.all();
  const room = rooms.get(contract?.unit_id);
  const unit = units.get(room?.parent_unit ?? contract?.unit_id);
  const rentalObject = {
    name: (room ?? unit)?.name,
    building: { name: buildings.get(unit?.building)?.name },
  };
  return {
    variables: { filter: { almaId: { eq: contract?.id } } },
    data: {
      tenantContracts: {
        nodes: [{ id: `TenantContract:${contract?.id}`, price: contract?.price, rentalObject }],
      },
    },
  };
}

test("the documents fit the types of the clients as docs/frontend.md sets them up", async () => {
  expect(await project.run("tsc", "-p", "bundled.json")).toEqual({ code: 0, output: "" });
}, 60_000);

test("the documents are answered through each client", async () => {
  const { variables, data } = expected();
  const open = await startKeyedGateway();
  const headers = { "x-api-key": open.key };
  const [contract] = open.simulator.data.tenantContracts.all();
  expect(data.tenantContracts.nodes[0]?.id).toBe(`TenantContract:${contract?.id}`);
  const apolloClient = new ApolloClient({
    link: new HttpLink({ uri: open.url, headers }),
    cache: new InMemoryCache(),
  });
  const urqlClient = new Client({
    url: open.url,
    fetchOptions: { headers },
    exchanges: [cacheExchange, fetchExchange],
  });
  const nodes = [{ id: `TenantContract:${contract?.id}`, price: contract?.price }];
  const shown = { tenantContracts: { nodes } };
  expect((await apolloClient.query({ query: tenants, variables })).data).toMatchObject(shown);
  expect((await urqlClient.query(tenants, variables)).data).toMatchObject(shown);
  expect(await new GraphQLClient(open.url, { headers }).request(tenants, variables)).toMatchObject(shown);
  await open.close();
});

test("a document of codegen's client preset is answered by its hash alone", async () => {
  const { variables, data } = expected();
  const documentId = tenants.__meta__.hash;
  expect(await post({ documentId, variables })).toMatchObject({ status: 200, data });
  expect(await post({ documentId: `sha256:${documentId}`, variables })).toMatchObject({ status: 200, data });
});

test("a document of the client preset is answered by its hash in a GET", async () => {
  const { variables, data } = expected();
  const url = new URL(gateway.url);
  url.searchParams.set("documentId", tenants.__meta__.hash);
  url.searchParams.set("variables", JSON.stringify(variables));
  const response = await fetch(url, { headers: { "x-api-key": gateway.key } });
  expect(await response.json()).toMatchObject({ data });
});

test("where persisted documents are required, everything else is refused before Alma is asked", async () => {
  gateway.asked();
  const other = await post({ query: "{ units { totalCount } }" });
  expect(other).toMatchObject({
    status: 400,
    errors: [{ extensions: { code: "PERSISTED_DOCUMENT_REQUIRED" } }],
  });
  const unknown = await post({ documentId: "0".repeat(64) });
  expect(unknown).toMatchObject({
    status: 400,
    errors: [{ extensions: { code: "PERSISTED_DOCUMENT_NOT_FOUND" } }],
  });
  expect(gateway.asked()).toEqual([]);
});

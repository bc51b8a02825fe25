import { createHash } from "node:crypto";
import { ApolloClient, ApolloLink, CombinedGraphQLErrors, gql, HttpLink, InMemoryCache } from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { relayStylePagination } from "@apollo/client/utilities";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { type KeyedGateway, notingFetch, startKeyedGateway } from "../../../test/client/keyed-gateway.ts";

let gateway: KeyedGateway;
beforeAll(async () => {
  gateway = await startKeyedGateway();
});
afterAll(() => gateway.close());
beforeEach(() => {
  gateway.simulator.faults.clear();
  gateway.asked();
});

/** Apollo Client configured as in its manual, with the key in a header. */
function client(options: HttpLink.Options = {}, before: ApolloLink[] = []) {
  return new ApolloClient({
    link: ApolloLink.from([...before, new HttpLink({ uri: gateway.url, headers: { "x-api-key": gateway.key }, ...options })]),
    cache: new InMemoryCache({
      possibleTypes: {
        RentalObject: ["Unit", "Room"],
        Contract: ["OwnerContract", "TenantContract"],
        Node: ["Building", "Unit", "Room", "Client", "OwnerContract", "TenantContract"],
      },
      typePolicies: { Query: { fields: { units: relayStylePagination(["filter", "orderBy"]) } } },
    }),
  });
}

interface UnitsData {
  readonly units: {
    readonly edges: readonly { readonly node: { readonly id: string } }[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
  };
}

const unitsQuery = gql`
  query Units($after: String) {
    units(first: 20, after: $after) {
      edges { cursor node { id name } }
      pageInfo { hasNextPage endCursor }
    }
  }
`;

test("fetchMore with relayStylePagination collects every page in order, and Alma is asked once", async () => {
  const query = client().watchQuery<UnitsData>({ query: unitsQuery });
  let shown: string[] = [];
  const screen = query.subscribe(({ data }) => {
    shown = (data as UnitsData | undefined)?.units.edges.map(({ node }) => node.id) ?? [];
  });
  let page = (await query.refetch()).data;
  while (page?.units.pageInfo.hasNextPage) {
    page = (await query.fetchMore({ variables: { after: page.units.pageInfo.endCursor } })).data;
  }
  const newestFirst = gateway.simulator.data.units.all().map(({ id }) => `Unit:${id}`);
  expect(newestFirst.length).toBeGreaterThan(40);
  await vi.waitFor(() => expect(shown).toEqual(newestFirst));
  screen.unsubscribe();
  expect(gateway.asked()).toEqual(["GET realty/units/"]);
});

test("a record has one entry in the cache, whichever query reads it", async () => {
  const apollo = client();
  const [unit] = gateway.simulator.data.units.all();
  const list = gql`{ units(first: 1) { edges { cursor node { id name } } } }`;
  const first = await apollo.query<{ units: { edges: { node: { id: string } }[] } }>({ query: list });
  expect(first.data?.units.edges[0]?.node).toMatchObject({ name: unit?.name });
  gateway.simulator.data.units.change(unit?.id ?? 0, { name: "Renamed" });
  await apollo.query({
    query: gql`query One($ref: Ref!) @freshness(maxAge: 0) { unit(ref: $ref) { id name } }`,
    variables: { ref: { almaId: unit?.id } },
  });
  expect(apollo.readQuery({ query: list })).toMatchObject({
    units: { edges: [{ node: { id: `Unit:${unit?.id}`, name: "Renamed" } }] },
  });
});

test("fragments on the interfaces match units and rooms, both kinds of contract, and every node", async () => {
  const { data } = await client().query<{
    tenantContracts: {
      nodes: { id: string; rentalObject: { __typename: string; name: string; building: { id: string } } }[];
    };
  }>({
    query: gql`
      fragment Key on Node { id }
      fragment Place on RentalObject { ...Key name building { ...Key name } }
      fragment Term on Contract { ...Key startDate endDate rentalObject { ...Place } }
      query Tenants { tenantContracts(first: 240) { nodes { ...Term price } } }
    `,
  });
  const nodes = data?.tenantContracts.nodes ?? [];
  expect(new Set(nodes.map((node) => node.rentalObject.__typename))).toEqual(new Set(["Unit", "Room"]));
  for (const { id, rentalObject } of nodes) {
    const { tenantContracts, units, rooms } = gateway.simulator.data;
    const contract = tenantContracts.get(Number(id.split(":")[1]));
    expect(rentalObject.building.id).toMatch(/^Building:/);
    expect(rentalObject.name).toBe((units.get(contract?.unit_id) ?? rooms.get(contract?.unit_id))?.name);
  }
});

test("a persisted query is sent once with its text, then as a GET with its hash alone", async () => {
  const { fetch, sent } = notingFetch();
  const link = new PersistedQueryLink({
    sha256: (text) => createHash("sha256").update(text).digest("hex"),
    useGETForHashedQueries: true,
  });
  const query = gql`query Persisted { units(first: 3) { nodes { id name } } }`;
  for (let time = 0; time < 2; time += 1) {
    const { data } = await client({ fetch }, [link]).query<{ units: { nodes: unknown[] } }>({ query });
    expect(data?.units.nodes).toHaveLength(3);
  }
  expect(sent).toEqual([
    "GET extensions,operationName,variables",
    "POST extensions,operationName,query,variables",
    "GET extensions,operationName,variables",
  ]);
});

test("queries are sent by GET if configured so", async () => {
  const { fetch, sent } = notingFetch();
  const { data } = await client({ fetch, useGETForQueries: true }).query({
    query: gql`query Named($ref: Ref!) { building(ref: $ref) { name } }`,
    variables: { ref: { almaId: gateway.simulator.data.buildings.all()[0]?.id } },
  });
  expect(data).toEqual({
    building: { __typename: "Building", name: gateway.simulator.data.buildings.all()[0]?.name },
  });
  expect(sent).toEqual(["GET extensions,operationName,query,variables"]);
});

test("an error has its code, and is answered together with the data that could be read", async () => {
  gateway.simulator.faults.add({ kind: "status", status: 400, when: ({ path }) => path.includes("clients") });
  const { data, error } = await client().query({
    query: gql`query Half { buildings(first: 1) { totalCount } clients(first: 1) { totalCount } }`,
    errorPolicy: "all",
  });
  expect(data).toMatchObject({
    buildings: { totalCount: gateway.simulator.data.buildings.size },
    clients: null,
  });
  expect(CombinedGraphQLErrors.is(error)).toBe(true);
  expect((error as CombinedGraphQLErrors).errors).toMatchObject([{ path: ["clients"], extensions: { code: "ALMA_BAD_ANSWER" } }]);
});

test("a mistake in a document is a GraphQL error that names it, whatever its status", async () => {
  const { error } = await client().query({ query: gql`{ units { nodes { nam } } }`, errorPolicy: "all" });
  expect((error as CombinedGraphQLErrors).errors[0]?.message).toContain('Did you mean "name"');
});

test("a wrong key is an error of GraphQL with its code", async () => {
  const asked = client({ headers: { "x-api-key": "almagw_wrong" } }).query({ query: unitsQuery });
  const error = await asked.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(CombinedGraphQLErrors.is(error)).toBe(true);
  expect((error as CombinedGraphQLErrors).errors[0]?.extensions).toEqual({ code: "UNAUTHENTICATED" });
});

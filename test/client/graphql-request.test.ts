import { ClientError, GraphQLClient, gql, request } from "graphql-request";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type KeyedGateway, startKeyedGateway } from "./keyed-gateway.ts";

let gateway: KeyedGateway;
let headers: { "x-api-key": string };
beforeAll(async () => {
  gateway = await startKeyedGateway();
  headers = { "x-api-key": gateway.key };
});
afterAll(() => gateway.close());

test("one function reads a building with its units", async () => {
  const [building] = gateway.simulator.data.buildings.all();
  const data = await request({
    url: gateway.url,
    requestHeaders: headers,
    document: gql`
      query Building($ref: Ref!) { building(ref: $ref) { name units { totalCount } } }
    `,
    variables: { ref: { almaId: building?.id } },
  });
  expect(data).toEqual({
    building: {
      name: building?.name,
      units: { totalCount: gateway.simulator.data.units.by("building", building?.id ?? 0).length },
    },
  });
});

test.each(["POST", "GET"])("a client asks by %s, with the key as a bearer", async (method) => {
  const client = new GraphQLClient(gateway.url, {
    method: method as "GET" | "POST",
    headers: { authorization: `Bearer ${gateway.key}` },
  });
  const { units } = await client.request<{ units: { nodes: { name: string }[] } }>(
    "query Names($first: Int) { units(first: $first) { nodes { name } } }",
    { first: 2 },
  );
  const [first, second] = gateway.simulator.data.units.all();
  expect(units.nodes.map(({ name }) => name)).toEqual([first?.name, second?.name]);
});

test("an error has status, code, path and the data that could be read", async () => {
  const client = new GraphQLClient(gateway.url, { headers });
  const [unit] = gateway.simulator.data.units.all();
  const isUnit = ({ path }: { path: string }) => path === `realty/units/${unit?.id}/`;
  gateway.simulator.faults.add({ kind: "status", status: 418, when: isUnit, times: 1 });
  const error = await client
    .request(
      `query @freshness(maxAge: 0) { buildings(first: 1) { totalCount } unit(ref: { almaId: ${unit?.id} }) { status } }`,
    )
    .catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ClientError);
  const { response } = error as ClientError;
  expect(response.status).toBe(200);
  expect(response.data).toMatchObject({ buildings: { totalCount: 8 }, unit: null });
  expect(response.errors).toMatchObject([{ path: ["unit"], extensions: { code: "ALMA_BAD_ANSWER" } }]);
});

test("rawRequest shows what the answer cost", async () => {
  const client = new GraphQLClient(gateway.url, { headers });
  const { extensions } = await client.rawRequest("{ clients(first: 1) { totalCount } }");
  expect(extensions).toMatchObject({ alma: { calls: 1 } });
});

test("a batch is refused with a sentence, not half answered", async () => {
  const client = new GraphQLClient(gateway.url, { headers });
  const document = "{ buildings { totalCount } }";
  const error = await client.batchRequests([{ document }, { document }]).catch((reason: unknown) => reason);
  expect(JSON.stringify((error as ClientError).response)).toContain("batching");
});

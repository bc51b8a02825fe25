import { createRequire } from "node:module";
import relay, { type RequestParameters, type Variables } from "relay-runtime";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type KeyedGateway, startKeyedGateway } from "./keyed-gateway.ts";
import { importPage } from "./page-client.ts";
import { createProject, type Project, pageFiles } from "./project.ts";

/** That of the page; what it compiles is loaded here as it is. */
const config = {
  ...JSON.parse(pageFiles("Relay")["relay.config.json"] ?? ""),
  language: "javascript",
  eagerEsModules: false,
};
const screens = `
import { graphql } from "react-relay";
graphql\`
  query screensQuery($building: Ref!) { building(ref: $building) { id name ...screens_units } }
\`;
graphql\`
  fragment screens_units on Building
  @argumentDefinitions(count: { type: "Int", defaultValue: 5 }, cursor: { type: "String" })
  @refetchable(queryName: "screensPageQuery") {
    units(first: $count, after: $cursor) @connection(key: "screens_units") {
      totalCount
      edges { node { ...screens_place } }
    }
  }
\`;
graphql\`
  fragment screens_place on RentalObject { name building { name } ... on Unit { numberOfBedrooms } }
\`;
graphql\`
  mutation screensRenameMutation($ref: Ref!, $input: UpdateBuildingInput!) {
    updateBuilding(ref: $ref, input: $input) { building { id name } userErrors { code field message } }
  }
\`;
`;

const live = "query screensLiveQuery($id: ID!) @live { unit(ref: { id: $id }) { id header } }";
const follow = `subscription screensFollowSubscription($after: String = "now") { changes(after: $after) { recordId } }`;
const update = `mutation screensUpdateMutation($id: ID!, $input: UpdateUnitInput!) {
  updateUnit(ref: { id: $id }, input: $input) { unit { id header } userErrors { code } }
}`;

let gateway: KeyedGateway;
let project: Project;
beforeAll(async () => {
  gateway = await startKeyedGateway({ size: { buildings: 2, units: 26 } });
  project = await createProject(
    gateway.address,
    {
      "relay.config.json": JSON.stringify(config),
      "src/screens.js": screens,
      "src/made/.keep": "",
    },
    { "x-api-key": gateway.key },
  );
});
afterAll(async () => {
  project.remove();
  await gateway.close();
});

/** A Relay environment as its manual sets it up. */
function createEnvironment() {
  const ask = async ({ text }: RequestParameters, variables: Variables) => {
    const response = await fetch(gateway.url, {
      method: "POST",
      headers: { "content-type": "application/json", "x-api-key": gateway.key },
      body: JSON.stringify({ query: text, variables }),
    });
    return response.json();
  };
  return new relay.Environment({
    network: relay.Network.create(ask),
    store: new relay.Store(new relay.RecordSource()),
  });
}

test("relay-compiler accepts the schema; a connection is read page by page and shows a write", async () => {
  const compiled = await project.run("relay-compiler", "relay.config.json");
  expect(compiled, compiled.output).toMatchObject({ code: 0 });
  const require = createRequire(`${project.folder}/src/made/`);
  const load = (name: string) => require(`./${name}.graphql.js`);

  const environment = createEnvironment();
  const [building] = gateway.simulator.data.buildings.all();
  const first = relay.createOperationDescriptor(load("screensQuery"), {
    building: { almaId: building?.id },
  });
  const kept = environment.retain(first);
  await relay.fetchQuery(environment, load("screensQuery"), first.request.variables).toPromise();
  const parent = (environment.lookup(first.fragment).data as { building: { id: string } }).building;
  const shown = () => {
    const { data, isMissingData } = environment.lookup(
      relay.getSingularSelector(load("screens_units"), parent) as never,
    );
    expect(isMissingData).toBe(false);
    return (data as { units: ShownPage }).units;
  };
  expect(shown().edges).toHaveLength(5);
  while (shown().pageInfo.hasNextPage) {
    const variables = { id: parent.id, count: 5, cursor: shown().pageInfo.endCursor };
    await relay.fetchQuery(environment, load("screensPageQuery"), variables).toPromise();
  }
  const names = shown().edges.map(({ node }) => {
    const place = relay.getSingularSelector(load("screens_place"), node);
    return (environment.lookup(place as never).data as { name: string }).name;
  });
  const units = gateway.simulator.data.units.by("building", building?.id ?? 0);
  expect(units.length).toBeGreaterThan(10);
  expect(names).toEqual(units.map(({ name }) => name));
  expect(shown().totalCount).toBe(units.length);

  await new Promise((onCompleted, onError) =>
    relay.commitMutation(environment, {
      mutation: load("screensRenameMutation"),
      variables: { ref: { id: parent.id }, input: { name: "Renamed Tower" } },
      onCompleted,
      onError,
    }),
  );
  expect(environment.lookup(first.fragment).data).toMatchObject({ building: { name: "Renamed Tower" } });
  kept.dispose();
});

interface ShownPage {
  readonly totalCount: number;
  readonly edges: readonly { readonly node: object }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
}

test("relay-compiler points to a wrong field", async () => {
  project.write(
    "src/wrong.js",
    'import { graphql } from "react-relay";\ngraphql`query wrongQuery { units { nodes { nam } } }`;\n',
  );
  const { code, output } = await project.run("relay-compiler", "relay.config.json");
  expect(code).not.toBe(0);
  expect(output).toContain("The type `Unit` has no field `nam`");
});

test("the environment of the page shows a write at once, a live answer, and what a subscription tells", async () => {
  const own = await createProject(
    gateway.address,
    {
      "relay.config.json": JSON.stringify(config),
      "src/screens.js": [live, follow, update].map((text) => `graphql\`${text}\`;\n`).join(""),
      "src/made/.keep": "",
    },
    { "x-api-key": gateway.key },
  );
  const compiled = await own.run("relay-compiler", "relay.config.json");
  expect(compiled, compiled.output).toMatchObject({ code: 0 });
  const require = createRequire(`${own.folder}/src/made/`);
  const load = (name: string) => require(`./${name}.graphql.js`);
  const { environment } = await importPage<{ environment: relay.Environment }>(
    "Relay",
    gateway.url,
    gateway.key,
  );
  const commit = (
    name: string,
    variables: Record<string, unknown>,
    optimisticResponse?: Record<string, unknown>,
  ) =>
    new Promise<unknown>((onCompleted, onError) =>
      relay.commitMutation<Record<"variables" | "response" | "rawResponse", Record<string, unknown>>>(
        environment,
        {
          ...{ mutation: load(name), variables, onCompleted, onError },
          ...(optimisticResponse && { optimisticResponse }),
        },
      ),
    );
  const { units } = gateway.simulator.data;
  const [first] = units.all();
  const told: string[] = [];
  const variables = { id: `Unit:${first?.id}` };
  const watching = relay
    .fetchQuery<{ variables: object; response: { unit: { header: string } } }>(
      environment,
      load("screensLiveQuery"),
      variables,
    )
    .subscribe({ next: ({ unit }) => void told.push(unit.header) });
  await expect.poll(() => told.length).toBeGreaterThan(0);
  const followed: unknown[] = [];
  const following = relay.requestSubscription(environment, {
    ...{ subscription: load("screensFollowSubscription"), variables: {} },
    onNext: (data) => void followed.push(data),
  });
  const at = relay.createOperationDescriptor(load("screensLiveQuery"), variables);
  const header = () => (environment.lookup(at.fragment).data as { unit: { header: string } }).unit.header;
  const kept = environment.retain(at);
  const done = commit(
    "screensUpdateMutation",
    { ...variables, input: { header: "By the sea" } },
    { updateUnit: { unit: { ...variables, header: "By the sea" }, userErrors: [] } },
  );
  expect([header(), units.get(first?.id)?.header]).toEqual(["By the sea", first?.header]);
  await done;
  await expect.poll(() => told.at(-1), { timeout: 10_000 }).toBe("By the sea");
  await expect
    .poll(() => followed, { timeout: 10_000 })
    .toContainEqual({ changes: { recordId: variables.id } });
  watching.unsubscribe();
  for (const { dispose } of [kept, following]) dispose();
  own.remove();
});

import type { ApolloClient } from "@apollo/client";
import { gql } from "@apollo/client";
import type { Client } from "@urql/core";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { startTcpProxy } from "../support/tcp-proxy.ts";
import { type KeyedGateway, startKeyedGateway } from "./keyed-gateway.ts";
import { importPage } from "./page-client.ts";
import type { PageClient } from "./project.ts";

let gateway: KeyedGateway;

beforeAll(async () => {
  gateway = await startKeyedGateway();
});
afterAll(() => gateway.close());

/** The client that a file of docs/frontend.md makes. `url`: the address of GraphQL. */
const clientOf = async <C>(name: PageClient, url = gateway.url): Promise<C> =>
  (await importPage<{ client: C }>(name, url, gateway.key)).client;

const unit = () => gateway.simulator.data.units.all()[0]?.id ?? 0;
const screen = gql`query Screen($id: Int!) @live { unit(ref: { almaId: $id }) { id address } }`;
const follow = gql`subscription Follow($after: String = "now") { changes(after: $after) { recordId after } }`;

/** Changes the address of a unit in Alma, and has it read. */
async function move(address: string): Promise<void> {
  gateway.simulator.data.units.change(unit(), { address });
  const read = "query ($id: Int!) @freshness(maxAge: 0) { unit(ref: { almaId: $id }) { address } }";
  const { errors } = await gateway.query(read, { id: unit() }, { "x-api-key": gateway.key });
  expect(errors).toBeUndefined();
}

const eventually = async (holds: () => boolean) => {
  while (!holds()) await new Promise((proceed) => setTimeout(proceed, 10));
};

test("Apollo Client shows a live query's new answer, also from its cache, and what a subscription tells", async () => {
  const client = await clientOf<ApolloClient>("Apollo Client");
  await move("before");
  const shown: string[] = [];
  const told: string[] = [];
  const watched = client.watchQuery<{ unit: { address: string } }>({
    query: screen,
    variables: { id: unit() },
  });
  const subscriptions = [
    watched.subscribe(({ data }) => void shown.push(data?.unit?.address ?? "")),
    client
      .subscribe<{ changes: { after: string } }>({ query: follow })
      .subscribe(({ data }) => void told.push(data?.changes.after ?? "")),
  ];
  await eventually(() => shown.includes("before"));
  await new Promise((proceed) => setTimeout(proceed, 500));
  await move("after");
  await eventually(() => shown.at(-1) === "after" && told.includes("after"));
  expect(client.readQuery({ query: screen, variables: { id: unit() } })).toMatchObject({
    unit: { address: "after" },
  });
  for (const subscription of subscriptions) subscription.unsubscribe();
  client.stop();
});

test("urql shows a live query's new answer, and what a subscription tells", async () => {
  const client = await clientOf<Client>("urql");
  await move("before");
  const shown: string[] = [];
  const told: string[] = [];
  const subscriptions = [
    client.query(screen, { id: unit() }).subscribe(({ data }) => void shown.push(data?.unit.address)),
    client.subscription(follow, {}).subscribe(({ data }) => void told.push(data?.changes.after)),
  ];
  await eventually(() => shown.includes("before"));
  await new Promise((proceed) => setTimeout(proceed, 500));
  await move("after");
  await eventually(() => shown.at(-1) === "after" && told.includes("after"));
  for (const { unsubscribe } of subscriptions) unsubscribe();
});

test("a stream that has broken off goes on after its last cursor", async () => {
  const port = Number(new URL(gateway.url).port);
  const proxy = await startTcpProxy(port);
  const client = await clientOf<Client>("urql", gateway.url.replace(`${port}`, `${proxy.port}`));
  const told: string[] = [];
  const { unsubscribe } = client
    .subscription(follow, {})
    .subscribe(({ data }) => void told.push(data?.changes.after));
  await new Promise((proceed) => setTimeout(proceed, 500));
  await move("one");
  await eventually(() => told.includes("one"));
  proxy.redirect(port);
  await move("two");
  await eventually(() => told.includes("two"));
  expect(told).toEqual(["one", "two"]);
  unsubscribe();
});

test("a stream that is refused is asked for once, and ends with what the gateway says", async () => {
  const client = await clientOf<Client>("urql");
  const ask = vi.spyOn(globalThis, "fetch");
  onTestFinished(() => ask.mockRestore());
  const told: unknown[] = [];
  const wrong = gql`subscription Wrong { changes { recordIdd } }`;
  const { unsubscribe } = client
    .subscription(wrong, {})
    .subscribe(({ error }) => void told.push(error?.graphQLErrors[0]?.message));
  await eventually(() => told.length > 0);
  await new Promise((proceed) => setTimeout(proceed, 2_500));
  expect([told.at(-1), ask.mock.calls.length]).toEqual([expect.stringContaining('"recordIdd"'), 1]);
  unsubscribe();
});

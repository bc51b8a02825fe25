import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { startGateways } from "../server/peer/gateways.ts";
import { postJson } from "../support/post.ts";
import { openStream } from "../support/stream.ts";

const readUnits = "query @freshness(maxAge: 0) { units(first: 100) { nodes { address } } }";
const follow = { query: 'subscription { changes(after: "now") { after } }' };

test("every process forwards a stream of the leader, which ends with the leader and continues at the next one or is refused", async () => {
  const { simulator, cluster, addresses } = await startGateways(2, { MAX_STREAMS: "4" });
  const [leader = "", standby = ""] = addresses;
  const [{ id = 0 } = {}] = simulator.data.units.all();
  const move = async (address: string) => {
    simulator.data.units.change(id, { address });
    await postJson(`${standby}/graphql`, { query: readUnits });
  };
  await postJson(`${leader}/graphql`, { query: readUnits });
  const headers = { accept: "text/event-stream", "accept-encoding": "gzip" };
  const streams = [
    await openStream(`${standby}/changes?after=now`, { headers }),
    await openStream(`${standby}/graphql/stream`, { body: follow, headers: { "accept-encoding": "br" } }),
    await openStream(`${leader}/changes?after=now`),
  ];
  await sleep(300);
  await move("First");
  const told = await Promise.all(streams.map(({ take }) => take(1)));
  expect(told.flat()).toMatchObject([
    { after: "First" },
    { data: { changes: { after: "First" } } },
    { after: "First" },
  ]);
  for (const { headers } of streams) expect(headers["content-encoding"]).toBeUndefined();
  cluster.lead(1);
  expect(await Promise.all(streams.map(({ ended }) => ended))).toEqual([true, true, true]);
  expect(streams[0]?.messages()[1]).toMatchObject({ code: "STREAM_ENDED" });
  // Without a store, the next leader starts without knowledge.
  const [{ cursor = "" } = {}] = told[0] ?? [];
  const again = await openStream(`${leader}/changes?after=${cursor}`);
  expect(again.status).toBe(410);
  expect((await openStream(`${leader}/changes?after=now`)).status).toBe(200);
});

test("a process that is stopped ends the streams that it forwards, which continue elsewhere", async () => {
  const { addresses, gateways } = await startGateways(2, { DRAIN_DELAY: "0" });
  const [leader = "", standby = ""] = addresses;
  const own = await openStream(`${leader}/graphql/stream`, { body: follow });
  const forwarded = await openStream(`${standby}/graphql/stream`, { body: follow });
  await gateways[1]?.drain();
  await forwarded.ended;
  expect(own.response.closed).toBe(false);
});

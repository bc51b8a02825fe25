import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "graphql-sse";
import { expect, onTestFinished, test } from "vitest";
import { createApiKey } from "../../src/server/access/api-key.ts";
import { start } from "../graph/start.ts";
import { household } from "../simulator/alma.ts";
import { advance } from "../support/clock.ts";
import { startGateway } from "../support/gateway.ts";
import { openStream } from "../support/stream.ts";

const events = { accept: "text/event-stream" };
const readUnits = "query @freshness(maxAge: 0) { units { nodes { address } } }";

/** A gateway over the household that has read the units once. */
async function watch(env: Record<string, string> = {}, headers?: Record<string, string>) {
  const gateway = await start({}, env);
  const read = () => gateway.query(readUnits, undefined, headers);
  await read();
  const move = async (address: string) => {
    gateway.data.units.change(1, { address });
    await read();
  };
  return { ...gateway, move };
}

test("a number that would be printed as null is refused, by POST and by GET", async () => {
  const { address } = await start();
  const [query, variables] = [
    "query ($x: Float) @live { buildings(first: 1) { totalCount } }",
    '{"x":1e400}',
  ];
  const headers = { "content-type": "application/json", "apollo-require-preflight": "1" };
  const posted = await fetch(`${address}/graphql/stream`, {
    method: "POST",
    headers,
    body: `{"query":${JSON.stringify(query)},"variables":${variables}}`,
  });
  expect(posted.status).toBe(400);
  expect(await posted.json()).toMatchObject({ errors: [{ extensions: { code: "BAD_USER_INPUT" } }] });
  const search = new URLSearchParams({ query, variables });
  expect((await fetch(`${address}/graphql/stream?${search}`, { headers })).status).toBe(400);
});

test("streams occupy no operation slots, and are limited to MAX_STREAMS", async () => {
  const { address, query } = await watch({ MAX_STREAMS: "2", MAX_OPERATIONS: "1", METRICS: "open" });
  const streams = [await openStream(`${address}/changes`), await openStream(`${address}/changes`)];
  const refused = await openStream(`${address}/changes`);
  await refused.ended;
  expect(refused).toMatchObject({ status: 503, headers: { "retry-after": "5" } });
  expect(JSON.parse(refused.text()).errors[0]).toMatchObject({
    message: expect.stringContaining("2 are open, of 2"),
    extensions: { code: "OVERLOADED" },
  });
  expect((await query("{ units { totalCount } }")).data.units.totalCount).toBeGreaterThan(0);
  const metric = async (name: string) =>
    new RegExp(`^alma_gateway_${name} (\\d+)`, "m").exec(
      await (await fetch(`${address}/metrics`)).text(),
    )?.[1];
  expect(await metric("streams")).toBe("2");
  for (const { close } of streams) close();
  while ((await metric("streams")) !== "0") await sleep(10);
  expect(await metric('streams_ended_total{reason="closed"}')).toBe("2");
  expect((await openStream(`${address}/changes`)).status).toBe(200);
});

test("a shutdown ends streams in order, with the cursor to continue after", async () => {
  const gateway = await startGateway({ size: 0, data: household });
  const { address, simulator } = gateway;
  await gateway.query(readUnits);
  const body = { query: "subscription { changes { after } }" };
  const streams = [
    await openStream(`${address}/changes`, { headers: events }),
    await openStream(`${address}/changes`),
    await openStream(`${address}/graphql/stream`, { body }),
  ];
  simulator.data.units.change(1, { address: "First" });
  await gateway.query(readUnits);
  const told = await Promise.all(streams.map(({ take }) => take(1)));
  const [event, line, message] = told.flat();
  await gateway.close();
  expect(await Promise.all(streams.map(({ ended }) => ended))).toEqual([true, true, true]);
  const why = {
    code: "STREAM_ENDED",
    message: expect.stringContaining("being stopped"),
    after: event.cursor,
  };
  expect(streams[0]?.messages()[1]).toEqual(why);
  expect(streams[0]?.text()).toContain(`event: end\nid: ${event.cursor}\n`);
  expect(streams[1]?.messages()[1]).toEqual({ end: why });
  expect(line.cursor).toBe(event.cursor);
  expect(message.extensions.alma.cursor).toBe(event.cursor);
  expect(streams[2]?.text()).toContain(`: STREAM_ENDED`);
  expect(streams[2]?.text()).not.toContain("event: complete");
});

test("a key that expires ends its streams before anything more is sent", async () => {
  const expires = new Date(Date.now() + 3_000);
  const brief = createApiKey("brief", ["read"], expires);
  const lasting = createApiKey("lasting", ["read"], null);
  const env = { API_KEYS: JSON.stringify([brief.record, lasting.record]) };
  const { address, move } = await watch(env, { "x-api-key": lasting.key });
  const open = (key: string, body?: object) =>
    openStream(`${address}${body ? "/graphql/stream" : "/changes"}`, {
      headers: { "x-api-key": key, ...(body ? {} : events) },
      body,
    });
  const query = { query: "subscription { changes { after } }" };
  const streams = [await open(brief.key), await open(brief.key, query)];
  const other = await open(lasting.key);
  await sleep(expires.getTime() - Date.now() + 1);
  await move("Unseen");
  expect((await other.take(1))[0]).toMatchObject({ after: "Unseen" });
  for (const { ended } of streams) expect(await ended).toBe(true);
  for (const stream of streams) {
    expect(stream.text()).toContain("UNAUTHENTICATED");
    expect(stream.text()).not.toContain("Unseen");
  }
  expect(streams[1]?.text()).toContain("event: complete");
});

test("a key that is removed or has other scopes ends its streams before anything more is sent", async () => {
  const [rotated, narrowed, kept] = ["rotated", "narrowed", "kept"].map((name) =>
    createApiKey(name, ["read", "personal", "audit"], null),
  );
  if (!rotated || !narrowed || !kept) throw new Error("There are three.");
  const file = join(mkdtempSync(join(tmpdir(), "alma-keys-")), "keys.json");
  onTestFinished(() => rmSync(dirname(file), { recursive: true }));
  const write = (records: readonly object[]) => writeFileSync(file, JSON.stringify(records));
  write([rotated.record, narrowed.record, kept.record]);
  const { address, move } = await watch({ API_KEYS_FILE: file }, { "x-api-key": kept.key });
  const live = { query: "query @live { units { nodes { address } } }" };
  const follow = { query: "subscription { changes { after } }" };
  const open = (key: string, body?: object) =>
    openStream(`${address}${body ? "/graphql/stream" : "/changes"}`, {
      headers: { "x-api-key": key, ...(body ? {} : events) },
      body,
    });
  const ending = [];
  for (const { key } of [rotated, narrowed])
    for (const body of [undefined, follow, live]) ending.push(await open(key, body));
  const other = await open(kept.key);
  write([{ ...narrowed.record, scopes: ["read"] }, kept.record]);
  advance(10_000);
  await move("Unseen");
  expect((await other.take(1))[0]).toMatchObject({ after: "Unseen" });
  for (const stream of ending) {
    expect(await stream.ended).toBe(true);
    expect(stream.text()).toContain("UNAUTHENTICATED");
    expect(stream.text()).not.toContain("Unseen");
  }
  // With its current scopes, the key can open others.
  expect((await open(narrowed.key)).status).toBe(200);
  expect((await open(rotated.key)).status).toBe(401);
});

test("a reader that reads nothing is disconnected, with the cursor to continue after, and loses nothing", async () => {
  const { address, move } = await watch();
  const marks = Array.from({ length: 24 }, (_, index) => `${index}`);
  for (const mark of marks) await move(mark.padEnd(400_000, "x"));
  const slow = await openStream(`${address}/changes`, { headers: events });
  slow.response.pause();
  await sleep(500);
  // The clock passes IDLE_READER_TIME for the earlier data, but not for later data.
  advance(30_001);
  await sleep(500);
  slow.response.resume();
  await slow.ended;
  const seen = (messages: readonly { after?: string; field?: string }[]) =>
    messages.flatMap(({ field, after }) => (field ? [Number.parseInt(String(after), 10)] : []));
  const told = slow.messages();
  const cursor = told.at(-1)?.after ?? told.at(-1)?.cursor;
  expect(slow.text()).toContain("event: end");
  expect(told.at(-1)).toMatchObject({ code: "STREAM_ENDED" });
  const rest = await openStream(`${address}/changes?after=${cursor}`, { headers: events });
  const count = marks.length - seen(told).length;
  expect([...seen(told), ...seen(await rest.take(count))]).toEqual(marks.map(Number));
});

test("a silent stream has heartbeats, is not compressed, and has the cursor of filtered changes", async () => {
  const { address, move } = await watch();
  const headers = { ...events, "accept-encoding": "br, gzip" };
  const stream = await openStream(`${address}/changes?after=now&kinds=ROOM`, { headers });
  expect(stream.headers).toMatchObject({ "cache-control": "no-store, no-transform" });
  expect(stream.headers["content-encoding"]).toBeUndefined();
  const [, before] = /id: (\S+)/.exec(stream.text()) ?? [];
  await move("Elsewhere");
  await sleep(300);
  const length = stream.text().length;
  advance(15_001);
  while (stream.text().length === length) await sleep(10);
  const beat = stream.text().slice(length);
  expect(beat).toMatch(/^:\nid: \S+\n\n$/);
  expect(beat).not.toContain(String(before));
  expect(stream.messages()).toEqual([]);
});

test("a client of graphql-sse subscribes, queries once, and gets errors", async () => {
  const { address, move } = await watch();
  const client = createClient({ url: `${address}/graphql/stream`, retryAttempts: 0 });
  const changes = client.iterate<{ changes: { after: string } }>({
    query: 'subscription { changes(after: "now") { after } }',
  });
  const first = changes.next();
  await sleep(300);
  await move("First");
  expect((await first).value?.data?.changes.after).toBe("First");
  await changes.return?.();
  const once = [];
  for await (const result of client.iterate({ query: "{ unit(ref: { almaId: 1 }) { address } }" }))
    once.push(result);
  expect(once).toMatchObject([{ data: { unit: { address: "First" } } }]);
  const wrong = [];
  for await (const result of client.iterate({ query: "subscription { changes { no } }" })) wrong.push(result);
  expect(wrong).toMatchObject([{ errors: [{ extensions: { code: "GRAPHQL_VALIDATION_FAILED" } }] }]);
  client.dispose();
});

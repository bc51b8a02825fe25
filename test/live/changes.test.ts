import { expect, onTestFinished, test, vi } from "vitest";
import { createApiKey } from "../../src/server/access/api-key.ts";
import { start } from "../graph/start.ts";
import { openStream } from "../support/stream.ts";

const readAll = `query @freshness(maxAge: 0) { units { nodes { address } } clients { nodes { email } } }`;
const events = { accept: "text/event-stream" };

/** A gateway over the household that has read everything once. */
async function watch(env: Record<string, string> = {}, headers?: Record<string, string>) {
  const gateway = await start({}, env);
  const read = async () => {
    const { errors } = await gateway.query(readAll, undefined, headers);
    expect(errors).toBeUndefined();
  };
  await read();
  const move = async (address: string) => {
    gateway.data.units.change(1, { address });
    await read();
  };
  const open = (path: string, more: Record<string, string> = {}) =>
    openStream(`${gateway.address}${path}`, { headers: { ...headers, ...more } });
  const subscribe = (query: string, variables: object = {}, more: Record<string, string> = {}) =>
    openStream(`${gateway.address}/graphql/stream`, {
      body: { query, variables },
      headers: { ...headers, ...more },
    });
  return { ...gateway, read, move, open, subscribe };
}

test("changes arrive as events with their cursors, continue after the last one, and as lines", async () => {
  const { move, open, data, read } = await watch();
  const stream = await open("/changes?after=now", events);
  expect(stream.headers).toMatchObject({ "content-type": "text/event-stream; charset=utf-8" });
  await move("First");
  const [first] = await stream.take(1);
  expect(first).toMatchObject({
    event: "CHANGED",
    recordId: "Unit:1",
    field: "address",
    after: "First",
    by: null,
  });
  expect(stream.text()).toContain(`id: ${first.cursor}\ndata: {`);
  stream.close();
  await move("Second");
  await move("Third");
  // EventSource sends this when it reconnects; it overrides the address.
  const again = await open("/changes?after=now", { ...events, "last-event-id": first.cursor });
  expect((await again.take(2)).map(({ after }) => after)).toEqual(["Second", "Third"]);
  const lines = await open("/changes?kinds=CLIENT,ROOM", {
    accept: "text/event-stream;q=0.1, application/x-ndjson",
  });
  expect(lines.headers["content-type"]).toBe("application/x-ndjson; charset=utf-8");
  data.clients.change(252, { email: "new@example.com" });
  await read();
  expect(await lines.take(1)).toMatchObject([{ kind: "CLIENT", field: "email" }]);
  const all = await open("/changes");
  expect((await all.take(4)).map(({ after }) => after)).toEqual([
    "First",
    "Second",
    "Third",
    "new@example.com",
  ]);
});

test("a subscription sends each change in its own shape, under its alias, and continues after a variable", async () => {
  const { move, subscribe } = await watch();
  const document = `subscription Follow($after: String = "now", $kinds: [RecordKind!]) { ...Root }
    fragment Root on Subscription { seen: changes(kinds: $kinds, after: $after) { ...Shown } }
    fragment Shown on Change { after record { ... on Unit { address } } }`;
  const stream = await subscribe(document);
  await move("First");
  const [message] = await stream.take(1);
  expect(message).toEqual({
    data: { seen: { after: "First", record: { address: "First" } } },
    extensions: { alma: { cursor: expect.any(String) } },
  });
  expect(stream.text()).toContain("event: next\ndata: {");
  await move("Second");
  const { cursor } = message.extensions.alma;
  const again = await subscribe(document, { after: cursor, kinds: ["UNIT"] });
  expect((await again.take(1))[0].data.seen.after).toBe("Second");
  const others = await subscribe(document, { after: cursor, kinds: ["ROOM"] });
  await move("Third");
  expect((await again.take(2))[1].data.seen.after).toBe("Third");
  expect(others.messages()).toEqual([]);
});

test("reports errors in the address, the cursor and the document", async () => {
  const { open, subscribe, query } = await watch();
  const bodyOf = async (path: string) => {
    const stream = await open(path);
    await stream.ended;
    return [stream.status, JSON.parse(stream.text()).errors[0].extensions.code];
  };
  const other = Buffer.from("change another 1 0").toString("base64url");
  expect(await bodyOf("/changes?after=x")).toEqual([400, "BAD_USER_INPUT"]);
  expect(await bodyOf(`/changes?after=${other}`)).toEqual([410, "CURSOR_EXPIRED"]);
  expect(await bodyOf("/changes?kinds=TOWER")).toEqual([400, "BAD_USER_INPUT"]);
  expect(await bodyOf("/changes?since=1")).toEqual([400, "BAD_USER_INPUT"]);
  const told = async (document: string, variables = {}) => {
    const stream = await subscribe(document, variables);
    const [{ errors }] = await stream.take(1);
    await stream.ended;
    expect(stream.text()).toContain("event: complete\ndata:\n\n");
    return errors[0].extensions.code;
  };
  expect(await told("subscription { changes { nothing } }")).toBe("GRAPHQL_VALIDATION_FAILED");
  expect(await told("subscription {")).toBe("GRAPHQL_PARSE_FAILED");
  expect(await told(`subscription { changes(after: "${other}") { field } }`)).toBe("CURSOR_EXPIRED");
  expect(await told("mutation { archiveRoom(ref: { almaId: 12 }) { userErrors { code } } }")).toBe(
    "BAD_USER_INPUT",
  );
  expect(await told("subscription($k: [RecordKind!]) { changes(kinds: $k) { field } }", { k: ["X"] })).toBe(
    "BAD_USER_INPUT",
  );
  const [error] = (await query("subscription { changes { field } }")).errors ?? [];
  expect(error?.message).toContain("/graphql/stream");
});

test("values stay guarded, and authors are shown to those who may know", async () => {
  const all = createApiKey("all", ["read", "write", "audit", "personal"], null);
  const reader = createApiKey("reader", ["read"], null);
  const writer = createApiKey("writer", ["write"], null);
  const keys = JSON.stringify([all.record, reader.record, writer.record]);
  const { data, read, open, subscribe } = await watch({ API_KEYS: keys }, { "x-api-key": all.key });
  const asReader = { "x-api-key": reader.key };
  const streams = [
    await open("/changes?after=now"),
    await open("/changes?after=now", asReader),
    await subscribe('subscription { changes(after: "now") { field after isWithheld } }', {}, asReader),
  ];
  data.clients.change(252, { email: "hidden@example.com" });
  await read();
  const [own, theirs, subscribed] = await Promise.all(streams.map(async ({ take }) => (await take(1))[0]));
  expect(own).toMatchObject({ field: "email", after: "hidden@example.com", by: null });
  expect(theirs).toMatchObject({ field: "email", after: null, isWithheld: true });
  expect(theirs).not.toHaveProperty("by");
  expect(subscribed.data.changes).toEqual({ field: "email", after: null, isWithheld: true });
  const refused = await subscribe("subscription { changes { by { name } } }", {}, asReader);
  expect((await refused.take(1))[0].errors[0].extensions).toMatchObject({ code: "FORBIDDEN" });
  expect((await open("/changes", { "x-api-key": writer.key })).status).toBe(403);
  expect((await open("/changes", { "x-api-key": "wrong" })).status).toBe(401);
});

test("a clock that is set back hides no change, and cursors continue", async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
  onTestFinished(() => void vi.useRealTimers());
  const { move, open } = await watch();
  const stream = await open("/changes?after=now");
  await move("First");
  vi.setSystemTime(Date.now() - 3_600_000);
  await move("Second");
  const told = await stream.take(2);
  expect(told.map(({ after }) => after)).toEqual(["First", "Second"]);
  const again = await open(`/changes?after=${told[0].cursor}`);
  expect((await again.take(1))[0]).toEqual(told[1]);
});

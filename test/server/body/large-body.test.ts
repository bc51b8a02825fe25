import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { createApiKey } from "../../../src/server/access/api-key.ts";
import { smallGraph, start } from "../http/small-graph.ts";

const [one, two] = [createApiKey("one", ["read"], null), createApiKey("two", ["read"], null)];
const bothKeys = { API_KEYS: JSON.stringify([one.record, two.record]) };
/** Exceeds a connection's buffers on this machine. */
const length = 40_000_000;

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** A server whose `hello` is a text of `length` characters, and a function that opens an answer without reading it. */
async function prepare(env: Record<string, string> = {}, size = length) {
  const graph = smallGraph(undefined, {
    Query: { hello: (_, { name }) => (name ? name : "x".repeat(size)) },
  });
  const server = await start(graph, { METRICS: "open", ...env });
  onTestFinished(server.close);
  const open = async (key = one.key) => {
    const request = get(`${server.url}/graphql?query=${encodeURIComponent("{ hello }")}`, {
      headers: { "x-api-key": key, accept: "application/json" },
      agent: false,
    });
    const [response] = (await once(request, "response")) as [IncomingMessage];
    onTestFinished(() => void response.destroy());
    return response;
  };
  const ask = (key: string) => server.post('{ hello(name: "short") }', {}, { "x-api-key": key });
  const gauge = async (name: string) => {
    const text = await (await fetch(`${server.url}/metrics`)).text();
    return Number(new RegExp(`^alma_gateway_${name} (\\d+)$`, "m").exec(text)?.[1]);
  };
  return { ...server, open, ask, gauge };
}

async function bytesOf(response: IncomingMessage): Promise<number> {
  let bytes = 0;
  for await (const chunk of response) bytes += chunk.length;
  return bytes;
}

test("an answer that waits for its reader occupies no slot", async () => {
  const { open, ask } = await prepare({ MAX_OPERATIONS: "1" });
  const response = await open();
  expect((await ask(one.key)).status).toBe(200);
  expect(await bytesOf(response)).toBeGreaterThan(length);
});

test("answers wait for their readers in bounded memory, and one caller's leave room for others", async () => {
  const { open, gauge } = await prepare(bothKeys);
  const first = await open();
  expect(await gauge("unread_bytes")).toBeGreaterThan(length);
  const refused = await open();
  expect([refused.statusCode, refused.headers["retry-after"]]).toEqual([503, "5"]);
  refused.setEncoding("utf8");
  const [text] = await once(refused, "data");
  expect(JSON.parse(text).errors[0]).toMatchObject({
    extensions: { code: "OVERLOADED" },
    message: expect.stringContaining("Read responses to their end"),
  });
  const other = await open(two.key);
  expect(other.statusCode).toBe(200);
  for (const response of [first, other]) response.destroy();
  while ((await gauge("unread_bytes")) > 0) await sleep(10);
  expect((await open()).statusCode).toBe(200);
});

test("one turn of the event loop sends one piece of a large body", async () => {
  const { open } = await prepare({ RESPONSE_CACHE_SIZE: "0" }, 1_000_000);
  const turns: number[] = [];
  let bytes = 0;
  const { write } = Socket.prototype;
  vi.spyOn(Socket.prototype, "write").mockImplementation(function (
    this: Socket,
    ...args: Parameters<Socket["write"]>
  ) {
    bytes += args[0].length;
    return write.apply(this, args);
  });
  let isOver = false;
  const watch = () => {
    turns.push(bytes);
    bytes = 0;
    if (!isOver) setImmediate(watch);
  };
  watch();
  const sizes = await Promise.all(Array.from({ length: 20 }, async () => bytesOf(await open())));
  isOver = true;
  expect(Math.min(...sizes)).toBeGreaterThan(1_000_000);
  expect(Math.max(...turns)).toBeLessThan(300_000);
});

test("a reader slower than 8 kB/s is disconnected, and a faster one is not", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  const { open } = await prepare(bothKeys);
  const [slow, fast] = [await open(), await open(two.key)];
  let taken = 0;
  for await (const chunk of fast.iterator({ destroyOnReturn: false })) {
    taken += chunk.length;
    if (taken > 0.9 * length) break;
  }
  // By then the slow connection's buffers are full.
  await vi.waitUntil(() => slow.readableLength > 0);
  vi.advanceTimersByTime(3_600_000);
  await expect(bytesOf(slow)).rejects.toThrow("aborted");
  expect(taken + (await bytesOf(fast))).toBeGreaterThan(length);
});

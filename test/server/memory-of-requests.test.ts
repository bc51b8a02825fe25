import { once } from "node:events";
import { connect } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, onTestFinished, test } from "vitest";
import { startGateway, type TestGateway } from "../support/gateway.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as (options?: { type: "minor" }) => void;

/** A client with one connection that produces almost no garbage. */
async function connectTo({ address }: TestGateway, query: string) {
  const { hostname, port } = new URL(address);
  const socket = connect(Number(port), hostname);
  await once(socket, "connect");
  onTestFinished(() => void socket.destroy());
  const body = JSON.stringify({ query });
  const head = `POST /graphql HTTP/1.1\r\nhost: ${hostname}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}`;
  const request = Buffer.from(`${head}\r\n\r\n${body}`);
  let text = "";
  let resolve = () => {};
  socket.setEncoding("latin1").on("data", (chunk: string) => {
    text += chunk;
    const end = text.indexOf("\r\n\r\n");
    const length = /content-length: (\d+)/i.exec(text)?.[1];
    if (length === undefined || text.length < end + 4 + Number(length)) return;
    expect(text.slice(end)).not.toContain('"errors"');
    text = "";
    resolve();
  });
  return () =>
    new Promise<void>((answered) => {
      resolve = answered;
      socket.write(request);
    });
}

/** Bytes per request that only a full collection frees: long-lived objects, and the objects they retain. */
async function longLivedBytes(ask: () => Promise<void>): Promise<number> {
  const count = 1_000;
  for (let n = 0; n < count; n++) await ask();
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let n = 1; n <= count; n++) {
    await ask();
    if (n % 50 === 0) collect({ type: "minor" });
  }
  // The second collection promotes young objects that are still in use.
  collect({ type: "minor" });
  collect({ type: "minor" });
  return (process.memoryUsage().heapUsed - before) / count;
}

test.each([
  ["a new answer", "0", 4_000],
  ["a cached answer", "67108864", 2_500],
])(
  "%s leaves nothing behind that only a full garbage collection frees",
  async (_name, RESPONSE_CACHE_SIZE, limit) => {
    const gateway = await startGateway({ size: 0.2 }, { CATALOG: "on", RESPONSE_CACHE_SIZE });
    onTestFinished(() => gateway.close());
    await gateway.warm();
    const ask = await connectTo(gateway, "{ units(first: 20) { nodes { name building { name } } } }");
    expect(await longLivedBytes(ask)).toBeLessThan(limit);
  },
);

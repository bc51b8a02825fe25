import { EventEmitter, once } from "node:events";
import { PassThrough } from "node:stream";
import { describe, expect, onTestFinished, test } from "vitest";
import { loadConfig } from "../../../src/config/config.ts";
import { createBodyLimit } from "../../../src/server/admission/body-limit.ts";
import { keyEnv, keys, scopedGraph } from "../access/scoped-graph.ts";
import { start } from "../http/small-graph.ts";
import { stallBody } from "./stalled-body.ts";

const keyLine = ({ key }: { readonly key: string }) => `x-api-key: ${key}\r\n`;
const keyHeader = ({ key }: { readonly key: string }) => ({ "x-api-key": key });
const lookup = "{ client { name } }";

/** A server that closes after the test's bodies have been aborted, because closing would wait for them. */
async function startHere(...options: Parameters<typeof start>) {
  const server = await start(...options);
  onTestFinished(() => server.close());
  return server;
}

describe("bodies being received", () => {
  test("occupy no slot: 256 half-sent ones of one key leave all slots to another", async () => {
    const server = await startHere(scopedGraph().graph, keyEnv);
    await Promise.all(
      Array.from({ length: 256 }, () => stallBody(server.url, { headers: keyLine(keys.read) })),
    );
    for (const key of [keys.personal, keys.all]) {
      const { status, body } = await server.post(lookup, {}, keyHeader(key));
      expect([status, body.data]).toEqual([200, { client: { name: "Anna" } }]);
    }
  });

  test("are limited per key and address: further ones that have not arrived are refused with Retry-After", async () => {
    const server = await startHere(scopedGraph().graph, { ...keyEnv, MAX_OPERATIONS: "3" });
    for (let n = 0; n < 3; n++) await stallBody(server.url, { headers: keyLine(keys.read) });
    const fourth = await stallBody(server.url, { headers: keyLine(keys.read) });
    await once(fourth.socket, "data");
    expect(fourth.received()).toMatch(/^HTTP\/1\.1 503.*retry-after: 1\r\n.*"OVERLOADED"/is);
    expect(fourth.received()).toContain("3 other requests of this key and address");
    // A received body no longer counts.
    expect((await server.post(lookup, {}, keyHeader(keys.read))).status).toBe(200);
    expect((await server.post(lookup, {}, keyHeader(keys.all))).status).toBe(200);
    // A GET has no body.
    const search = new URLSearchParams({ query: lookup });
    const got = await fetch(`${server.url}/graphql?${search}`, { headers: keyHeader(keys.read) });
    expect(got.status).toBe(200);
    const elsewhere = { headers: keyLine(keys.read), sent: "{}", length: 2, from: "127.0.0.2" };
    const { socket, received } = await stallBody(server.url, elsewhere);
    await once(socket, "data");
    expect(received()).toMatch(/^HTTP\/1\.1 400/);
  });

  test("are limited per address if no caller has a key", async () => {
    const server = await startHere(undefined, { MAX_OPERATIONS: "3" });
    for (let n = 0; n < 3; n++) await stallBody(server.url, { from: "127.0.0.2" });
    expect((await server.post("{ hello }")).status).toBe(200);
    const { socket, received } = await stallBody(server.url, { from: "127.0.0.2" });
    await once(socket, "data");
    expect(received()).toMatch(/^HTTP\/1\.1 503/);
  });

  test("are limited in bytes: one key has at most half, and others can still send", async () => {
    const server = await startHere(scopedGraph().graph, keyEnv);
    const most = 4 * 2 ** 20;
    const large = { headers: keyLine(keys.read), length: most, sent: " ".repeat(most - 1) };
    const bodies = await Promise.all(Array.from({ length: 9 }, () => stallBody(server.url, large)));
    const first = await Promise.race(
      bodies.map(({ socket }, index) => once(socket, "data").then(() => index)),
    );
    expect(bodies[first]?.received()).toMatch(/^HTTP\/1\.1 503.*retry-after: 1\r\n.*"OVERLOADED"/is);
    const { status } = await server.post(`${" ".repeat(300_000)}${lookup}`, {}, keyHeader(keys.all));
    expect(status).toBe(200);
  });

  test("count by received bytes, not by declared ones", async () => {
    const several = ["read", "personal", "all"] as const;
    const server = await startHere(scopedGraph().graph, { ...keyEnv, MAX_OPERATIONS: "600" });
    // Three keys announce more than the limit of all bodies together, and send almost nothing.
    for (const name of several) {
      const announced = { headers: keyLine(keys[name]), length: 65_536, sent: "{" };
      await Promise.all(Array.from({ length: 400 }, () => stallBody(server.url, announced)));
    }
    const { status } = await server.post(lookup, {}, keyHeader(keys.all));
    expect(status).toBe(200);
  });

  test("that do not end get 408 and a reason", async () => {
    const server = await startHere(scopedGraph().graph, { ...keyEnv, DEADLINE: "0.4" });
    const { closed } = await stallBody(server.url, { headers: keyLine(keys.all) });
    const answer = await closed;
    expect(answer).toMatch(/^HTTP\/1\.1 408/);
    const { errors } = JSON.parse(answer.slice(answer.indexOf("\r\n\r\n")));
    expect(errors[0].extensions.code).toBe("REQUEST_TIMEOUT");
    expect(errors[0].message).toContain("within 0.4 s");
  });

  test("no longer count once their sender has disconnected", async () => {
    const { whole } = createBodyLimit(
      loadConfig({ ALMA_API_KEY: "k", ALMA_URL: "https://alma.example/external_api/" }),
    );
    const send = (isGone: boolean) =>
      new Promise<"read" | "refused">((resolve) => {
        const raw = { complete: false, socket: new EventEmitter() as EventEmitter & { destroyed?: boolean } };
        raw.socket.destroyed = isGone;
        const request = { method: "POST", headers: { "content-length": "65536" }, ip: "127.0.0.1", raw };
        const response = Object.assign(new EventEmitter(), { closed: false });
        const reply = {
          raw: response,
          request,
          header: () => reply,
          code: () => reply,
          send: () => resolve("refused"),
        };
        const body = new PassThrough();
        // Safe: the hook uses only these properties.
        const hook = whole as unknown as (...args: readonly unknown[]) => void;
        hook(request, reply, body, (_error: null, read: PassThrough) => {
          read.once("error", () => resolve("refused"));
          // The data arrives after the check.
          setImmediate(() => {
            resolve("read");
            response.emit("close");
          });
        });
        body.end(Buffer.alloc(65_536));
      });
    // Together, far more than the limit for bodies being received.
    for (let n = 0; n < 3_000; n++) await send(true);
    expect(await send(false)).toBe("read");
  });
});

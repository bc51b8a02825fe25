import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { defineCapability } from "../../../src/capability.ts";
import { createPeerSignature } from "../../../src/server/peer/ticket.ts";
import { startRelay } from "../../support/relay.ts";
import { until } from "../http/small-graph.ts";
import { peerSecret, sendRaw, startGateways } from "./gateways.ts";

const upload = {
  path: "/parcels",
  headers: { "content-type": "application/octet-stream" },
  body: Buffer.alloc(100_000, 7),
};
/** A capability for this test: accepts large bodies of any type and records their lengths. */
const parcels = (taken: number[]) =>
  defineCapability({
    name: "parcels",
    prepare: () => ({
      routes: async (app, { uploadHooks }) => {
        await app.register(async (scope) => {
          scope.removeAllContentTypeParsers();
          scope.addContentTypeParser("*", (_request, _payload, done) => done(null));
          scope.post(upload.path, {
            ...uploadHooks,
            handler: async (request, reply) => {
              taken.push(await length(request.raw));
              return reply.code(201).send({});
            },
          });
        });
      },
    }),
  });
async function length(stream: AsyncIterable<Buffer>) {
  let bytes = 0;
  for await (const chunk of stream) bytes += chunk.length;
  return bytes;
}
const codeOf = ({ body }: { readonly body: Buffer }) =>
  JSON.parse(body.toString()).errors?.[0].extensions.code;

/** Two gateways, of which the second reaches the first through a relay. */
async function start(env: Record<string, string>) {
  const taken: number[] = [];
  const { cluster, addresses } = await startGateways(2, env, [parcels(taken)]);
  const signature = createPeerSignature(peerSecret);
  const [leader] = cluster.members;
  const target = signature.readAddress(leader?.address ?? "") ?? "";
  const relay = await startRelay(() => target);
  Object.defineProperty(leader, "address", { value: signature.signAddress(relay.url) });
  return {
    cluster,
    relay,
    taken,
    send: () => sendRaw(addresses[1] ?? "", upload),
  };
}

test("an upload gets 503 if there is no leader in time, and nothing is forwarded", async () => {
  const { cluster, send, taken } = await start({ LEADER_WAIT: "0.2" });
  cluster.lead(undefined);
  const answer = await send();
  expect([answer.status, codeOf(answer)]).toEqual([503, "NO_LEADER"]);
  expect(taken).toEqual([]);
});

test("an upload waits for a leader; a process that becomes the leader meanwhile accepts it itself", async () => {
  const { cluster, send, taken } = await start({ LEADER_WAIT: "30" });
  cluster.lead(undefined);
  const answer = send();
  await sleep(50);
  cluster.lead(1);
  expect((await answer).status).toBe(201);
  expect(taken).toHaveLength(1);
});

test("an upload whose answer is lost has an unknown outcome, and is not sent again", async () => {
  const { cluster, relay, send, taken } = await start({ LEADER_WAIT: "30", LEASE: "60" });
  // The first connection asks whether the body may be sent.
  relay.stall(2);
  const answer = send();
  await until(() => taken.length === 1);
  relay.drop();
  cluster.lead(1);
  const { status, body } = await answer;
  expect([status, codeOf({ body })]).toEqual([502, "OUTCOME_UNKNOWN"]);
  await sleep(50);
  expect(taken).toHaveLength(1);
});

test("an upload to a leader that cannot be reached waits for the next one", async () => {
  const { cluster, relay, send, taken } = await start({ LEADER_WAIT: "30" });
  await relay.cut();
  const answer = send();
  await sleep(150);
  cluster.lead(1);
  expect((await answer).status).toBe(201);
  expect(taken).toHaveLength(1);
});

test("an upload to a stopping leader waits for the next one", async () => {
  const { cluster, send, taken } = await start({ LEADER_WAIT: "30" });
  cluster.leave();
  const answer = send();
  await sleep(150);
  expect(taken).toEqual([]);
  cluster.lead(1);
  expect((await answer).status).toBe(201);
  expect(taken).toHaveLength(1);
});

test("an upload to a leader that cannot be reached gets 503 if there is no other leader in time", async () => {
  const { relay, send, taken } = await start({ LEADER_WAIT: "0.1" });
  await relay.cut();
  const answer = await send();
  expect([answer.status, codeOf(answer)]).toEqual([503, "NO_LEADER"]);
  expect(taken).toEqual([]);
});

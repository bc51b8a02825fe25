import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { createPeerSignature } from "../../../src/server/peer/ticket.ts";
import { startRelay } from "../../support/relay.ts";
import { png } from "../../uploads/upload-gateway.ts";
import { until } from "../http/small-graph.ts";
import { peerSecret, sendRaw, startGateways } from "./gateways.ts";

const upload = {
  path: "/files",
  headers: { "content-type": "multipart/form-data; boundary=b" },
  body: Buffer.concat([
    Buffer.from('--b\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'),
    png,
    Buffer.from("\r\n--b--\r\n"),
  ]),
};
const codeOf = ({ body }: { readonly body: Buffer }) =>
  JSON.parse(body.toString()).errors?.[0].extensions.code;

/** Two gateways, of which the second reaches the first through a relay. */
async function start(env: Record<string, string>) {
  const { cluster, addresses, simulator } = await startGateways(2, env);
  const signature = createPeerSignature(peerSecret);
  const [leader] = cluster.members;
  const target = signature.readAddress(leader?.address ?? "") ?? "";
  const relay = await startRelay(() => target);
  Object.defineProperty(leader, "address", { value: signature.signAddress(relay.url) });
  // The portfolio has other files.
  const uploaded = () => simulator.data.files.all().filter(({ bytes }) => bytes === png.length);
  return {
    cluster,
    relay,
    faults: simulator.faults,
    uploaded,
    send: () => sendRaw(addresses[1] ?? "", upload),
  };
}

test("an upload gets 503 if nobody leads in time, and nothing was sent on", async () => {
  const { cluster, send, uploaded } = await start({ LEADER_WAIT: "0.2" });
  cluster.lead(undefined);
  const answer = await send();
  expect([answer.status, codeOf(answer)]).toEqual([503, "NO_LEADER"]);
  expect(uploaded()).toEqual([]);
});

test("an upload waits for a leader; a process that leads meanwhile takes it itself", async () => {
  const { cluster, send, uploaded } = await start({ LEADER_WAIT: "30" });
  cluster.lead(undefined);
  const answer = send();
  await sleep(50);
  cluster.lead(1);
  expect((await answer).status).toBe(201);
  expect(uploaded()).toHaveLength(1);
});

test("an upload whose answer is lost is of unknown outcome, and is not sent again", async () => {
  const { cluster, relay, send, uploaded } = await start({ LEADER_WAIT: "30", LEASE: "60" });
  // The first connection asks whether it may be sent.
  relay.stall(2);
  const answer = send();
  await until(() => uploaded().length === 1);
  relay.drop();
  cluster.lead(1);
  const { status, body } = await answer;
  expect([status, codeOf({ body })]).toEqual([502, "OUTCOME_UNKNOWN"]);
  await sleep(50);
  expect(uploaded()).toHaveLength(1);
});

test("an upload to a leader that cannot be reached waits for the next one", async () => {
  const { cluster, relay, send, uploaded } = await start({ LEADER_WAIT: "30" });
  await relay.cut();
  const answer = send();
  await sleep(150);
  cluster.lead(1);
  expect((await answer).status).toBe(201);
  expect(uploaded()).toHaveLength(1);
});

test("an upload to a leader that leaves waits for the next one", async () => {
  const { cluster, send, uploaded } = await start({ LEADER_WAIT: "30" });
  cluster.leave();
  const answer = send();
  await sleep(150);
  expect(uploaded()).toEqual([]);
  cluster.lead(1);
  expect((await answer).status).toBe(201);
  expect(uploaded()).toHaveLength(1);
});

test("an upload to a leader that cannot be reached gets 503 if there is no other in time", async () => {
  const { relay, send, uploaded } = await start({ LEADER_WAIT: "0.1" });
  await relay.cut();
  const answer = await send();
  expect([answer.status, codeOf(answer)]).toEqual([503, "NO_LEADER"]);
  expect(uploaded()).toEqual([]);
});

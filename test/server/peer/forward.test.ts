import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import type { Attempt } from "../../../src/server/peer/exchange.ts";
import { type ForwardedRequest, type ForwardOptions, forward } from "../../../src/server/peer/forward.ts";
import { Cluster } from "../../support/cluster.ts";

test("however often a request is tried again, its caller's signal gets one listener", async () => {
  const { signal } = new AbortController();
  const cluster = new Cluster();
  cluster.join().start("http://127.0.0.1:1");
  const { leadership, marks } = cluster.join();
  const listeners: number[] = [];
  const send = async (): Promise<Attempt> => {
    listeners.push(getEventListeners(signal, "abort").length);
    if (listeners.length < 4) return { kind: "unbegun" };
    return { kind: "answered", answer: { statusCode: 200, headers: {}, body: Buffer.from("{}") } };
  };
  const exchange = { send, close: async () => {} };
  const options: ForwardOptions = {
    leadership,
    marks,
    exchange,
    isCutOff: () => false,
    leaderWait: 30_000,
    formerLeaderTime: 1_000,
  };
  const request: ForwardedRequest = {
    method: "POST",
    path: "/graphql",
    headers: {},
    body: () => null,
    mayWrite: false,
    isRepeatable: true,
    forwardingId: "one",
    ip: "127.0.0.1",
    protocol: "http",
    host: "127.0.0.1",
  };
  expect((await forward(request, options, signal)).kind).toBe("answered");
  expect(listeners).toEqual([1, 1, 1, 1]);
  expect(getEventListeners(signal, "abort")).toEqual([]);
});

import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { client } from "../../../src/graph/client.ts";
import { GraphContext } from "../../../src/graph/resolver/context.ts";
import { createWrite } from "../../../src/graph/write/write.ts";
import { WriteContext } from "../../../src/graph/write/write-context.ts";
import { start } from "../mutation/computed-impact.ts";

test("the contexts that a write reads with have the caller's id and scopes", async () => {
  const { catalog, settings, services } = (await start()).begin();
  const caller = { id: "crm" };
  const scopes = new Set(["READ", "PERSONAL"]);
  const context = new WriteContext(catalog, settings, services, {
    requestId: "test",
    signal: new AbortController().signal,
    caller,
    scopes,
  });
  const write = createWrite(context, "client", client.write, false);
  for (const context of [write.readContext, write.freshContext()])
    expect([context.request.caller, context.scopes]).toEqual([caller, scopes]);
});

test("a signal stops an operation that has begun, and does not hold on to an ended one", async () => {
  const { catalog, settings } = (await start()).begin();
  const contextOf = ({ signal }: AbortController) =>
    new GraphContext(catalog, settings, { requestId: "test", signal, caller: undefined });
  const [running, ended] = [new AbortController(), new AbortController()];
  const [begun, answered] = [contextOf(running), contextOf(ended)];
  for (const context of [begun, answered]) context.begin();
  answered.end();
  expect(getEventListeners(running.signal, "abort")).toHaveLength(1);
  expect(getEventListeners(ended.signal, "abort")).toHaveLength(0);
  for (const controller of [running, ended]) controller.abort();
  expect(begun.operation.stopReason).toMatchObject({ code: "DEADLINE_EXCEEDED" });
  expect(answered.operation.stopReason).toBeUndefined();
});

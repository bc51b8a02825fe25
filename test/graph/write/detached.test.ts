import { expect, test } from "vitest";
import { GraphContext } from "../../../src/graph/record/context.ts";
import { Write } from "../../../src/graph/write/write.ts";
import { start } from "../mutation/foreseeing.ts";

test("what a write reads with is its caller's, with the scopes that the caller has", async () => {
  const { catalog, settings } = (await start()).begin();
  const caller = { id: "crm", scopes: new Set(["READ", "PERSONAL"]) };
  const context = new GraphContext(catalog, settings, {
    requestId: "test",
    signal: new AbortController().signal,
    caller,
  });
  const write = new Write(context, "client", false);
  for (const { caller: id, scopes } of [write.readContext, write.freshContext()])
    expect({ id, scopes: new Set(scopes) }).toEqual(caller);
});

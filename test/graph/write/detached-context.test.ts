import { expect, test } from "vitest";
import { Write } from "../../../src/graph/write/write.ts";
import { WriteContext } from "../../../src/graph/write/write-context.ts";
import { start } from "../mutation/computed-impact.ts";

test("the contexts that a write reads with have the caller's id and scopes", async () => {
  const { catalog, settings, services } = (await start()).begin();
  const caller = { id: "crm", scopes: new Set(["READ", "PERSONAL"]) };
  const context = new WriteContext(catalog, settings, services, {
    requestId: "test",
    signal: new AbortController().signal,
    caller,
  });
  const write = new Write(context, "client", false);
  for (const { caller: id, scopes } of [write.readContext, write.freshContext()])
    expect({ id, scopes: new Set(scopes) }).toEqual(caller);
});

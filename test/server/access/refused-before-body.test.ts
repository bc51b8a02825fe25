import { request } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { createSimulator } from "../../../simulator/index.ts";
import { defineCapability } from "../../../src/capability.ts";
import { createApiKey } from "../../../src/server/access/api-key.ts";
import { requireScopes } from "../../../src/server/index.ts";
import { startInFront } from "../../support/gateway.ts";

const { key, record } = createApiKey("reader", ["read"], null);
const writing = requireScopes("Writing", "WRITE");
/** A route with each kind of hooks. */
const writes = defineCapability({
  name: "writes",
  prepare: () => ({
    routes: (app, { operationHooks, uploadHooks }) => {
      for (const [path, hooks] of Object.entries({ "/operations": operationHooks, "/uploads": uploadHooks }))
        app.post(path, { ...hooks, onRequest: [...hooks.onRequest, writing] }, async () => "");
    },
  }),
});

test.each(["/operations", "/uploads"])(
  "a route such as %s refuses unauthorized callers before reading the body",
  async (path) => {
    const simulator = await createSimulator({ size: 0 });
    onTestFinished(() => simulator.close());
    const { address, close } = await startInFront(
      simulator,
      { API_KEYS: JSON.stringify([record]) },
      { capabilities: [writes] },
    );
    onTestFinished(close);
    const headers = { "x-api-key": key, "content-type": "application/json", "content-length": 1_000_000 };
    const sent = request(`${address}${path}`, { method: "POST", headers });
    sent.on("error", () => {});
    onTestFinished(() => void sent.destroy());
    // Nothing of the body is ever sent.
    sent.flushHeaders();
    const status = await new Promise((resolve) =>
      sent.on("response", (response) => resolve(response.statusCode)),
    );
    expect(status).toBe(403);
  },
);

import { onTestFinished } from "vitest";
import type { Simulator } from "../../../simulator/index.ts";
import { loadConfig } from "../../../src/config/config.ts";
import { createGateway } from "../../../src/gateway.ts";
import { createLog } from "../../../src/server/index.ts";

/** A second gateway over the same Alma without a cache: the expected answers come from it. */
export async function startUncachedGateway({
  url,
  apiKey,
}: Simulator): Promise<(query: string) => Promise<unknown>> {
  const settings = { PORT: "0", CATALOG: "off", MAX_AGE: "0", LOG_LEVEL: "error" };
  const config = loadConfig({ ...settings, ALMA_URL: url, ALMA_API_KEY: apiKey });
  const gateway = await createGateway(config, createLog("error"), { shutdownGrace: 0 });
  const address = await gateway.listen();
  onTestFinished(() => gateway.close());
  return async (query) => {
    const response = await fetch(`${address}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query: query.replace("{", "query @freshness(maxAge: 0) {") }),
    });
    return ((await response.json()) as { data: unknown }).data;
  };
}

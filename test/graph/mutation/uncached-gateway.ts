import { onTestFinished } from "vitest";
import type { Simulator } from "../../../simulator/index.ts";
import { startInFront } from "../../support/gateway.ts";

/** A second, uncached gateway over the same Alma, which gives the expected answers. */
export async function startUncachedGateway(alma: Simulator): Promise<(query: string) => Promise<unknown>> {
  const { query, close } = await startInFront(alma, { MAX_AGE: "0" });
  onTestFinished(close);
  return async (text) => (await query(text.replace("{", "query @freshness(maxAge: 0) {"))).data;
}

import type { SimulatorOptions } from "../../simulator/index.ts";
import { createApiKey } from "../../src/server/access/api-key.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";

/** A gateway that requires a key, the address of its GraphQL, and a key with every scope. */
export interface KeyedGateway extends TestGateway {
  readonly url: string;
  readonly key: string;
}

/** Starts a gateway that requires keys, as it does in production. */
export async function startKeyedGateway(
  options: SimulatorOptions = {},
  env: Record<string, string> = {},
): Promise<KeyedGateway> {
  const { key, record } = createApiKey("client", ["read", "personal", "secrets", "write"], null);
  const gateway = await startGateway(options, { API_KEYS: JSON.stringify([record]), ...env });
  return { ...gateway, url: `${gateway.address}/graphql`, key };
}

/** A `fetch` that records the client's requests: `GET documentId,variables`, `POST query,variables`. */
export function notingFetch(): { fetch: typeof fetch; sent: string[] } {
  const sent: string[] = [];
  return {
    sent,
    fetch: async (input, init) => {
      const request = new Request(input, init);
      const parameters =
        request.method === "GET"
          ? [...new URL(request.url).searchParams.keys()]
          : Object.keys((await request.clone().json()) as object);
      sent.push(`${request.method} ${parameters.sort().join(",")}`);
      return fetch(request);
    },
  };
}

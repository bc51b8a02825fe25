import { request as httpRequest } from "node:http";
import { onTestFinished } from "vitest";
import { createSimulator } from "../../../simulator/index.ts";
import type { Capability } from "../../../src/capability.ts";
import { createGateway } from "../../../src/gateway.ts";
import { createLog } from "../../../src/server/index.ts";
import { Cluster } from "../../support/cluster.ts";
import { testConfigOf } from "../../support/config.ts";
import { executableSchema } from "../../support/schema.ts";

export const peerSecret = "a secret of the processes of this test";

/** A complete answer, as received on the connection. */
export interface RawAnswer {
  readonly status: number | undefined;
  /** Header names and values, without those that always differ. */
  readonly headers: readonly string[];
  readonly body: Buffer;
}

/** The body. A list of chunks is sent without a length. */
export interface RawRequest {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer | readonly string[];
}

/** Sends a request on a new connection. */
export function sendRaw(
  address: string,
  { method = "POST", path = "/graphql", headers = {}, body }: RawRequest,
) {
  return new Promise<RawAnswer>((resolve, reject) => {
    const request = httpRequest(`${address}${path}`, { method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk) => chunks.push(chunk)).once("error", reject);
      response.once("end", () => {
        const { rawHeaders, statusCode: status } = response;
        const lines = rawHeaders.flatMap((name, index) =>
          index % 2 === 0 && !/^(date|x-request-id)$/i.test(name)
            ? [`${name}: ${rawHeaders[index + 1]}`]
            : [],
        );
        resolve({
          status,
          headers: lines.map((line) => line.toLowerCase()).sort(),
          body: Buffer.concat(chunks),
        });
      });
    });
    request.once("error", reject);
    if (Array.isArray(body)) for (const chunk of body) request.write(chunk);
    request.end(typeof body === "string" || Buffer.isBuffer(body) ? body : undefined);
  });
}

/** Starts gateways over one simulated Alma, with these capabilities or all; the first one leads. */
export async function startGateways(
  count: number,
  env: Record<string, string> = {},
  capabilities?: readonly Capability[],
) {
  const simulator = await createSimulator({ size: 2, switches: { imageForm: "multipart" } });
  const cluster = new Cluster();
  const lines: Record<string, unknown>[][] = [];
  const gateways = await Promise.all(
    Array.from({ length: count }, (_, index) => {
      const own: Record<string, unknown>[] = [];
      lines[index] = own;
      const config = testConfigOf({
        PORT: "0",
        CATALOG: "off",
        ALMA_URL: simulator.url,
        ALMA_API_KEY: simulator.apiKey,
        PEER_SECRET: peerSecret,
        ...env,
      });
      const log = createLog(config.logLevel, { write: (line) => void own.push(JSON.parse(line)) });
      return createGateway(config, log, {
        shutdownGrace: 0,
        sharing: cluster.join(),
        ...(capabilities ? { capabilities } : { executable: executableSchema() }),
      });
    }),
  );
  onTestFinished(async () => {
    await Promise.all(gateways.map((gateway) => gateway.close()));
    await simulator.close();
  });
  const addresses: string[] = [];
  for (const gateway of gateways) addresses.push(await gateway.listen());
  return { simulator, cluster, addresses, lines, gateways };
}

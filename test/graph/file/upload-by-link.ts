import type { LookupAddress } from "node:dns";
import type { RequestListener } from "node:http";
import { expect, onTestFinished } from "vitest";
import { createSimulator } from "../../../simulator/index.ts";
import { type AlmaOptions, createAlma, monotonicClock } from "../../../src/alma/index.ts";
import { createLog } from "../../../src/server/index.ts";
import { unobserved } from "../../alma/fake.ts";
import { certificate } from "../../support/certificate.ts";
import { startFileHost } from "../../support/file-host.ts";
import { sentFiles } from "../../support/sent-file.ts";

export const options = { priority: "caller" } as const;
export const loopback: LookupAddress = { address: "127.0.0.1", family: 4 };

type Settings = Partial<Pick<AlmaOptions, "files" | "linkNetwork">> & { fileForm?: "link" | "unknown" };

/** Uploads by link from a file host to an Alma that accepts only files. */
export async function start(answer: RequestListener, more: Settings = {}) {
  const simulator = await createSimulator({ size: 0, switches: { imageForm: "multipart" } });
  const host = await startFileHost(answer);
  const resolved: string[] = [];
  const { linkNetwork, files = { maxBytes: 1_000_000, timeout: 1_000 }, fileForm = "multipart" } = more;
  const alma = createAlma({
    ...unobserved,
    url: simulator.url,
    apiKey: () => simulator.apiKey,
    clock: monotonicClock(),
    log: createLog("silent"),
    concurrency: 8,
    timeout: 2_000,
    ...(fileForm !== "unknown" && { fileForm }),
    files,
    linkNetwork: {
      networks: ["127.0.0.0/8"],
      ca: certificate,
      async resolve(name) {
        resolved.push(name);
        return [loopback];
      },
      ...linkNetwork,
    },
  });
  onTestFinished(async () => {
    await alma.close();
    await simulator.close();
  });
  return {
    host,
    simulator,
    resolved,
    alma,
    link: (path: string) =>
      alma.uploads.sendLink(
        { url: path.startsWith("/") ? host.origin + path : path, description: "Scan" },
        options,
      ),
    files: () => sentFiles(simulator),
  };
}

export const serve =
  (content: Uint8Array, headers: Record<string, string | number> = {}): RequestListener =>
  (_request, response) => {
    response.writeHead(200, { "content-type": "application/octet-stream", ...headers }).end(content);
  };

/** The message of a refused upload; fails if it contains the host's address. */
export async function refusal(
  outcome: ReturnType<Awaited<ReturnType<typeof start>>["link"]>,
): Promise<string> {
  const ended = await outcome;
  if (ended.outcome !== "not-done") throw new Error(`The upload ended ${ended.outcome}.`);
  expect(ended.error.code).toBe("BAD_USER_INPUT");
  expect(ended.error.message).not.toMatch(/127\.0\.0\.1|::1|localhost/);
  return ended.error.message;
}

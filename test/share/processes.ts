import type { Simulator } from "../../simulator/index.ts";
import type { Answer } from "../support/gateway.ts";
import { type Process, spawnGateway } from "../support/process.ts";
import { eventually, rename, startAlma, startStore } from "./members.ts";

/** One of several gateways that share a store, in its own process. */
export interface SharingProcess extends Process {
  readonly url: string;
  /** Sends a query; undefined if it does not answer. */
  ask(query: string): Promise<(Answer & { readonly status: number }) | undefined>;
  /** The status and the body of `/health/ready`. */
  ready(): Promise<{ readonly code: number; readonly role?: string; readonly status: string }>;
  leads(): Promise<boolean>;
}

/** Starts a process that shares a store. */
export async function spawnMember(
  alma: Simulator,
  storeUrl: string,
  env: Record<string, string> = {},
): Promise<SharingProcess> {
  const process = spawnGateway({
    ALMA_URL: alma.url,
    ALMA_API_KEY: alma.apiKey,
    ALMA_TIMEOUT: "2",
    WRITE_SETTLING_TIME: "3",
    STORE_URL: storeUrl,
    PEER_SECRET: "p".repeat(32),
    LEASE: "1",
    ...env,
  });
  const url = await process.address();
  const ready = async () => {
    const response = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(2_000) });
    return { code: response.status, ...((await response.json()) as { role?: string; status: string }) };
  };
  return {
    ...process,
    url,
    async ask(query) {
      try {
        const response = await fetch(`${url}/graphql`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ query }),
          signal: AbortSignal.timeout(30_000),
        });
        return { status: response.status, ...((await response.json()) as Answer) };
      } catch {
        return undefined;
      }
    },
    ready,
    leads: async () => (await ready().catch(() => undefined))?.role === "leader",
  };
}

/** The leader among them, once all are ready. */
export async function whenReady(members: readonly SharingProcess[]): Promise<SharingProcess> {
  for (const { ready } of members)
    await eventually(async () => (await ready().catch(() => undefined))?.code === 200, 60_000);
  return eventually(async () => {
    for (const member of members) if (await member.leads()) return member;
    return undefined;
  });
}

/** Starts processes that share a store; one of them leads and has written, so that writes no longer wait. */
export async function startProcesses(count: number, env: Record<string, string> = {}) {
  const alma = await startAlma();
  const postgres = await startStore(alma);
  const spawn = () => spawnMember(alma, postgres.url, env);
  const members = await Promise.all(Array.from({ length: count }, spawn));
  const leader = await whenReady(members);
  const id = alma.data.buildings.all()[0]?.id ?? 0;
  await leader.ask(rename(id, "first"));
  const others = members.filter((member) => member !== leader);
  return { postgres, alma, members, leader, others: others as [SharingProcess], id, spawn };
}

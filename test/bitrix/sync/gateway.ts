import { expect, onTestFinished } from "vitest";
import type { SimulatorOptions } from "../../../simulator/index.ts";
import { skipWaiting } from "../../support/clock.ts";
import { startGateway } from "../../support/gateway.ts";
import type { Item } from "../item/items.ts";

/** One item's result. */
export interface ItemResult {
  readonly kind: string;
  readonly itemId: string | null;
  readonly action: string;
  readonly record: { readonly id: string } | null;
  readonly changes: readonly {
    readonly field: string;
    readonly before: unknown;
    readonly after: unknown;
    readonly hidden: boolean;
  }[];
  readonly userErrors: readonly {
    readonly code: string;
    readonly field: readonly string[] | null;
    readonly message: string;
  }[];
  readonly warnings: ItemResult["userErrors"];
}

/** The payload of `syncBitrix`. */
export interface Payload {
  readonly items: readonly ItemResult[];
  readonly buildings: readonly {
    readonly name: string;
    readonly action: string;
    readonly building: { readonly id: string } | null;
    readonly userErrors: ItemResult["userErrors"];
  }[];
  readonly userErrors: ItemResult["userErrors"];
}

/** Syncs items, optionally as a dry run. */
export const syncMutation = `mutation ($items: [BitrixItemInput!]!, $dryRun: Boolean! = false) {
  syncBitrix(items: $items, dryRun: $dryRun) {
    items {
      kind itemId action
      record { id }
      changes { field before after hidden }
      userErrors { code field message }
      warnings { code field message }
    }
    buildings { name action building { id } userErrors { code field message } }
    userErrors { code field message }
  }
}`;

/**
 * A gateway over an Alma that has only the project by default, with an ALMA_TIMEOUT of ten seconds. The clock advances
 * while a sync waits for timers.
 */
export async function start(
  options: SimulatorOptions = {},
  env: Record<string, string> = {},
  linkNetwork: Parameters<typeof startGateway>[2] = {},
) {
  const gateway = await startGateway(
    { size: 0, data: { projects: [{ id: 207, name: "Dubai" }] }, ...options },
    { ALMA_TIMEOUT: "10", ...env },
    linkNetwork,
  );
  onTestFinished(() => gateway.close());
  if (env.CATALOG === "on") await gateway.warm();
  gateway.asked();
  return {
    ...gateway,
    data: gateway.simulator.data,
    async sync(items: readonly Item[], dryRun = false): Promise<Payload> {
      const answer = await skipWaiting(gateway.query(syncMutation, { items, dryRun }));
      if (answer.errors) throw new Error(JSON.stringify(answer.errors));
      return answer.data.syncBitrix;
    },
    /** The writes that Alma has received since the last call, with their bodies. */
    sent() {
      const sent = gateway.simulator.log.entries
        .filter(({ method }) => method === "POST" || method === "PATCH")
        .map(({ method, path, body }) => [`${method} ${path.replace("/external_api/", "")}`, body] as const);
      gateway.simulator.log.clear();
      return sent;
    },
  };
}

/** The actions, in the order of the items. */
export const actions = ({ items }: Payload): string[] => items.map(({ action }) => action);

/** A gateway over an Alma that has the records of some items. The log of writes is empty. */
export async function having(...items: readonly Item[]) {
  const gateway = await start();
  expect(actions(await gateway.sync(items))).toEqual(items.map(() => "CREATED"));
  gateway.sent();
  return gateway;
}

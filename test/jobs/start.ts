import { onTestFinished } from "vitest";
import type { SimulatorOptions } from "../../simulator/index.ts";
import { skipWaiting } from "../support/clock.ts";
import { startGateway } from "../support/gateway.ts";

/** Units from 1 on, with a rent of 1,000 each. */
export const unitsOf = (count: number) => ({
  projects: [{ id: 207, name: "Dubai" }],
  buildings: [{ id: 1001, name: "Marina Tower", project: 207, external_id: "b-1" }],
  units: Array.from({ length: count }, (_, index) => ({
    id: index + 1,
    name: `${index + 1}`,
    building: 1001,
    external_id: `u-${index + 1}`,
    goal_rent_cost: 1_000,
  })),
});

export const rents = `mutation Rents($ref: Ref!, $rent: Decimal) {
  updateUnit(ref: $ref, input: { goalRentCost: $rent }) { unit { id goalRentCost } }
}`;

export const rentRow = (id: number, rent: number) => ({ ref: { externalId: `u-${id}` }, rent: `${rent}` });

export interface ShownJob {
  readonly id: string;
  readonly state: string;
  readonly reason: string | null;
  readonly done: number;
  readonly failed: number;
  readonly unknown: number;
  readonly left: number;
  readonly rows: readonly {
    readonly number: number;
    readonly state: string;
    // biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for.
    readonly payload: any;
    // biome-ignore lint/suspicious/noExplicitAny: likewise.
    readonly variables: any;
    readonly userErrors: readonly {
      readonly code: string;
      readonly field: readonly string[] | null;
      readonly message: string;
    }[];
    readonly error: { readonly code: string } | null;
  }[];
}

const shown = `id state reason total done failed unknown left
  rows(first: 1000) { number state variables payload userErrors { code field message } error { code } }`;

type Query = Awaited<ReturnType<typeof startGateway>>["query"];

/** A test's helpers for jobs. */
export const jobsOf = (query: Query, headers: Record<string, string> = {}) => ({
  async start(
    document: string,
    rows: readonly unknown[],
    rest: { dryRun?: boolean; idempotencyKey?: string } = {},
  ) {
    const { data, errors } = await query(
      `mutation ($document: String!, $rows: [JSON!]!, $dryRun: Boolean! = false, $idempotencyKey: String) {
        startJob(document: $document, rows: $rows, dryRun: $dryRun, idempotencyKey: $idempotencyKey) {
          job { ${shown} }
          userErrors { code field message }
        }
      }`,
      { document, rows, ...rest },
      headers,
    );
    if (errors) throw new Error(JSON.stringify(errors));
    return data.startJob as {
      readonly job: ShownJob;
      readonly userErrors: readonly {
        readonly code: string;
        readonly field: readonly string[];
        readonly message: string;
      }[];
    };
  },
  async change(verb: "stop" | "resume", id: string) {
    const { data } = await query(
      `mutation ($id: ID!) { told: ${verb}Job(id: $id) { job { ${shown} } userErrors { code } } }`,
      { id },
      headers,
    );
    return data.told as {
      readonly job: ShownJob | null;
      readonly userErrors: readonly { readonly code: string }[];
    };
  },
  async look(id: string): Promise<ShownJob> {
    const { data, errors } = await query(`query ($id: ID!) { job(id: $id) { ${shown} } }`, { id }, headers);
    if (errors) throw new Error(JSON.stringify(errors));
    return data.job;
  },
  /** Resolves with the job once it has left a state. */
  async whenNot(id: string, state = "RUNNING"): Promise<ShownJob> {
    for (let pause = 20; ; pause = Math.min(1.2 * pause, 1_000)) {
      const job = await this.look(id);
      if (job.state !== state) return job;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  },
});

/** A gateway with jobs; the clock advances instead of waiting for timers. */
export async function start(options: SimulatorOptions = {}, env: Record<string, string> = {}) {
  const gateway = await startGateway({ size: 0, data: unitsOf(30), ...options }, env);
  onTestFinished(() => gateway.close());
  const jobs = jobsOf(gateway.query);
  return {
    ...gateway,
    ...jobs,
    whenNot: (id: string, state?: string) => skipWaiting(jobs.whenNot(id, state)),
    rentOf: (id: number) => Number(gateway.simulator.data.units.get(id)?.goal_rent_cost),
    patches: () =>
      gateway.simulator.log.entries.filter(({ method }) => method === "PATCH").map(({ path }) => path),
  };
}

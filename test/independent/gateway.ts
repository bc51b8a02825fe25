import { afterAll, onTestFinished, TestRunner } from "vitest";
import { skipWaiting, until } from "../support/clock.ts";
import { type Answer, type StartedGateway, startInFront } from "../support/gateway.ts";
import type { Fault } from "./alma/fault.ts";
import type { Quirks } from "./alma/quirk.ts";
import type { World } from "./alma/world.ts";
import { type StandIn, startAlma } from "./alma.ts";

/** A complete gateway over an independent Alma, and a client of it. */
export interface Stage extends StartedGateway {
  readonly alma: StandIn;
  /** The data of an answer, and the number of requests that Alma got for it. Throws if there are errors. */
  counted(
    query: string,
    variables?: Readonly<Record<string, unknown>>,
  ): Promise<{ data: Answer["data"]; calls: number }>;
  /** Resolves when the warm-up is over; moves the clock on to that. */
  warm(): Promise<void>;
}

/** A gateway's and its Alma's differences from the defaults. */
interface Setting {
  readonly quirks?: Partial<Quirks>;
  /** Faults that are active from the first call on. */
  readonly faults?: readonly Fault[];
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Starts a gateway over a world. `env` has its settings; by default the catalog is off and there are no reports. An
 * empty REPORTS enables the built-in ones.
 */
export async function stage(
  world?: World,
  { quirks = {}, faults = [], env = {} }: Setting = {},
): Promise<Stage> {
  const alma = await startAlma(world, quirks);
  for (const fault of faults) alma.faults.add(fault);
  const started = await startInFront(alma, { LOG_LEVEL: "silent", ...env });
  const { gateway } = started;
  const query: Stage["query"] = (text, variables) => skipWaiting(started.query(text, variables));
  return {
    ...started,
    alma,
    query,
    async counted(text, variables) {
      alma.asked();
      const answer = await query(text, variables);
      if (answer.errors) throw new Error(JSON.stringify(answer.errors.slice(0, 3)));
      return { data: answer.data, calls: alma.asked().length };
    },
    warm: () => until(() => gateway.catalog.progress().warm),
    async close() {
      await started.close();
      await alma.down();
    },
  };
}

/**
 * For a test file: returns a function that starts gateways, each over its own world and with `settings` as defaults.
 * Each is closed after its test, since its background work would disturb others; one started for several tests, after
 * the last one.
 */
export function stages(settings: Readonly<Record<string, string>>, make: () => World) {
  const open: Stage[] = [];
  afterAll(() => Promise.all(open.map(({ close }) => close())));
  return async (
    env: Setting["env"] = {},
    quirks: Partial<Quirks> = {},
    faults: readonly Fault[] = [],
  ): Promise<Stage> => {
    const started = await stage(make(), { env: { ...settings, ...env }, quirks, faults });
    if (TestRunner.getCurrentTest()) onTestFinished(started.close);
    else open.push(started);
    return started;
  };
}

/** The distinct error codes of an answer. */
export const codes = ({ errors = [] }: Answer): string[] => [
  ...new Set(errors.map(({ extensions }) => extensions.code)),
];

/** The paths of an answer's errors, joined by dots. */
export const paths = ({ errors = [] }: Answer): (string | undefined)[] =>
  errors.map(({ path }) => path?.join("."));

/**
 * The path and code of each error of an answer, sorted by path: fields that wait for different answers fail in any
 * order.
 */
export const faultsOf = ({ errors = [] }: Answer): [string, string][] =>
  errors
    .map(({ path, extensions }): [string, string] => [path?.join(".") ?? "", extensions.code])
    .sort(([one], [other]) => (one < other ? -1 : Number(one > other)));

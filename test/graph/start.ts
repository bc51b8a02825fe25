import { onTestFinished } from "vitest";
import type { SimulatorOptions } from "../../simulator/index.ts";
import { household } from "../simulator/alma.ts";
import { skipWaiting } from "../support/clock.ts";
import { day } from "../support/day.ts";
import { type Answer, startGateway } from "../support/gateway.ts";

/** Milliseconds after which a write of unknown outcome has settled, by default. */
export const SETTLING_TIME = 60_000;

/** A payload's fields besides the record. */
export interface UserError {
  readonly code: string;
  readonly field: readonly string[] | null;
  readonly message: string;
}

/**
 * A gateway over the household, on the current day. `mutate` runs one mutation, given without its braces, and returns
 * its payload with `userErrors`; `refusals` returns only the errors. For both, the clock advances instead of waiting
 * for timers.
 */
export async function start(options: SimulatorOptions = {}, env: Record<string, string> = {}) {
  const gateway = await startGateway({ size: 0, data: household, ...options }, env);
  onTestFinished(() => gateway.close());
  if (env.CATALOG === "on") await gateway.warm();
  gateway.asked();
  const query: typeof gateway.query = (...asked) => skipWaiting(gateway.query(...asked));
  const run = async (field: string, selection: string, variables?: Record<string, unknown>, types = "") => {
    const document = `mutation${types} { ${field} { ${selection} userErrors { code field message } } }`;
    const answer: Answer = await query(document, variables);
    if (answer.errors) throw new Error(JSON.stringify(answer.errors));
    return Object.values(answer.data)[0] as Record<string, unknown> & { userErrors: readonly UserError[] };
  };
  return {
    ...gateway,
    query,
    data: gateway.simulator.data,
    mutate: run,
    async refusals(field: string) {
      return (await run(field, "__typename")).userErrors.map(({ code, field: at }) => [
        code,
        at?.join(".") ?? null,
      ]);
    },
    /** The writes that Alma received, with their bodies. */
    sent() {
      const sent = gateway.simulator.log.entries
        .filter(({ method }) => method !== "GET")
        .map(({ method, path, body }) => [`${method} ${path.replace("/external_api/", "")}`, body]);
      gateway.simulator.log.clear();
      return sent;
    },
  };
}

export const unitInput =
  '{ externalId: "u-9", name: "109", building: { almaId: 1001 }, propertyType: "studio" }';
export const roomInput = '{ externalId: "r-19", name: "3", parentUnit: { almaId: 1 }, propertyType: "bunk" }';
export const clientInput =
  '{ externalId: "c-9", firstName: "Lea", lastName: "Bauer", email: "lea@example.com", phone: "+971500000000" }';
export const leaseInput = (
  externalId: string,
  object = '{ externalId: "r-11" }',
  from = day(-10),
  to = day(300),
) =>
  `{ externalId: "${externalId}", rentalObject: ${object}, client: { externalId: "c-252" }, name: "Lease", startDate: "${from}",
     endDate: "${to}", price: "5250.50" }`;
export const ownerInput = (externalId: string, object = "{ almaId: 1 }") =>
  `{ externalId: "${externalId}", rentalObject: ${object}, client: { almaId: 251 }, name: "Mandate", startDate: "${day(-10)}",
     endDate: "${day(300)}" }`;

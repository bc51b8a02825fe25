import { onTestFinished } from "vitest";
import type { InitialRecords, SimulatorOptions } from "../../simulator/index.ts";
import { declarations } from "../../src/alma/index.ts";
import { day } from "../support/day.ts";
import { startGateway } from "../support/gateway.ts";

/** The fields of a unit let as a whole. */
export const whole = (additional_external_id: string) => ({
  is_used_additional_external_id: true,
  additional_external_id,
});

/** Two apartments let by rooms, two let as a whole, and a contract of each kind, without drift. */
export const data = {
  projects: [{ id: 207, name: "Dubai" }],
  buildings: [{ id: 5, name: "B", project: 207 }],
  units: [
    { id: 1, external_id: "a1", name: "1", building: 5 },
    { id: 2, external_id: "a2", name: "2", building: 5 },
    { id: 3, external_id: "a3", name: "3", building: 5, ...whole("b3") },
    { id: 4, external_id: "a4", name: "4", building: 5, ...whole("b4"), keybox_code: "1234" },
  ],
  rooms: [
    { id: 11, external_id: "b11", name: "1", parent_unit: 1 },
    { id: 12, external_id: "b12", name: "2", parent_unit: 1 },
    { id: 13, external_id: "b13", name: "1", parent_unit: 2 },
  ],
  clients: [
    { id: 21, external_id: "c21", first_name: "A", email: "a@example.com" },
    { id: 22, external_id: "c22", first_name: "B", email: "b@example.com" },
  ],
  ownerContracts: [{ id: 31, external_id: "31", unit_id: 3, client_id: 21 }],
  tenantContracts: [
    { id: 41, external_id: "41", unit_id: 3, client_id: 22, start_date: day(-9), end_date: day(9) },
    { id: 42, external_id: "42", unit_id: 11, client_id: 22, start_date: day(-9), end_date: day(9) },
  ],
} satisfies InitialRecords;

/** The lists that show Bitrix ids, sorted. */
export const lists = Object.values(declarations)
  .filter(({ summary }) => summary.some((field) => field === "externalId"))
  .map(({ paths }) => `GET ${paths.list[0]}`)
  .sort();
export const details = (path: string, ...ids: number[]) => ids.map((id) => `GET realty/${path}/${id}/`);

const DRIFT = `query Drift($kinds: [BitrixDriftKind!], $first: Int) {
  bitrixDrift(kinds: $kinds, first: $first) {
    asOf totalCount groups { kind totalCount cases { externalId advice records { id } } }
  }
}`;

/** The same query, with everything read again. */
export const DRIFT_NOW = `query Drift($kinds: [BitrixDriftKind!], $first: Int) @freshness(maxAge: 0) {
  bitrixDrift(kinds: $kinds, first: $first) { groups { kind cases { externalId advice records { id } } } }
}`;

/** A gateway over this data until the end of the test, with a function that queries drift. */
export async function start(env: Record<string, string> = {}, options: SimulatorOptions = {}) {
  const gateway = await startGateway({ data, ...options }, env);
  onTestFinished(() => gateway.close());
  const { simulator, query, asked } = gateway;
  interface Group {
    readonly kind: string;
    readonly totalCount: number;
    readonly cases: readonly { externalId: string | null; advice: string; records: { id: string }[] }[];
  }
  const ask = async (kinds?: readonly string[] | null, first?: number, text = DRIFT) => {
    const answer = await query(text, { kinds, first });
    const groups: readonly Group[] = answer.data?.bitrixDrift?.groups ?? [];
    const cases = groups.flatMap((group) =>
      group.cases.map((driftCase) => ({ kind: group.kind, ...driftCase })),
    );
    const reported = cases.map(({ kind, externalId, records }) =>
      [kind, externalId, ...records.map(({ id }) => id)].join(" "),
    );
    return { ...answer, drift: answer.data?.bitrixDrift, cases, reported, asked: asked().sort() };
  };
  return { ...gateway, alma: simulator.data, ask };
}

export const sorted = (...calls: readonly (readonly string[])[]) => calls.flat().sort();

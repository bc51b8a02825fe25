import { expect } from "vitest";
import type { RoomRow, TenantContractRow, UnitRow, World } from "../../independent/alma/world.ts";

/** A table's value: decimals are objects, so that they differ from texts. */
export type Value = string | number | boolean | null | { readonly decimal: string };

export const decimal = (text: string | null): Value => (text === null ? null : { decimal: text });

/** A report's expected table. */
export interface Expected {
  readonly titles: readonly string[];
  readonly rows: readonly (readonly Value[])[];
}

const textOf = (value: Value): string => {
  if (value === null) return "";
  return typeof value === "object" ? value.decimal : String(value);
};

const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** The table as CSV, without a byte order mark. */
export const csvOf = ({ titles, rows }: Expected): string =>
  [titles, ...rows.map((row) => row.map(textOf))]
    .map((cells) => `${cells.map(quoted).join(",")}\r\n`)
    .join("");

/** The table as JSON, with exact decimals. */
export function jsonOf({ titles, rows }: Expected): string {
  const lines = rows.map((row) => {
    const members = row.map((value, index) => {
      const isDecimal = value !== null && typeof value === "object";
      return `${JSON.stringify(titles[index])}:${isDecimal ? value.decimal : JSON.stringify(value)}`;
    });
    return `{${members.join(",")}}`;
  });
  return rows.length === 0 ? "[]\n" : `[\n${lines.join(",\n")}\n]\n`;
}

/** The file at a gateway's address. Fails if there is none. */
export async function file(address: string, path: string): Promise<Buffer> {
  const response = await fetch(`${address}/reports/${path}`);
  const bytes = Buffer.from(await response.arrayBuffer());
  expect([path, response.status, response.status === 200 ? "" : bytes.toString()]).toEqual([path, 200, ""]);
  return bytes;
}

/** Expects a report to equal this table cell by cell, as CSV and as JSON. `query` has its parameters. */
export async function expectReport(address: string, name: string, query: string, expected: Expected) {
  const csv = await file(address, `${name}.csv?_bom=0&${query}`);
  expect(csv.toString()).toBe(csvOf(expected));
  const json = await file(address, `${name}.json?${query}`);
  expect(json.toString()).toBe(jsonOf(expected));
}

const DAY = 86_400_000;
const dayText = (time: number): string => new Date(time).toISOString().slice(0, 10);

/** Every day from one to another. */
export function* daysBetween(from: string, to: string): Generator<string> {
  for (let time = Date.parse(from); time <= Date.parse(to); time += DAY) yield dayText(time);
}

/** The unit or room of a contract. */
export const objectOf = (world: World, { usage }: Pick<TenantContractRow, "usage">) =>
  world.units.get(usage?.unit ?? 0) ?? world.rooms.get(usage?.unit ?? 0);

/** Compares two buildings by name and id; null comes last. */
export function byBuilding(world: World) {
  const nameOf = (id: number) => world.buildings.get(id)?.name ?? null;
  return (one: number | null, other: number | null): number => {
    if (one === other) return 0;
    if (one === null || other === null) return one === null ? 1 : -1;
    const [name, otherName] = [nameOf(one), nameOf(other)];
    if (name === otherName) return one - other;
    if (name === null || otherName === null) return name === null ? 1 : -1;
    return name < otherName ? -1 : 1;
  };
}

/** The distinct non-null values, in order. */
export const distinct = <T>(values: Iterable<T>, order: (one: T, other: T) => number): T[] =>
  [...new Set(values)].sort(order);

/** The id of a building in a report's row; null if there is none. */
export const buildingIdOf = (id: number | null): Value => (id === null ? null : `Building:${id}`);

export const buildingOf = (row: UnitRow | RoomRow | undefined): number | null => row?.building ?? null;

const numbered = new Intl.Collator("en", { numeric: true });

/** Sorts rows by some texts, nulls last, then by descending id. */
export const sortRows = <T extends { readonly id: number }>(
  rows: readonly T[],
  textsOf: (row: T) => readonly (string | null | undefined)[],
): T[] =>
  orderBy(
    [...rows].sort((one, other) => other.id - one.id),
    textsOf,
  );

/** Sorts rows by some texts, nulls last; equal rows keep their order. */
export function orderBy<T>(
  rows: readonly T[],
  textsOf: (row: T) => readonly (string | null | undefined)[],
): T[] {
  return [...rows].sort((one, other) => {
    const others = textsOf(other);
    for (const [index, text] of textsOf(one).entries()) {
      const compared = compareTexts(text ?? null, others[index] ?? null);
      if (compared !== 0) return compared;
    }
    return 0;
  });
}

function compareTexts(one: string | null, other: string | null): number {
  if (one === null || other === null) return Number(one === null) - Number(other === null);
  return numbered.compare(one, other);
}

import type { Simulator } from "../../../simulator/index.ts";
import { createRandom, type Random } from "../../../simulator/store/random.ts";
import { household } from "../../simulator/alma.ts";
import { advance, now, skipWaiting } from "../../support/clock.ts";
import { day } from "../../support/day.ts";
import { startGateway } from "../../support/gateway.ts";
import { leaseInput } from "../start.ts";

/** A caller's request: a mutation, and the value that it sets for each record it changes. */
interface Wish {
  readonly mutation: string;
  readonly effects: Readonly<Record<string, string>>;
}

/** What a caller was told about a write, and when. */
interface Told extends Wish {
  readonly began: number;
  readonly ended: number;
  readonly outcome: "done" | "unknown" | "not-done";
}

const CALLERS = 6;
const roomsOf = { 1: [11, 12], 3: [31] } as const;
const data = {
  ...household,
  units: [...household.units, { id: 3, name: "103", building: 1001, external_id: "u-3" }],
  rooms: [...household.rooms, { id: 31, name: "1", parent_unit: 3, external_id: "r-31" }],
  files: Array.from({ length: 2_000 }, (_, index) => ({ id: 10_000 + index, name: `${10_000 + index}.jpg` })),
};

/**
 * Lets six callers change few records concurrently through a gateway whose Alma loses a third of its answers to writes
 * and performs most of those writes later, within the settling time. `missing` lists confirmed changes that a late
 * write undid although it had been answered before they began. The same writes are late in every run.
 */
export async function storm(seed: number, operations: number) {
  const random = createRandom(seed);
  const gateway = await startGateway({ size: 0, data }, { DEADLINE: "30" });
  const { simulator } = gateway;
  const isWrite = ({ method }: { readonly method: string }) => method === "PATCH" || method === "POST";
  const late = simulator.faults.add({
    kind: "late",
    ms: () => random.int(100, 55_000),
    rate: 0.25,
    when: isWrite,
  });
  simulator.faults.add({ kind: "reset", rate: 0.05, when: isWrite });
  simulator.faults.add({ kind: "lostAnswer", rate: 0.05, when: isWrite });
  const told: Told[] = [];
  let count = 0;
  const runCaller = async () => {
    while (count < operations) {
      const wish = choose(count++, simulator, random);
      const began = now();
      const answer = await gateway.query(`mutation { told: ${wish.mutation} { userErrors { code } } }`);
      const code = answer.errors?.[0]?.extensions.code ?? answer.data.told.userErrors[0]?.code;
      const outcome = code === undefined ? "done" : code === "OUTCOME_UNKNOWN" ? "unknown" : "not-done";
      told.push({ ...wish, began, ended: now(), outcome });
      await pause(random.int(0, 8_000));
    }
  };
  await skipWaiting(Promise.all(Array.from({ length: CALLERS }, runCaller)));
  simulator.faults.clear();
  advance(60_000);
  await skipWaiting(pause(1_000));
  const missing = findMissing(told, simulator);
  await gateway.close();
  return { told, missing, lateWrites: late.hits };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function choose(index: number, { data: tables }: Simulator, { int, pick }: Random): Wish {
  const unit = pick([1, 3] as const);
  const rooms = roomsOf[unit];
  const room = pick(rooms);
  const change = (input: string) => `updateUnit(ref: { almaId: ${unit} }, input: { ${input} })`;
  const archived = (id: number, value: boolean) => ({ [`archived ${id}`]: String(value) });
  const archivedRooms = (value: boolean) => Object.assign({}, ...rooms.map((id) => archived(id, value)));
  const photo = pick(tables.units.get(unit)?.photos ?? []);
  const days = [day(1000 + 10 * index), day(1005 + 10 * index)] as const;
  const kind = int(0, photo ? 8 : 7);
  if (kind === 0)
    return { mutation: change(`header: "h${index}"`), effects: { [`header ${unit}`]: `h${index}` } };
  if (kind === 1) {
    const mutation = `updateBuilding(ref: { almaId: 1001 }, input: { name: "b${index}" })`;
    return { mutation, effects: { building: `b${index}` } };
  }
  if (kind === 2 || kind === 3) {
    const file = 10_000 + index;
    return {
      mutation: change(`photos: { add: [${file}] }`),
      effects: { [`photo ${unit} ${file}.jpg`]: "true" },
    };
  }
  if (kind === 4) return { mutation: `archiveRoom(ref: { almaId: ${room} })`, effects: archived(room, true) };
  if (kind === 5) {
    const mutation = `unarchiveRoom(ref: { almaId: ${room} })`;
    return { mutation, effects: { ...archived(room, false), ...archived(unit, false) } };
  }
  if (kind === 6) {
    const value = pick([true, false]);
    const mutation = `${value ? "archive" : "unarchive"}Unit(ref: { almaId: ${unit} })`;
    return { mutation, effects: { ...archived(unit, value), ...archivedRooms(value) } };
  }
  if (kind === 7) {
    const lease = leaseInput(`t-${index}`, `{ almaId: ${room} }`, ...days);
    return {
      mutation: `createTenantContract(input: ${lease})`,
      effects: { [`contract ${room} t-${index}`]: "true" },
    };
  }
  return {
    mutation: change(`photos: { remove: [${photo.id}] }`),
    effects: { [`photo ${unit} ${fileOf(photo)}`]: "false" },
  };
}

const fileOf = ({ url }: { readonly url: string }): string => url.replace(/.*\//, "");

/** Confirmed changes that are missing in the end without an overlapping or later write that explains it. */
function findMissing(told: readonly Told[], { data: tables }: Simulator): string[] {
  const isSo = (subject: string): string => {
    const [what, id = "", detail = ""] = subject.split(" ");
    const unit = tables.units.get(Number(id));
    if (what === "header") return unit?.header ?? "";
    if (what === "building") return tables.buildings.get(1001)?.name ?? "";
    if (what === "photo") return String(unit?.photos.some((photo) => fileOf(photo) === detail));
    if (what === "archived") return String((unit ?? tables.rooms.get(Number(id)))?.is_archived);
    return String(tables.tenantContracts.by("external_id", detail).some(({ is_archived }) => !is_archived));
  };
  return told.flatMap(({ mutation, effects, began, outcome }) =>
    Object.entries(effects).flatMap(([subject, value]) => {
      const is = isSo(subject);
      if (outcome !== "done" || is === value) return [];
      // Archiving a contract's room ends the contract.
      const [cause, made] = subject.startsWith("contract")
        ? [`archived ${subject.split(" ")[1]}`, "true"]
        : [subject, is];
      const isExplained = told.some(
        (other) => other.outcome !== "not-done" && other.ended >= began && other.effects[cause] === made,
      );
      return isExplained ? [] : [`${mutation}: ${subject} is ${is}`];
    }),
  );
}

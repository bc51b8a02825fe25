import { setTimeout as sleep } from "node:timers/promises";
import { ask, end, succession, warm } from "../store/sqlite/processes.ts";
import type { Process } from "../support/process.ts";
import { ChangeReader } from "./change-reader.ts";

const readUnits = "query @freshness(maxAge: 0) { units(first: 100) { nodes { address } } }";

/**
 * Changes units in Alma and lets gateways on one store read them while they are killed one after the other and a reader
 * follows `/changes` across all of them. Resolves with the changes received by the reader, the changes made in Alma,
 * and their number.
 */
export async function followKilled(kills: number) {
  const { alma, spawn } = await succession({ size: { units: 12, buildings: 2, rooms: 4 } });
  const units = alma.data.units.all().map(({ id }) => id);
  const values = new Map<number, string>();
  let gateway = spawn();
  await warm(gateway);
  let isChanging = true;
  let changes = 0;

  async function change(): Promise<void> {
    while (isChanging) {
      const id = units[changes % units.length] ?? 0;
      const address = `Street ${++changes}`;
      values.set(id, address);
      alma.data.units.change(id, { address });
      await ask(gateway, readUnits).catch(() => sleep(20));
    }
  }

  const reader = new ChangeReader(async (_, after) =>
    fetch(`${await gateway.address()}/changes?after=${after}`),
  );
  const { told } = reader;
  const reading = reader.run();
  while (reader.opened === 0) await sleep(10);
  const changing = change();
  for (let kill = 0; kill < kills; kill++) {
    const before = told.length;
    while (told.length < before + 5) await sleep(10);
    await sleep(Math.random() * 300);
    await end(gateway, "SIGKILL");
    const next: Process = spawn();
    gateway = next;
    await warm(next);
  }
  const isLast = ([id, address]: [number, string]) =>
    told.some(({ recordId, after: value }) => recordId === `Unit:${id}` && value === address);
  isChanging = false;
  await changing;
  await ask(gateway, readUnits);
  while (![...values].every(isLast)) await sleep(20);
  reader.end();
  await end(gateway, "SIGTERM");
  await reading;
  await alma.close();
  return { told, changes };
}

import { setTimeout as sleep } from "node:timers/promises";
import { ask, end, succession, warm } from "../../store/sqlite/processes.ts";
import type { Process } from "../../support/process.ts";

/** A change, as a line of `/changes` has it. */
interface Line {
  readonly recordId: string;
  readonly field: string;
  readonly before: string | null;
  readonly after: string | null;
  readonly cursor: string;
}

const readUnits = "query @freshness(maxAge: 0) { units(first: 100) { nodes { address } } }";

/**
 * Changes units in Alma and has them read, while gateways on one store are killed one after the other, and a reader follows
 * `/changes` across all of them. Resolves with what the reader was told, what Alma was told, and how often it was.
 */
export async function followKilled(kills: number) {
  const { alma, spawn } = await succession({ size: { units: 12, buildings: 2, rooms: 4 } });
  const units = alma.data.units.all().map(({ id }) => id);
  const told: Line[] = [];
  const values = new Map<number, string>();
  let gateway = spawn();
  await warm(gateway);
  let isOver = false;
  let isChanging = true;
  let changes = 0;
  let after = "now";

  /** Opens the stream again wherever it has ended, after the last cursor. */
  async function read(): Promise<void> {
    while (!isOver) {
      try {
        const response = await fetch(`${await gateway.address()}/changes?after=${after}`);
        const decoder = new TextDecoder();
        let text = "";
        // Safe: Node's streams of the web are iterated.
        for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
          text += decoder.decode(chunk, { stream: true });
          const lines = text.split("\n");
          text = lines.pop() ?? "";
          for (const line of lines) {
            const change = line === "" ? { end: true } : JSON.parse(line);
            if (change.end) continue;
            told.push(change);
            after = change.cursor;
          }
          if (isOver) return;
        }
      } catch {
        await sleep(50);
      }
    }
  }

  async function change(): Promise<void> {
    while (isChanging) {
      const id = units[changes % units.length] ?? 0;
      const address = `Street ${++changes}`;
      values.set(id, address);
      alma.data.units.change(id, { address });
      await ask(gateway, readUnits).catch(() => sleep(20));
    }
  }

  const reading = read();
  // The stream begins before the first change.
  await sleep(500);
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
  isOver = true;
  await end(gateway, "SIGTERM");
  await reading;
  await alma.close();
  return { told, changes };
}

/** The changes that were told, each once, where a record's last value is not what its next change begins with. */
export function findGaps(told: readonly Line[]): string[] {
  const last = new Map<string, string | null>();
  const seen = new Set<string>();
  const gaps: string[] = [];
  for (const { recordId, field, before, after, cursor } of told) {
    if (seen.has(cursor)) continue;
    seen.add(cursor);
    if (field !== "address") continue;
    if (last.has(recordId) && last.get(recordId) !== before)
      gaps.push(`${recordId}: ${last.get(recordId)}, ${before}`);
    last.set(recordId, after);
  }
  return gaps;
}

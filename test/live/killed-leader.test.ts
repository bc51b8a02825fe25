import { setTimeout as sleep } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { type SharingProcess, startProcesses, whenReady } from "../share/processes.ts";
import { describeWithPostgres } from "../support/postgres.ts";
import { ChangeReader, findGaps } from "./change-reader.ts";

// A process takes seconds to start on a busy machine.
vi.setConfig({ testTimeout: 600_000 });
/** The environment sets more for longer runs. */
const KILLS = Number(process.env.KILLS ?? 3);

const readUnits = "query @freshness(maxAge: 0) { units(first: 100) { nodes { address } } }";
const fields = "recordId field before after cursor";
const subscription = `subscription ($after: String) { changes(after: $after) { ${fields} } }`;

describeWithPostgres("a leader that is killed", () => {
  test("loses no change and no order for the readers of its streams, including forwarded ones", async () => {
    const { alma, members: first, spawn } = await startProcesses(3);
    let members: readonly SharingProcess[] = first;
    const urlOf = (turn: number) => members[turn % members.length]?.url ?? "";
    const get = (turn: number, after: string) => fetch(`${urlOf(turn)}/changes?after=${after}`);
    const post = (turn: number, after: string) =>
      fetch(`${urlOf(turn)}/graphql/stream`, {
        method: "POST",
        headers: { "content-type": "application/json", accept: "text/event-stream" },
        body: JSON.stringify({ query: subscription, variables: { after } }),
      });
    const readers = [get, get, post, post].map((ask) => new ChangeReader(ask));
    const reading = Promise.all(readers.map((reader) => reader.run()));
    while (readers.some(({ opened }) => opened === 0)) await sleep(20);
    const units = alma.data.units.all().map(({ id }) => id);
    const values = new Map<number, string>();
    let isChanging = true;
    let count = 0;
    const changing = (async () => {
      while (isChanging) {
        const id = units[count % units.length] ?? 0;
        const address = `Street ${++count}`;
        values.set(id, address);
        alma.data.units.change(id, { address });
        if (!(await members[count % members.length]?.ask(readUnits))?.data) await sleep(50);
      }
    })();
    for (let kill = 0; kill < KILLS; kill++) {
      const before = readers.map(({ told }) => told.length);
      while (readers.some(({ told }, index) => told.length < (before[index] ?? 0) + 5)) await sleep(20);
      await sleep(Math.random() * 300);
      const leader = await whenReady(members);
      leader.child.kill("SIGKILL");
      members = [...members.filter((member) => member !== leader), await spawn()];
      await whenReady(members);
    }
    isChanging = false;
    await changing;
    await members[0]?.ask(readUnits);
    const hasAll = ({ told }: ChangeReader) =>
      [...values].every(([id, address]) =>
        told.some(({ recordId, after }) => recordId === `Unit:${id}` && after === address),
      );
    while (!readers.every(hasAll)) await sleep(20);
    for (const reader of readers) reader.end();
    for (const { child } of members) child.kill("SIGTERM");
    await reading;
    for (const { told, opened } of readers) {
      expect(opened).toBeGreaterThan(1);
      expect(told.length).toBeGreaterThan(15);
      expect(findGaps(told)).toEqual([]);
    }
    // Repeated changes after an interruption are identical.
    const [one, ...others] = readers.map(({ told }) => [...new Set(told.map(({ cursor }) => cursor))]);
    for (const other of others) expect(other).toEqual(one?.filter((cursor) => other.includes(cursor)));
  });
});

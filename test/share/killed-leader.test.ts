import { setTimeout as sleep } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { findGaps } from "../server/live/killed-gateway.ts";
import { describeWithPostgres } from "../support/postgres.ts";
import { type SharingProcess, startProcesses, whenReady } from "./processes.ts";

// A process takes seconds to start on a busy machine.
vi.setConfig({ testTimeout: 600_000 });
/** More by hand. */
const KILLS = Number(process.env.KILLS ?? 3);

const readUnits = "query @freshness(maxAge: 0) { units(first: 100) { nodes { address } } }";
const fields = "recordId field before after cursor";
const subscription = `subscription ($after: String) { changes(after: $after) { ${fields} } }`;

type Line = Parameters<typeof findGaps>[0][number];

/** A reader that opens its stream again, at one process after the other, after the last cursor. */
class Reader {
  readonly told: Line[] = [];
  /** How often its stream was opened. */
  opened = 0;
  readonly #members: () => readonly SharingProcess[];
  readonly #ask: (url: string, after: string) => Promise<Response>;
  #isOver = false;

  constructor(
    members: () => readonly SharingProcess[],
    ask: (url: string, after: string) => Promise<Response>,
  ) {
    this.#members = members;
    this.#ask = ask;
  }

  async run(): Promise<void> {
    for (let turn = 0, after = "now"; !this.#isOver; turn++) {
      const alive = this.#members();
      try {
        const response = await this.#ask(alive[turn % alive.length]?.url ?? "", after);
        if (response.status !== 200) throw new Error(await response.text());
        this.opened++;
        const decoder = new TextDecoder();
        let text = "";
        // Safe: Node's streams of the web are iterated.
        for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
          text += decoder.decode(chunk, { stream: true });
          const lines = text.split("\n");
          text = lines.pop() ?? "";
          for (const line of lines) {
            const said = /^(?:data: ?)?(\{.+)$/.exec(line)?.[1];
            const message = said === undefined ? {} : JSON.parse(said);
            const change = message.data?.changes ?? message;
            if (change.cursor === undefined) continue;
            this.told.push(change);
            after = change.cursor;
          }
          if (this.#isOver) return;
        }
      } catch {
        await sleep(50);
      }
    }
  }

  end(): void {
    this.#isOver = true;
  }
}

describeWithPostgres("a leader that is killed", () => {
  test("costs the readers of its streams, and of those handed on to it, no change and no order", async () => {
    const { alma, members: first, spawn } = await startProcesses(3);
    let members: readonly SharingProcess[] = first;
    const post = (url: string, after: string) =>
      fetch(`${url}/graphql/stream`, {
        method: "POST",
        headers: { "content-type": "application/json", accept: "text/event-stream" },
        body: JSON.stringify({ query: subscription, variables: { after } }),
      });
    const readers = [
      ...[0, 1].map(
        () =>
          new Reader(
            () => members,
            (url, after) => fetch(`${url}/changes?after=${after}`),
          ),
      ),
      ...[0, 1].map(() => new Reader(() => members, post)),
    ];
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
    const hasAll = ({ told }: Reader) =>
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
    // What is told twice, after a break, is the same.
    const [one, ...others] = readers.map(({ told }) => [...new Set(told.map(({ cursor }) => cursor))]);
    for (const other of others) expect(other).toEqual(one?.filter((cursor) => other.includes(cursor)));
  });
});

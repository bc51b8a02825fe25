import { setTimeout as sleep } from "node:timers/promises";

/** A change, as a line of `/changes` has it. */
export interface Line {
  readonly recordId: string;
  readonly field: string;
  readonly before: string | null;
  readonly after: string | null;
  readonly cursor: string;
}

/** A reader that reopens its stream after the last cursor whenever it ends. */
export class ChangeReader {
  readonly told: Line[] = [];
  /** How often its stream was opened. */
  opened = 0;
  readonly #ask: (turn: number, after: string) => Promise<Response>;
  #isOver = false;

  /** `ask` opens a stream of changes, as lines or events, after a cursor, for the nth time. */
  constructor(ask: (turn: number, after: string) => Promise<Response>) {
    this.#ask = ask;
  }

  async run(): Promise<void> {
    for (let turn = 0, after = "now"; !this.#isOver; turn++) {
      try {
        const response = await this.#ask(turn, after);
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

/** The distinct changes received whose start value differs from the record's previous value. */
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

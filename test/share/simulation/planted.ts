import { mkdtempSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Plugin, rolldown } from "rolldown";
import type { simulate } from "./run.ts";

/** A mutation of the code: replaces a text in a file to break one rule. */
export interface PlantedFault {
  readonly name: string;
  /** The path from the repository's root. */
  readonly file: string;
  readonly rule: string;
  readonly broken: string;
  /** A seed that detects it, at most 300. */
  readonly seed: number;
}

const fault = (name: string, seed: number, file: string, rule: string, broken: string): PlantedFault => ({
  name,
  seed,
  file: file.startsWith("simulation/") ? `test/share/${file}` : `src/${file}`,
  rule,
  broken,
});

/**
 * Two rules are missing, because no seed can detect their violation. A leader that continues delays writes after a loss
 * although it knows all writes it has started, and a new leader waits anyway. A write whose intent the store refuses
 * because the term is over is not sent; without this rule, it would not be sent either since its lease is over, or,
 * after a loss, it would arrive before the next leader starts to write and reads everything again.
 */
export const plantedFaults: readonly PlantedFault[] = [
  fault(
    "a renewed lease is counted from its answer",
    12,
    "share/leadership/leader-election.ts",
    "extendLease(held, { ...renewed, sent }, now(), lease)",
    "extendLease(held, { ...renewed, sent: now() }, now(), lease)",
  ),
  fault(
    "a new lease is counted from its answer",
    262,
    "share/leadership/leader-election.ts",
    "until: sent.boottime + lease };",
    "until: now().boottime + lease };",
  ),
  fault(
    "a lease goes on while the machine sleeps",
    1,
    "share/clock/clock-times.ts",
    "boottime: monotonic + slept, monotonic }",
    "boottime: monotonic, monotonic }",
  ),
  fault(
    "a lease is held by the calendar",
    88,
    "share/clock/clock-times.ts",
    "const monotonic = runtime.now();",
    "const monotonic = runtime.wall();",
  ),
  fault("others wait half a lease", 1, "share/leadership/leader-lease.ts", "lease + lease / 20", "lease / 2"),
  fault(
    "a lease is 200 ms too long",
    17,
    "share/leadership/leader-lease.ts",
    "now.boottime < lease.until",
    "now.boottime < lease.until + 200",
  ),
  fault(
    "a loss is taken for a complete store",
    4,
    "share/leadership/leader-lease.ts",
    "lease.run === run && !hasLost",
    "lease.run === run",
  ),
  fault(
    "another run is taken for a complete store",
    1,
    "share/leadership/leader-lease.ts",
    "lease !== undefined && lease.run === run && !hasLost",
    "lease !== undefined && !hasLost",
  ),
  fault(
    "a lease that is over goes on in another run",
    3,
    "share/leadership/leader-lease.ts",
    "(run !== held.run || hasLost) && !isHeld(held, now)",
    "false",
  ),
  fault(
    "the clock goes on from the last renewal",
    59,
    "share/leadership/leader-lease.ts",
    "return Math.max(proof.at + now.boottime - proof.since, lease.at, log?.at ?? 0);",
    "return lease.at;",
  ),
  fault(
    "the clock of a leader begins anew",
    1,
    "share/share.ts",
    "backend.startClock(election.axis());",
    "backend.startClock(0);",
  ),
  fault(
    "a process leads before it has followed",
    47,
    "share/share.ts",
    "while (keepsData && !isOver() && !((replicated.seq ?? -1) >= end.seq)) await replicated.nextProgress();",
    "",
  ),
  fault(
    "intents of earlier leaders touch nothing",
    19,
    "share/share.ts",
    "for (const intent of left) backend.noteEarlierWrite(intent);",
    "",
  ),
  fault(
    "writes do not wait for a new leader after a loss",
    12,
    "share/share.ts",
    "writesIn: isContinuous ? 0 :",
    "writesIn: isContinuous || true ? 0 :",
  ),
  fault(
    "intents are not stored again after a loss",
    39,
    "share/share.ts",
    ".then(() => replicated.intents.storeAgain(restored))",
    "",
  ),
  fault(
    "only changes are published after a loss",
    30,
    "share/share.ts",
    "restored.publisher.publishAll()",
    "restored.publisher.publish()",
  ),
  fault(
    "a process that leads no longer keeps what it knows",
    24,
    "share/share.ts",
    "replicated.forget();\n      replicated.follow();",
    "replicated.follow();",
  ),
  fault(
    "a leader answers without its lease",
    1,
    "share/share.ts",
    "const hasLease = () => term !== undefined && election.holds(term.token);",
    "const hasLease = () => term !== undefined;",
  ),
  fault(
    "the lease is not checked before a write leaves",
    9,
    "share/write/write-intents.ts",
    "check(): void {\n      if (!current.term?.hasLease())",
    "check(): void {\n      if (!current.term)",
  ),
  fault(
    "intents are ended before what they changed is published",
    17,
    "share/write/write-intents.ts",
    "await publisher.publish();",
    "void publisher;",
  ),
  fault(
    "a write is confirmed before the next leader knows of it",
    4,
    "share/write/write-intents.ts",
    "if (open.size + ended.size === 0) return;",
    "return;",
  ),
  fault(
    "a write is confirmed as soon as the store has no intent of it",
    34,
    "share/write/write-intents.ts",
    "if (open.size + ended.size === 0) return;",
    "if (!(await store.intents()).some(([id]) => open.has(id) || ended.has(id))) return;",
  ),
  fault(
    "a new leader after a loss does not wait for the lease before",
    4,
    "share/share.ts",
    "if (isLossy) await runtime.sleep(Math.max(0, seenSince + lease + lease / 20 - runtime.now()));",
    "",
  ),
  fault(
    "a loss is forgotten if the answer to catching up is lost",
    53,
    "share/leadership/leader-election.ts",
    "isBehind ||= hasLost;",
    "isBehind = hasLost;",
  ),
  fault(
    "what was read right after a loss still counts",
    168,
    "share/share.ts",
    "if (isLossy && term === begun) backend.catalog.invalidateAll();",
    "",
  ),
  fault(
    "a leader after a loss passes on what it knows at once",
    20,
    "share/leadership/leader-election.ts",
    'const ownRun = isLossy ? "" : run;',
    "const ownRun = run;",
  ),
  fault(
    "a write leaves without an intent",
    1,
    "share/write/write-intents.ts",
    "current.retry(term, storeIn).catch",
    "current.retry(term, async () => true).catch",
  ),
  fault(
    "a commit that another one took the number of counts as stored",
    101,
    "share/replication/commit-sender.ts",
    "if (last.id === id) return true;",
    "return true;",
  ),
  fault(
    "a commit of which the answer was lost is made again",
    15,
    "share/replication/commit-sender.ts",
    "seq: seq + 1, id });",
    "seq: seq + 1, id: (id = runtime.randomId()) });",
  ),
  fault(
    "a refused commit is sent again as it is",
    17,
    "share/replication/commit-sender.ts",
    "error instanceof StoreRefusesError)) return false;",
    "error instanceof StoreRefusesError || refusal)) return false;",
  ),
  fault(
    "a refused change is a gap that is not told",
    1,
    "share/replication/commit-sender.ts",
    "lost: part.changes.at(-1) ?? part.lost,",
    "lost: part.lost,",
  ),
  fault(
    "a record is stored apart from its changes",
    251,
    "share/replication/commit-sender.ts",
    "partOf(nameOf(change))",
    'partOf("change " + nameOf(change))',
  ),
  fault(
    "a change is committed before what shows it",
    49,
    "share/replication/publisher.ts",
    "if (changes.length > 0 && published) published = chain(published, takeChanges());",
    "",
  ),
  fault(
    "changes are not committed",
    1,
    "share/replication/publisher.ts",
    "changes,\n      lost,",
    "changes: [],\n      lost,",
  ),
  fault(
    "the changes that a loss took are a gap that is not told",
    15,
    "share/share.ts",
    "replicated.backend.catalog.changeSource.noteLoss();",
    "",
  ),
  fault(
    "a loss is not noticed",
    1,
    "store/shared/high-water-mark.ts",
    "return step.term <= this.#behindIn || isBefore(step, seenBefore);",
    "return false;",
  ),
  fault(
    "a loss is forgotten with the next step",
    199,
    "store/shared/high-water-mark.ts",
    "if (!isBefore(seenBefore, step)) this.#behindIn = step.term;",
    "",
  ),
  fault(
    "a copy goes on in another sequence of commits",
    103,
    "share/replication/replica.ts",
    "if (origin && (hasLost || run !== origin.run || log.epoch !== origin.epoch)) stop();",
    "",
  ),
  fault(
    "a copy begins after what was committed while it loaded",
    26,
    "share/replication/replica.ts",
    "seq = end.seq;",
    "seq = (await store.logEnd()).seq;",
  ),
  fault(
    "a commit of a term that is over is stored",
    1,
    "simulation/store.ts",
    "const own = token;",
    "const own = state.token;",
  ),
  fault(
    "any step makes up for a loss",
    43,
    "simulation/store.ts",
    "#raisedTo(_: Step): Step {\n    return NO_STEP;",
    "#raisedTo(seen: Step): Step {\n    return seen;",
  ),
  fault(
    "an intent is stored after the write has left",
    5,
    "simulation/member.ts",
    "await this.#journal.begin(intent);",
    "void this.#machine.sleep(100).then(() => this.#journal.begin(intent)).catch(() => {});",
  ),
];

const root = fileURLToPath(new URL("../../../", import.meta.url));
/** The folders that faults are planted in. All others are loaded once. */
const copied = /\/(src\/share|src\/store|test\/share\/simulation)\//;

/** Runs work with a copy of the simulation that contains a planted fault. */
export async function withFault<T>(
  { file, rule, broken, name }: PlantedFault,
  work: (simulateFault: typeof simulate) => Promise<T>,
): Promise<T> {
  const plant: Plugin = {
    name: "plant",
    resolveId(source, importer) {
      const id = join(dirname(importer ?? ""), source);
      return source.startsWith(".") && !copied.test(id) ? { id, external: "absolute" } : undefined;
    },
    transform(code, id) {
      if (id !== join(root, file)) return;
      if (code.split(rule).length !== 2) throw new Error(`The rule of "${name}" is not in ${file} once.`);
      return code.replace(rule, () => broken);
    },
  };
  // From here the copy finds the packages.
  const folder = mkdtempSync(join(root, "dist-test-planted-"));
  try {
    const copy = join(folder, "run.mjs");
    const modules = await rolldown({
      input: join(root, "test/share/simulation/run.ts"),
      external: /^[^./]/,
      plugins: [plant],
      platform: "node",
    });
    await modules.write({ file: copy });
    const { simulate: simulateFault }: { readonly simulate: typeof simulate } = await import(copy);
    return await work(simulateFault);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

import type { LightSignal } from "../../alma/index.ts";
import type { FairSlots } from "../admission/fair-slots.ts";
import { UnreadBytes } from "../admission/unread-bytes.ts";
import { createErrorBody, statusOfCode } from "../http/error-response.ts";

/** An answer for all who listen. */
export interface StreamedAnswer {
  /** What it says; an answer that says the same is not sent. */
  readonly said: string;
  /** As it is sent; undefined if there is nothing to send. */
  readonly bytes: Buffer | undefined;
  /** The cursor behind it. */
  readonly cursor: string | null;
  /** Why there is no answer: the code, and the response that says so. */
  readonly refusal: Refusal | undefined;
  /** Whether it has to be made anew. */
  isOutdated(): boolean;
}

/** A response without data. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly status: number;
  readonly text: string;
  /** Whether it may be otherwise later. */
  readonly isPassing: boolean;
}

/** Milliseconds between two looks at what has changed. */
const LOOK_INTERVAL = 100;

/** What is asked, and by whom. */
interface Asking {
  /** Makes the answer. Rejects with what ends all streams that wait for it. */
  readonly ask: () => Promise<StreamedAnswer>;
  /** Milliseconds from the beginning of one answer to that of the next. */
  readonly minInterval: number;
  /** Whose work it is. */
  readonly owner: string;
}

/** One question of all who ask the same: its answer is made once for them, and anew when it is out of date. */
export class Question {
  /** How many listen. */
  users = 0;
  /** Gives the memory of its answer back. */
  free = (): void => {};
  readonly #asking: Asking;
  readonly #slots: FairSlots;
  readonly #held: UnreadBytes;
  #answer: StreamedAnswer | undefined;
  #failure: unknown;
  #isAsking = false;
  #askedAt = Number.NEGATIVE_INFINITY;
  readonly #waiting = new Set<() => void>();

  constructor(asking: Asking, slots: FairSlots, held: UnreadBytes) {
    this.#asking = asking;
    this.#slots = slots;
    this.#held = held;
  }

  /**
   * Resolves with an answer that says other than `had`; without `had`, with one that is not out of date now. Undefined
   * once the signal is aborted. Rejects with why there is no answer.
   */
  async next(had: StreamedAnswer | undefined, signal: LightSignal): Promise<StreamedAnswer | undefined> {
    // What is being made may have begun before what its asker knows of.
    for (
      let tries = 0;
      !had && tries < 2 && this.#answer?.isOutdated() !== false && !this.#failure;
      tries++
    ) {
      this.#begin();
      await this.#change(signal);
    }
    for (;;) {
      if (signal.aborted) return undefined;
      if (this.#failure) throw this.#failure;
      if (this.#answer && this.#answer.said !== had?.said) return this.#answer;
      await this.#change(signal);
    }
  }

  /** Makes the answer anew, if it is out of date and was not made just now. */
  look(now: number): void {
    if (this.#answer?.isOutdated() && now - this.#askedAt >= this.#asking.minInterval) this.#begin();
  }

  #begin(): void {
    if (this.#isAsking) return;
    this.#isAsking = true;
    this.#askedAt = performance.now();
    void this.#make().finally(() => {
      this.#isAsking = false;
      for (const proceed of [...this.#waiting]) proceed();
    });
  }

  async #make(): Promise<void> {
    const release = await this.#slots.take(this.#asking.owner, noSignal);
    try {
      this.#take(await this.#asking.ask());
    } catch (error) {
      this.#failure = error;
    } finally {
      release?.();
    }
  }

  /** Takes an answer in place of the one before; what only fails for now replaces none. */
  #take(answer: StreamedAnswer): void {
    const { owner } = this.#asking;
    const { length = 0 } = answer.bytes ?? {};
    this.free();
    this.free = () => {};
    // Nobody listens any more.
    if (this.users === 0) return;
    const onClosed = (free: () => void) => {
      this.free = free;
    };
    const refusal = this.#held.add({ caller: { id: owner }, onClosed }, length) ? answer.refusal : noRoom;
    const last = this.#answer;
    this.#answer =
      refusal?.isPassing && last && !last.refusal
        ? { ...last, isOutdated: answer.isOutdated }
        : { ...answer, refusal };
  }

  #change(signal: LightSignal): Promise<void> {
    return new Promise((resolve) => {
      const proceed = () => {
        signal.removeEventListener("abort", proceed);
        this.#waiting.delete(proceed);
        resolve();
      };
      this.#waiting.add(proceed);
      signal.addEventListener("abort", proceed);
    });
  }
}

/** Refuses what the server does not answer. */
export function refuse(code: string, message: string, isPassing = false): Refusal {
  return {
    code,
    message,
    isPassing,
    status: statusOfCode(code),
    text: JSON.stringify(createErrorBody(code, message)),
  };
}

const noRoom = refuse(
  "OVERLOADED",
  "The answers that streams follow take as much memory as they may. Ask for less, or again later.",
  true,
);
const noSignal = new AbortController().signal;

/** The questions of all streams; equal ones are one. */
export class Questions {
  readonly #slots: FairSlots;
  /** The bytes of the answers. */
  readonly #held = new UnreadBytes();
  readonly #questions = new Map<string, Question>();
  #timer: NodeJS.Timeout | undefined;

  /** `slots`: for answers that are made at once. */
  constructor(slots: FairSlots) {
    this.#slots = slots;
  }

  /** Listens to a question until `run` is over. */
  async listen<T>(key: string, asking: Asking, run: (question: Question) => Promise<T>): Promise<T> {
    const question = this.#questions.get(key) ?? new Question(asking, this.#slots, this.#held);
    this.#questions.set(key, question);
    this.#timer ??= setInterval(() => this.#look(), LOOK_INTERVAL).unref();
    question.users++;
    try {
      return await run(question);
    } finally {
      question.users--;
      if (question.users === 0) {
        question.free();
        this.#questions.delete(key);
      }
      if (this.#questions.size === 0) {
        clearInterval(this.#timer);
        this.#timer = undefined;
      }
    }
  }

  #look(): void {
    const now = performance.now();
    for (const question of this.#questions.values()) question.look(now);
  }
}

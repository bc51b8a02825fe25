import { LinkedQueue, type QueueNode } from "./linked-queue.ts";

/** A place in a fair line, to leave it by. */
export interface QueueSlot<T> {
  readonly owner: string;
  readonly node: QueueNode<T>;
}

interface OwnerQueue<T> {
  readonly queue: LinkedQueue<T>;
  rotationNode: QueueNode<string>;
}

/**
 * A queue in which owners take turns: each in the order of its own arrivals, and nobody behind all that another owner
 * has brought. Joining, leaving and taking the next cost the same however many wait.
 */
export class FairQueue<T> {
  readonly #ownerQueues = new Map<string, OwnerQueue<T>>();
  readonly #rotation = new LinkedQueue<string>();
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** How many of an owner's wait. */
  lengthOf(owner: string): number {
    return this.#ownerQueues.get(owner)?.queue.length ?? 0;
  }

  enqueue(owner: string, value: T): QueueSlot<T> {
    let ownerQueue = this.#ownerQueues.get(owner);
    if (ownerQueue === undefined) {
      ownerQueue = { queue: new LinkedQueue<T>(), rotationNode: this.#rotation.enqueue(owner) };
      this.#ownerQueues.set(owner, ownerQueue);
    }
    this.#length++;
    return { owner, node: ownerQueue.queue.enqueue(value) };
  }

  /** `seat` must be one of this line and still in it. */
  remove({ owner, node }: QueueSlot<T>): void {
    const ownerQueue = this.#ownerQueues.get(owner);
    if (ownerQueue === undefined) return;
    ownerQueue.queue.remove(node);
    this.#length--;
    if (ownerQueue.queue.length > 0) return;
    this.#rotation.remove(ownerQueue.rotationNode);
    this.#ownerQueues.delete(owner);
  }

  /** Whose turn it is, taken out; undefined if nobody waits. */
  dequeue(): T | undefined {
    const owner = this.#rotation.dequeue();
    const ownerQueue = owner === undefined ? undefined : this.#ownerQueues.get(owner);
    if (owner === undefined || ownerQueue === undefined) return undefined;
    const value = ownerQueue.queue.dequeue();
    this.#length--;
    if (ownerQueue.queue.length > 0) ownerQueue.rotationNode = this.#rotation.enqueue(owner);
    else this.#ownerQueues.delete(owner);
    return value;
  }
}

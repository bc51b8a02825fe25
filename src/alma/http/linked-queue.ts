/** The position of a value in a queue. */
export interface QueueNode<T> {
  readonly value: T;
  previous: QueueNode<T> | undefined;
  next: QueueNode<T> | undefined;
}

/** A queue (a doubly linked list) that adds, and removes from anywhere, in constant time. */
export class LinkedQueue<T> {
  #first: QueueNode<T> | undefined;
  #last: QueueNode<T> | undefined;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  enqueue(value: T): QueueNode<T> {
    const node: QueueNode<T> = { value, previous: this.#last, next: undefined };
    if (this.#last === undefined) this.#first = node;
    else this.#last.next = node;
    this.#last = node;
    this.#length++;
    return node;
  }

  /** The node must be one of this queue, and still in it. */
  remove(node: QueueNode<T>): void {
    if (node.previous === undefined) this.#first = node.next;
    else node.previous.next = node.next;
    if (node.next === undefined) this.#last = node.previous;
    else node.next.previous = node.previous;
    this.#length--;
  }

  /** Removes and returns the oldest value; undefined if the queue is empty. */
  dequeue(): T | undefined {
    const first = this.#first;
    if (first !== undefined) this.remove(first);
    return first?.value;
  }
}

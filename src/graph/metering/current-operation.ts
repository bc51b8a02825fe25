const length = new Int32Array(new SharedArrayBuffer(4));
const text = new Uint8Array(new SharedArrayBuffer(64 * 1024));
const writable = Buffer.from(text.buffer);

/** The description of the current operation and its length, readable from another thread while this one is blocked. */
export const currentOperation = { length, text };

/** The meter of the operation that runs, or ran last and has not ended. */
let current: object | undefined;

/** Makes an operation the current one. */
export function noteWork(meter: object, description: string): void {
  if (current === meter) return;
  current = meter;
  length[0] = description === "" ? 0 : writable.write(description);
}

/** Ends an operation. */
export function endWork(meter: object): void {
  if (current !== meter) return;
  current = undefined;
  length[0] = 0;
}

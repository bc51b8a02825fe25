import { expect, test } from "vitest";
import { AlmaError } from "../../../src/alma/index.ts";
import { type SharedRead, SharedReads } from "../../../src/catalog/shared-read/shared-read.ts";

const untilAborted = ({ signal }: SharedRead) =>
  new Promise<void>((_resolve, reject) => signal.onAbort(reject));

test("waiters of a read that waits for another get the reason why reads ended", async () => {
  const reads = new SharedReads();
  const never = () => false;
  const asked = Promise.resolve();
  const lookup = reads.readUntil("lookup", never, { priority: "caller" }, async (read) => {
    await asked;
    await reads.readUntil("list", never, read, untilAborted);
  });
  await asked;
  const reason = new AlmaError("ALMA_UNAVAILABLE", "This process reads nothing more.");
  reads.close(reason);
  await expect(lookup).rejects.toBe(reason);
});

import { copyFile, link, readFile, rename, symlink, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createSimulator } from "../../../simulator/index.ts";
import { ownFile } from "../../../src/store/sqlite/own-file.ts";
import { household } from "../../simulator/alma.ts";
import { startInFront } from "../../support/gateway.ts";
import { storeFolder } from "./folder.ts";
import { runSql } from "./run-sql.ts";

test.each([
  [0x6969, "NFS"],
  [0xff534d42, "SMB"],
  [0xfe534d42, "SMB"],
  [0x00c36400, "Ceph"],
])("a file on a network file system (%i) is refused, and nothing is made there", async (type, name) => {
  const { path, files } = await storeFolder();
  expect(() => ownFile(path, () => type)).toThrow(
    `lies on a network file system (${name}), where no lock can be trusted. Name a file on a disk of this machine.`,
  );
  expect(await files()).toEqual([]);
});

const STORE_KEY = "7b".repeat(32);

/** An Alma and gateways over it, each on a file; `start` returns the error of a gateway that does not start. */
async function startOn(path: string) {
  const alma = await createSimulator({ size: 0, data: household });
  onTestFinished(() => alma.close());
  const start = async (file: string) => {
    const env = { STORE_URL: `sqlite:${file}`, STORE_KEY, LOG_LEVEL: "silent", ALMA_TIMEOUT: "1" };
    const gateway = await startInFront(alma, env);
    onTestFinished(gateway.close);
    return gateway;
  };
  const refusalOf = (file: string) =>
    start(file).then(
      () => "it started",
      (error: Error) => error.message,
    );
  const first = await start(path);
  return {
    alma,
    first,
    start,
    refusalOf,
    writes: () => alma.log.entries.filter(({ method }) => method !== "GET").length,
  };
}

const create =
  '(idempotencyKey: "k", input: { externalId: "b-9", name: "Nine" }) { building { almaId } userErrors { code } }';

test("a second gateway is refused a file under another name: a link, or the file itself in another folder", async () => {
  const { folder, path } = await storeFolder();
  const { first, refusalOf } = await startOn(path);
  await symlink(path, join(folder, "link.db"));
  expect(await refusalOf(join(folder, "link.db"))).toContain("another process is using");
  await link(path, join(folder, "hard.db"));
  for (const name of ["hard.db", "known.db"])
    expect(await refusalOf(join(folder, name))).toContain("has 2 names (hard links)");
  await unlink(join(folder, "hard.db"));
  await first.close();
  expect(await refusalOf(join(folder, "link.db"))).toBe("it started");
});

test("a file that is open under a name without a lock file is refused, as with a bind mount", async () => {
  const { folder, path } = await storeFolder();
  const { refusalOf } = await startOn(path);
  // Only the file has the other name, so that the lock file next to it differs.
  await unlink(`${path}-lock`);
  expect(await refusalOf(path)).toContain("is open elsewhere: another gateway may use it by another name");
  expect(await refusalOf(join(folder, "other.db"))).toBe("it started");
});

test("a file that was replaced while a gateway uses it is not written to, and no write is sent", async () => {
  const { folder, path } = await storeFolder();
  const { first, writes } = await startOn(path);
  await rename(path, join(folder, "moved.db"));
  await copyFile(join(folder, "moved.db"), path);
  const { errors } = await first.query(`mutation { createBuilding${create} }`);
  expect(errors?.[0]?.message).toContain("was replaced or removed while the gateway ran");
  expect(writes()).toBe(0);
  await rename(join(folder, "moved.db"), path);
  expect((await first.query(`mutation { createBuilding${create} }`)).data.createBuilding.userErrors).toEqual(
    [],
  );
});

test("an empty file next to a write-ahead log is damage, and is unchanged", async () => {
  const { path } = await storeFolder();
  const { first, refusalOf } = await startOn(path);
  const wal = await readFile(`${path}-wal`);
  await first.close();
  await writeFile(path, "");
  await writeFile(`${path}-wal`, wal);
  expect(wal.length).toBeGreaterThan(0);
  expect(await refusalOf(path)).toContain("is damaged. Restore a backup");
  expect([(await readFile(path)).length, await readFile(`${path}-wal`)]).toEqual([0, wal]);
});

test("a stored value that was changed is reported as damaged, and nothing is sent", async () => {
  const { path } = await storeFolder();
  const { first, start, writes } = await startOn(path);
  await first.query(`mutation { createBuilding${create} }`);
  expect(writes()).toBe(1);
  await first.close();
  runSql(path, "UPDATE kept SET value = zeroblob(length(value))");
  const second = await start(path);
  const { errors } = await second.query(`mutation { createBuilding${create} }`);
  expect(errors?.[0]).toMatchObject({
    message: expect.stringContaining("The data of this idempotency key in the store (STORE_URL) is damaged"),
    extensions: { code: "ALMA_UNAVAILABLE" },
  });
  expect(writes()).toBe(1);
});

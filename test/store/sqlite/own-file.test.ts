import { expect, test } from "vitest";
import { ownFile } from "../../../src/store/sqlite/own-file.ts";
import { storeFolder } from "./folder.ts";

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

import { copyFile } from "node:fs/promises";
import { expect, onTestFinished } from "vitest";
import { createSimulator } from "../../../simulator/index.ts";
import { household } from "../../simulator/alma.ts";
import { startInFront } from "../../support/gateway.ts";
import { storeFolder } from "./folder.ts";

const readAll = `query @freshness(maxAge: 0) { buildings { nodes { address } } units { nodes { address status isArchived } }
  rooms { nodes { status isArchived } } ownerContracts { nodes { name } } clients { nodes { status birthday email } } tenantContracts { nodes { price } } }`;

/** The household in a simulated Alma, and gateways that follow each other on one file and read Alma on request. */
export async function watchedFile(env: Record<string, string> = {}) {
  const alma = await createSimulator({ size: 0, data: household });
  onTestFinished(() => alma.close());
  const { path } = await storeFolder();
  let copies = 0;
  const start = async (more: Record<string, string> = {}, file = path) => {
    const store = { STORE_URL: `sqlite:${file}`, STORE_KEY: "7b".repeat(32) };
    const started = await startInFront(alma, { LOG_LEVEL: "silent", ...store, ...env, ...more });
    onTestFinished(started.close);
    const ask = (query: string) => started.query(query);
    return { ...started, ask, read: async () => expect((await ask(readAll)).errors).toBeUndefined() };
  };
  return {
    alma,
    path,
    data: alma.data,
    start,
    /** A copy of the file's current contents, as after a kill. */
    async copy() {
      const copied = `${path}-${++copies}`;
      for (const part of ["", "-wal"]) await copyFile(`${path}${part}`, `${copied}${part}`);
      return copied;
    },
  };
}

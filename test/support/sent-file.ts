import type { Simulator } from "../../simulator/index.ts";

/** Alma's files, by the senders' names: in Alma, each name starts with a unique prefix. */
export const sentFiles = ({ data }: Simulator) =>
  data.files.all().map((file) => ({ ...file, name: file.name.replace(/^[0-9a-f]{16}-/, "") }));

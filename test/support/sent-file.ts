import type { Simulator } from "../../simulator/index.ts";

/** The files that Alma has, under the names that their senders gave them: in Alma, each begins with a name of its own. */
export const sentFiles = ({ data }: Simulator) =>
  data.files.all().map((file) => ({ ...file, name: file.name.replace(/^[0-9a-f]{16}-/, "") }));

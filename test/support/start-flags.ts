import { readFileSync } from "node:fs";

const { scripts } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  readonly scripts: Readonly<Record<string, string>>;
};

/** Node's flags of `npm start`. */
export const startFlags: readonly string[] = scripts.start?.match(/--\S+/g) ?? [];

import { execFile, spawnSync } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { startReports } from "../run/reports.ts";

const hasR = spawnSync("Rscript", ["--version"]).status === 0;
const names = `# title: Names
# rows: clients.nodes
# columns: { firstName: "Name, größer", almaId: Number }
query Names { clients(orderBy: [{ field: ALMA_ID }]) { nodes { firstName almaId } } }`;

test.runIf(hasR).each(["C.UTF-8", "C"])(
  "R reads a report as its page says, in the locale %s",
  async (locale) => {
    const { get, address } = await startReports({ names });
    const { text } = await get("names");
    const [, snippet = ""] = /aria-label="To copy for R">([^<]*)/.exec(text) ?? [];
    const program = snippet.replaceAll("&quot;", '"').replaceAll("&lt;", "<").replaceAll("&amp;", "&");
    expect(program).toContain(`"${address}/reports/names.csv`);
    const bytes = 'charToRaw(enc2utf8(paste(c(names(frame), frame[[1]]), collapse = "|")))';
    const args = ["-e", program, "-e", `cat(as.character(${bytes}), sep = "")`];
    const env = { ...process.env, LC_ALL: locale };
    const { stdout } = await promisify(execFile)("Rscript", args, { env });
    const csv = (await get("names.csv?_bom=0&_header=0")).text;
    const expected = csv
      .trimEnd()
      .split("\r\n")
      .map((line) => line.split(",")[0]);
    expect(expected.join()).toContain("Анна");
    expect(Buffer.from(stdout, "hex").toString()).toBe(["Name, größer", "Number", ...expected].join("|"));
  },
);

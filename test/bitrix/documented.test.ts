import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { loadMapping } from "../../src/capabilities/bitrix/mapping/load-mapping.ts";
import { startGateway } from "../support/gateway.ts";

const textOf = (page: string) => readFileSync(new URL(`../../${page}`, import.meta.url), "utf8");
const blocksOf = (text: string, language: string) =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm"))].map(
    ([, block = ""]) => block,
  );

test("the tour's five items have the documented results, and are UNCHANGED afterwards", async () => {
  const chapter = textOf("docs/tour.md").split("## From Bitrix to Alma")[1]?.split("\n## ")[0] ?? "";
  const [sync = "", look = ""] = blocksOf(chapter, "graphql");
  const [variables, answer, contract] = blocksOf(chapter, "json").map((block) => JSON.parse(block));
  const gateway = await startGateway();
  onTestFinished(() => gateway.close());
  expect((await gateway.query(sync, variables)).data).toEqual(answer.data);
  expect((await gateway.query(look)).data).toEqual(contract.data);
  gateway.asked();
  const again = await gateway.query(sync, variables);
  const actions = again.data.syncBitrix.items.map(({ action }: { action: string }) => action);
  expect(actions).toEqual(["UNCHANGED", "UNCHANGED", "UNCHANGED", "ATTACHED_TO_UNIT", "UNCHANGED"]);
  expect(gateway.asked().filter((call) => !call.startsWith("GET"))).toEqual([]);
});

test("the documented mapping is valid and has the documented effect", () => {
  const text = blocksOf(textOf("docs/bitrix.md"), "json").find((block) => block.includes('"extends"')) ?? "";
  const folder = mkdtempSync(join(tmpdir(), "mapping-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "portal.json");
  writeFileSync(path, text);
  const mapping = loadMapping(path);
  expect(mapping.name).toBe("our portal");
  expect(mapping.kindOf("190")).toBe("ownerContract");
  const options = mapping.dictionaries.find(({ name }) => name === "typeContract")?.options;
  expect(options?.map(({ value }) => value)).toEqual([
    "Airbnb",
    "Short term from 1 to 3 months",
    "Long-term 3+ months",
    "Booking",
    "Short contract up to 1 month",
    "Less than a month",
    "Ejari",
  ]);
  const { fields } = mapping.map("contact", {
    ID: 31,
    UF_CRM_1700000000: { urlMachine: "https://a.example/id.jpg" },
  });
  expect(fields).toContainEqual(
    expect.objectContaining({ field: "idScan", value: { link: "https://a.example/id.jpg" } }),
  );
});

test("the documented unit is mapped as documented", async () => {
  const section = textOf("docs/bitrix.md").split("## What an item means")[1]?.split("\n## ")[0] ?? "";
  const [ask = ""] = blocksOf(section, "graphql");
  const [variables, shown] = blocksOf(section, "json").map((block) => JSON.parse(block));
  const gateway = await startGateway({ size: 0 });
  onTestFinished(() => gateway.close());
  const { data } = await gateway.query(ask, variables);
  const [unit] = data.mapBitrix;
  expect(unit.links).toEqual(shown.links);
  expect(unit.fields).toEqual(expect.arrayContaining(shown.fields));
  expect(unit.userErrors).toEqual(shown.userErrors);
});

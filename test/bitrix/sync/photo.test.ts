import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { apartment, file, unit } from "../item/items.ts";
import { actions, start } from "./syncing.ts";

const photos = { from: ["ufCrm_photos"], as: "files" };

test("pictures that a portal's own mapping names are given to what has none, and to nothing else", async () => {
  const folder = mkdtempSync(join(tmpdir(), "mapping-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "portal.json");
  const items = { apartment: { records: { unit: { photos } } }, unit: { records: { room: { photos } } } };
  writeFileSync(path, JSON.stringify({ extends: "dubai", name: "portal", items }));
  const { sync, sent, data } = await start({}, { BITRIX_MAPPING: path });
  const pictures = { ufCrm_photos: [file("a.jpg"), file("b.jpg")] };

  expect(actions(await sync([apartment(12, pictures), unit(71, 12)]))).toEqual(["CREATED", "CREATED"]);
  expect(data.units.all()[0]?.photos).toHaveLength(2);
  expect(actions(await sync([apartment(12, pictures), unit(71, 12, pictures)]))).toEqual([
    "UNCHANGED",
    "UPDATED",
  ]);
  expect(data.rooms.all()[0]?.photos).toHaveLength(2);
  sent();
  const others = { ufCrm_photos: [file("c.jpg")] };
  expect(actions(await sync([apartment(12, others), unit(71, 12, { ufCrm_photos: false })]))).toEqual([
    "UNCHANGED",
    "UNCHANGED",
  ]);
  expect(sent()).toEqual([]);
});

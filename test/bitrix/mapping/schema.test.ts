import { expect, test } from "vitest";
import { z } from "zod";
import { mappingFileSchema } from "../../../src/capabilities/bitrix/item/mapping-file.ts";

test("mapping.schema.json is the schema that the gateway checks (`npx vitest run test/bitrix/mapping/schema.test.ts -u` writes it)", async () => {
  const schema = `${JSON.stringify(z.toJSONSchema(mappingFileSchema, { io: "input" }), null, 2)}\n`;
  await expect(schema).toMatchFileSnapshot("../../../src/capabilities/bitrix/mapping.schema.json");
});

import { expect, test } from "vitest";
import { toJsonSchema } from "../../../src/capabilities/bitrix/item/mapping-file.ts";

test("mapping.schema.json is the schema that the gateway checks (`npx vitest run test/bitrix/mapping/schema.test.ts -u` writes it)", async () => {
  const schema = `${JSON.stringify(toJsonSchema(), null, 2)}\n`;
  await expect(schema).toMatchFileSnapshot("../../../src/capabilities/bitrix/mapping.schema.json");
});

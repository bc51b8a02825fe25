import type { ItemKind } from "../../../src/capabilities/bitrix/item/item-kind.ts";
import type { JsonValue } from "../../../src/capabilities/bitrix/item/json-object.ts";
import type { MappedItem } from "../../../src/capabilities/bitrix/item/mapped-item.ts";
import { loadMapping } from "../../../src/capabilities/bitrix/mapping/load-mapping.ts";

/** The bundled mapping. */
export const dubai = loadMapping();

/** The mapped values of a record, by field. Fields with errors are absent. */
export function given(item: MappedItem, record: string): Record<string, unknown> {
  return Object.fromEntries(
    item.fields
      .filter((field) => field.record === record && field.value !== undefined)
      .map(({ field, value }) => [field, value]),
  );
}

/** Items with the required id and links, so that only the fields that a test adds can be wrong. */
export const least: Readonly<Record<ItemKind, Readonly<Record<string, JsonValue>>>> = {
  apartment: { id: 1, stageId: "NEW" },
  unit: { id: 2, ufCrm8_1684429208: [1] },
  contact: { ID: "3", TYPE_ID: "CLIENT" },
  ownerContract: { id: 4, ufCrm10_1693823301: 1, contactId: 3 },
  tenantContract: { id: 5, ufCrm20_1693919019: 2, contactId: 3 },
};

/** Maps an otherwise valid item with one Bitrix field. */
export function read(kind: ItemKind, code: string, raw: JsonValue, mapping = dubai): MappedItem {
  return mapping.map(kind, { ...least[kind], [code]: raw });
}

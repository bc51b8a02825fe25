import type { JsonObject, JsonValue } from "./json-object.ts";

/**
 * Returns the canonical form of a field's code, which is equal for all of Bitrix's spellings:
 * `ufCrm20ContractStartDate` and `UF_CRM_20_CONTRACT_START_DATE` become `uf_crm_20_contract_start_date`. Separators
 * between digits are significant: `ufCrm6_1` differs from `ufCrm61`.
 */
function canonicalCode(code: string) {
  const parts = code.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^A-Za-z0-9\s_[\].-]+/g);
  return (parts ?? []).join("_").toLowerCase();
}

/** A field of an item, with its code as spelled in the item. */
export interface FoundField {
  readonly code: string;
  readonly value: JsonValue;
}

/** Finds the fields of an object by their codes in any of Bitrix's spellings. */
export class FieldsByCode {
  readonly #object: JsonObject;
  readonly #codeByCanonical = new Map<string, string>();

  constructor(object: JsonObject) {
    this.#object = object;
    for (const code of Object.keys(object)) {
      const canonical = canonicalCode(code);
      if (!this.#codeByCanonical.has(canonical)) this.#codeByCanonical.set(canonical, code);
    }
  }

  /** Returns the field with exactly this code, else one with an equivalent spelling. */
  find(code: string): FoundField | undefined {
    const spelled = Object.hasOwn(this.#object, code) ? code : this.#codeByCanonical.get(canonicalCode(code));
    const value = spelled === undefined ? undefined : this.#object[spelled];
    return spelled === undefined || value === undefined ? undefined : { code: spelled, value };
  }
}

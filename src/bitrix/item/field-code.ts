import type { JsonObject, JsonValue } from "./json.ts";

/**
 * A field's code in a form that is the same for all of Bitrix's spellings: `ufCrm20ContractStartDate` and
 * `UF_CRM_20_CONTRACT_START_DATE` are `uf_crm_20_contract_start_date`. Digits with a sign between them stay apart, so
 * that `ufCrm6_1` is not `ufCrm61`.
 */
export function canonicalCode(code: string): string {
  const parts = code.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^A-Za-z0-9\s_[\].-]+/g);
  return (parts ?? []).join("_").toLowerCase();
}

/** A field of an item as the item spells it. */
export interface FoundField {
  readonly code: string;
  readonly value: JsonValue;
}

/** The fields of one object, to be found by their codes in any of Bitrix's spellings. */
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

  /** The field of exactly this code, else of one that is the same in another spelling. */
  find(code: string): FoundField | undefined {
    const spelled = Object.hasOwn(this.#object, code) ? code : this.#codeByCanonical.get(canonicalCode(code));
    const value = spelled === undefined ? undefined : this.#object[spelled];
    return spelled === undefined || value === undefined ? undefined : { code: spelled, value };
  }
}

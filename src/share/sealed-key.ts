import { hasBitrixId } from "../catalog/index.ts";
import type { Seal } from "../store/index.ts";

const PREFIX = "lookup:";

/** The key of an entry as it is stored: Bitrix ids do not stand there in clear. */
export const sealKey = (seal: Seal, key: string): string =>
  hasBitrixId(key) ? PREFIX + seal.sealName(key) : key;

/** The key of a stored entry. Throws if it was sealed with another STORE_KEY. */
export const openKey = (seal: Seal, stored: string): string =>
  hasBitrixId(stored) ? seal.openName(stored.slice(PREFIX.length)) : stored;

import type { Catalog } from "../../catalog/index.ts";
import { createPastCatalog, findUnknownKinds, type PastCatalog, wallClockOffset } from "./past-catalog.ts";

/** The maximum number of past catalogs kept, and how long each is kept after its last use, in milliseconds. */
const MAX_KEPT = 2;
const PAST_CATALOG_KEPT_FOR = 600_000;

/** A past catalog in use until it is released. */
export interface UsedPastCatalog {
  readonly catalog: PastCatalog;
  release(): void;
}

interface Kept {
  readonly catalog: PastCatalog;
  /** The offset at creation (see `wallClockOffset`): when the wall clock is set, times refer to other moments. */
  readonly offset: number;
  users: number;
  usedAt: number;
}

/**
 * Creates catalogs as of a past time on request, one at a time, and keeps them for some time. A request for an earlier
 * time moves an unused catalog back, so that stepping back day by day undoes each change once.
 */
export function createPastCatalogs(live: Catalog) {
  /** The most recently used one is last. */
  let catalogs: Kept[] = [];
  let making: Promise<unknown> = Promise.resolve();
  let onRelease = () => {};
  let expiry: NodeJS.Timeout | undefined;

  async function take(time: number): Promise<UsedPastCatalog> {
    const unknown = findUnknownKinds(live, time);
    const offset = wallClockOffset(live);
    // Data discarded by now is not shown from a kept catalog.
    const isSame = (kept: Kept) =>
      kept.offset === offset && [...unknown.keys()].join() === [...kept.catalog.unknown.keys()].join();
    const known = catalogs.find((kept) => kept.catalog.time === time && isSame(kept));
    if (known) return use(known);
    while (catalogs.length === MAX_KEPT && catalogs.every(({ users }) => users > 0))
      await new Promise<void>((resolve) => {
        onRelease = resolve;
      });
    const idle = catalogs.filter(({ users }) => users === 0);
    const later = idle.filter((kept) => kept.catalog.time > time && isSame(kept));
    const [nearest] = later.sort((one, other) => one.catalog.time - other.catalog.time);
    const replaced = nearest ?? (catalogs.length === MAX_KEPT ? idle[0] : undefined);
    // Removed meanwhile, so that it is not used if this fails.
    catalogs = catalogs.filter((kept) => kept !== replaced);
    await nearest?.catalog.goBack(time);
    const catalog = nearest?.catalog ?? (await createPastCatalog(live, time, unknown));
    return use({ catalog, offset, users: 0, usedAt: 0 });
  }

  function use(kept: Kept): UsedPastCatalog {
    catalogs = [...catalogs.filter((other) => other !== kept), kept];
    kept.users++;
    const release = () => {
      kept.users--;
      kept.usedAt = performance.now();
      onRelease();
      if (!expiry) expiry = setTimeout(expire, PAST_CATALOG_KEPT_FOR).unref();
    };
    return { catalog: kept.catalog, release };
  }

  function expire() {
    catalogs = catalogs.filter(
      ({ users, usedAt }) => users > 0 || performance.now() - usedAt < PAST_CATALOG_KEPT_FOR,
    );
    expiry = catalogs.length > 0 ? setTimeout(expire, PAST_CATALOG_KEPT_FOR).unref() : undefined;
  }

  return {
    /**
     * Returns the catalog of a time by the wall clock. Rejects with NOT_KNOWN_THEN, or with the error of the store of
     * changes.
     */
    at(time: number): Promise<UsedPastCatalog> {
      const made = making.then(() => take(time));
      making = made.catch(() => {});
      return made;
    },
  };
}

export type PastCatalogs = ReturnType<typeof createPastCatalogs>;

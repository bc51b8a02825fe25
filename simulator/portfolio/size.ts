/** The number of records of each kind in a portfolio. */
export interface Size {
  readonly buildings: number;
  readonly units: number;
  readonly rooms: number;
  readonly clients: number;
  readonly ownerContracts: number;
  readonly tenantContracts: number;
}

/** The size at scale 1. */
const baseSize: Size = {
  buildings: 8,
  units: 48,
  rooms: 84,
  clients: 150,
  ownerContracts: 56,
  tenantContracts: 240,
};

/**
 * The size for a scale (1 is a small company, 0 is empty) or for counts by kind (0 for a missing kind). Throws an Error
 * for an impossible size.
 */
export function sizeOf(requested: number | Partial<Size>): Size {
  const size =
    typeof requested === "number"
      ? mapSize(baseSize, (count) => Math.round(count * requested))
      : { ...mapSize(baseSize, () => 0), ...requested };
  checkSize(size);
  return size;
}

function mapSize(size: Size, change: (count: number) => number): Size {
  return Object.fromEntries(
    Object.entries(size).map(([kind, count]) => [kind, change(count)]),
  ) as unknown as Size;
}

function checkSize({ buildings, units, rooms, clients, ownerContracts, tenantContracts }: Size): void {
  const problems = [
    units > 0 && buildings === 0 && "units need a building",
    rooms > 0 && units === 0 && "rooms need a unit",
    ownerContracts + tenantContracts > 0 && clients === 0 && "contracts need a client",
    ownerContracts + tenantContracts > 0 && units === 0 && "contracts need a unit",
  ].filter(Boolean);
  if (problems.length > 0) throw new Error(`No portfolio has this size: ${problems.join(", ")}.`);
}

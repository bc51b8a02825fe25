import { household } from "../../simulator/alma.ts";
import { startGateway } from "../../support/gateway.ts";

/**
 * Lets two users change the rent of one unit concurrently, again and again, each from the value last shown. `lost`
 * counts the changes that were confirmed and that the next change did not start from.
 */
export async function pairEdits(pairs: number, env: Record<string, string> = {}) {
  const { query, simulator, close } = await startGateway({ size: 0, data: household }, env);
  const change = async (rent: number, expected: number) => {
    const { data, errors } = await query(
      `mutation ($rent: Decimal, $expected: Decimal) {
        told: updateUnit(ref: { almaId: 1 }, input: { goalRentCost: $rent }, expected: { goalRentCost: $expected }) {
          userErrors { code now }
        }
      }`,
      { rent: `${rent}`, expected: `${expected}.00` },
    );
    const [refusal] = data?.told?.userErrors ?? [];
    return { rent, outcome: errors ? "failed" : (refusal?.code ?? "done"), now: refusal?.now };
  };
  const rentNow = () => Number(simulator.data.units.get(1)?.goal_rent_cost);
  const told: Record<string, number> = {};
  const lost: object[] = [];
  for (let pair = 1; pair <= pairs; pair++) {
    const before = rentNow();
    const edits = await Promise.all([change(1_000 * pair + 1, before), change(1_000 * pair + 2, before)]);
    for (const { outcome } of edits) told[outcome] = (told[outcome] ?? 0) + 1;
    const done = edits.filter(({ outcome }) => outcome === "done");
    const conflicts = edits.filter(({ outcome }) => outcome === "CONFLICT");
    const isTold = conflicts.every(({ now }) => Number(now) === done[0]?.rent);
    if (done.length !== 1 || done[0]?.rent !== rentNow() || !isTold)
      lost.push({ before, edits, now: rentNow() });
  }
  await close();
  return { told, lost };
}

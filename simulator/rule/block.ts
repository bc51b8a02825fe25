import { ruleMessage } from "../http/message.ts";
import { ruleViolation } from "../http/refusal.ts";
import type { Handler } from "../http/route.ts";
import type { SimulatorContext } from "../store/context.ts";
import type { Room, Unit } from "../store/record.ts";
import { readBody } from "./field.ts";
import { boolean } from "./field-type.ts";
import { isOccupied } from "./occupancy.ts";
import { type Resource, recordHandler } from "./resource.ts";
import { stateChangeResponse } from "./state-change.ts";
import { updateStatus } from "./status.ts";

/**
 * The `block/` endpoint of units or rooms (Alma: Apartments and Units, PATCH block). `is_blocked: false` unblocks,
 * which the document does not show.
 */
export function blockHandler<T extends Unit | Room>(
  resource: Resource<T>,
  context: SimulatorContext,
): Handler {
  const { data, clock, switches } = context;
  return recordHandler(resource.table, context, ({ id }, request) => {
    const body = readBody<{ is_blocked: boolean }>({ is_blocked: boolean("known") }, request.body, context);
    if (!body.is_blocked) {
      unblock(id, context);
    } else {
      const objectIds = [id, ...data.rooms.by("parent_unit", id).map((room) => room.id)];
      if (objectIds.some((objectId) => isOccupied(objectId, context))) {
        if (switches.refusedState === "false") return { status: 200, body: false };
        throw ruleViolation(ruleMessage.occupied);
      }
      data.blocks.insert({ unit_id: id, start_date: clock.today(), end_date: null });
    }
    updateStatus(id, context);
    return stateChangeResponse(switches.blockAnswer, () => resource.detail(resource.table.get(id) as T));
  });
}

/** Removes open-ended blocks in force and blocks that start today. Blocks of a unit's rooms stay. */
function unblock(id: number, { data, clock }: SimulatorContext): void {
  const today = clock.today();
  for (const block of data.blocks.by("unit_id", id)) {
    const isOpenEnded = block.end_date === null && block.start_date <= today;
    if (isOpenEnded || block.start_date === today) data.blocks.remove(block.id);
  }
}

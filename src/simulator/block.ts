import type { Handler } from "./answer.ts";
import { readBody } from "./field.ts";
import { ruleMessage } from "./message.ts";
import { isOccupied } from "./occupancy.ts";
import type { Room, Unit } from "./record.ts";
import { broken } from "./refusal.ts";
import { type Kind, onNamed } from "./resource.ts";
import { stateAnswer } from "./state.ts";
import { showStatus } from "./status.ts";
import { flag } from "./value.ts";
import type { World } from "./world.ts";

/** `block/` of a unit or a room. Alma: Apartments and Units, PATCH block. `false`, which unblocks, is not printed. */
export function blockHandler<T extends Unit | Room>(kind: Kind<T>, world: World): Handler {
  const { data, clock, switches } = world;
  return onNamed(kind.table, world, ({ id }, asked) => {
    const body = readBody<{ is_blocked: boolean }>({ is_blocked: flag("known") }, asked.body, world);
    if (!body.is_blocked) {
      unblock(id, world);
    } else {
      const objects = [id, ...data.rooms.by("parent_unit", id).map((room) => room.id)];
      if (objects.some((object) => isOccupied(object, world))) {
        if (switches.refusedState === "false") return { status: 200, body: false };
        throw broken(ruleMessage.occupied);
      }
      data.blocks.insert({ unit_id: id, start_date: clock.today(), end_date: null });
    }
    showStatus(id, world);
    return stateAnswer(switches.blockAnswer, () => kind.detail(kind.table.get(id) as T));
  });
}

/** Removes the endless blocks in force and those that start today; blocks recorded on a unit's rooms stay. */
function unblock(id: number, { data, clock }: World): void {
  const today = clock.today();
  for (const block of data.blocks.by("unit_id", id)) {
    const endless = block.end_date === null && block.start_date <= today;
    if (endless || block.start_date === today) data.blocks.remove(block.id);
  }
}

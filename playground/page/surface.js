/* Holds what a person has typed and chosen on one surface: a message, a modal or the Home tab. */

import { confirmDialog } from "./confirm.js";
import { toast } from "./dom.js";
import { perform } from "./state.js";

/** Ask what the element's confirm dialog says, if it has one; true to go on. */
export const agreed = async (element) => !element.confirm || confirmDialog(element.confirm);

/** The input state of one surface; it outlives redraws, as Slack's does. */
export class Surface {
  /** *ref* names the surface to the server: {channel, message_ts}, {view_id} or {view_id, is_home}. */
  constructor(ref) {
    this.ref = ref;
    this.values = {};
  }

  /** Begin a redraw: fields that are drawn again keep their value, the others are forgotten. */
  redraw() {
    this.previous = this.values;
    this.values = {};
  }

  /** Return the state of a field: what it was if it was there before, else *initial*. */
  field(blockId, element, initial) {
    const before = this.previous?.[blockId]?.[element.action_id];
    const state = before?.type === element.type ? before : { type: element.type, ...initial };
    (this.values[blockId] ??= {})[element.action_id] = state;
    return state;
  }

  /** Tell the app what was clicked or chosen; returns when it has acknowledged that. */
  async send(blockId, element, change) {
    const answer = await perform("action", {
      ...this.ref,
      block_id: blockId,
      action_id: element.action_id,
      ...change,
      state: this.values,
    });
    if (!answer.ok) toast(answer.error ?? "The app did not answer.", "error");
  }

  /** Change a field; where it *dispatches*, tell the app. False if the person took it back. */
  async change(blockId, element, change, dispatches) {
    if (dispatches && !(await agreed(element))) return false;
    Object.assign(this.values[blockId][element.action_id], change);
    if (dispatches) await this.send(blockId, element, change);
    return true;
  }

  /** Return the options of an external select for *value*, as groups. */
  async suggest(blockId, element, value) {
    const answer = await perform("suggest", {
      ...this.ref,
      block_id: blockId,
      action_id: element.action_id,
      value,
    });
    if (!answer.ok) return { error: answer.error ?? "The app did not answer." };
    return { options: answer.options, option_groups: answer.option_groups };
  }
}

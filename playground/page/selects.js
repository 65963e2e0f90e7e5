/* The select elements: where their options come from, and which field of the state they set. */

import { Combobox } from "./combobox.js";
import { route } from "./route.js";
import { people, store, userName } from "./state.js";

const option = (text, value) => ({ text: { type: "plain_text", text }, value });

const persons = () => people().map((one) => option(one.real_name || one.name, one.id));
const rooms = () =>
  store.channels.filter((one) => !one.is_im).map((one) => option(`# ${one.name}`, one.id));
const direct = () =>
  store.channels.filter((one) => one.is_im).map((one) => option(one.name || "ferry", one.id));

function conversations(element) {
  const include = element.filter?.include ?? ["im", "mpim", "private", "public"];
  return [
    ...(include.includes("public") ? rooms() : []),
    ...(include.includes("im") ? direct() : []),
  ];
}

/** kind → the field of the state, its options, and how a value is made from an option. */
const KINDS = {
  static_select: { one: "selected_option", many: "selected_options" },
  external_select: { one: "selected_option", many: "selected_options" },
  users_select: { one: "selected_user", many: "selected_users", options: persons, ids: true },
  channels_select: {
    one: "selected_channel",
    many: "selected_channels",
    options: rooms,
    ids: true,
  },
  conversations_select: {
    one: "selected_conversation",
    many: "selected_conversations",
    options: conversations,
    ids: true,
  },
};

const INITIAL = {
  users_select: ["initial_user", "initial_users"],
  channels_select: ["initial_channel", "initial_channels"],
  conversations_select: ["initial_conversation", "initial_conversations"],
};

function groupsOf({ options, option_groups: groups }) {
  if (groups) return groups.map((group) => ({ label: group.label?.text, options: group.options }));
  return [{ options: options ?? [] }];
}

function matching(groups, query) {
  const words = query.trim().toLowerCase();
  const fits = (one) =>
    `${one.text.text} ${one.description?.text ?? ""}`.toLowerCase().includes(words);
  return groups.map((group) => ({ ...group, options: group.options.filter(fits) }));
}

function loader(element, kind, { surface, blockId }) {
  if (!element.type.endsWith("external_select")) {
    const source = kind.options ? { options: kind.options(element) } : element;
    return async (query) => ({ groups: matching(groupsOf(source), query) });
  }
  const least = element.min_query_length ?? 3;
  const load = async (query) => {
    if (query.length < least)
      return {
        message: `Type ${least === 1 ? "a character" : `${least} characters`} or more to search`,
      };
    const found = await surface.suggest(blockId, element, query);
    return found.error ? { message: found.error } : { groups: groupsOf(found) };
  };
  load.isRemote = true;
  return load;
}

function initialOf(element, name, multi) {
  const [one, many] = INITIAL[name] ?? ["initial_option", "initial_options"];
  if (multi) return element[many] ?? [];
  if (name === "conversations_select" && element.default_to_current_conversation && !element[one])
    return route.channel;
  return element[one] ?? null;
}

function nameOf(id) {
  const place = store.channels.find((one) => one.id === id);
  return place ? `${place.is_im ? "" : "# "}${place.name}` : userName(id);
}

/** Forget what was chosen if an update took it off the list. */
function keepOffered(element, state, field, initial) {
  const offered = groupsOf(element).flatMap((group) => group.options);
  const isOffered = (chosen) => offered.some((one) => one.value === chosen.value);
  if (![state[field] ?? []].flat().every(isOffered)) state[field] = initial;
}

/** Return the node of any select element. */
export function select(element, context) {
  const multi = element.type.startsWith("multi_");
  const name = element.type.replace("multi_", "");
  const kind = KINDS[name];
  const field = multi ? kind.many : kind.one;
  const { surface, blockId, dispatches } = context;
  const initial = initialOf(element, name, multi);
  const state = surface.field(blockId, element, { [field]: initial });
  if (name === "static_select") keepOffered(element, state, field, initial);
  const current = [state[field] ?? []]
    .flat()
    .map((value) => (kind.ids ? option(nameOf(value), value) : value));
  const box = new Combobox({
    id: context.id,
    name: context.name ?? element.placeholder?.text ?? "Choose",
    placeholder: element.placeholder?.text ?? (multi ? "Select options" : "Select an item"),
    multi,
    max: element.max_selected_items,
    clearable: context.optional,
    selected: current,
    load: loader(element, kind, context),
    data: {
      action: `${blockId}/${element.action_id}`,
      focusOnLoad: element.focus_on_load ? "yes" : undefined,
    },
    onChange: (chosen) => {
      const values = chosen.map((one) => (kind.ids ? one.value : one));
      return surface.change(
        blockId,
        element,
        { [field]: multi ? values : (values[0] ?? null) },
        dispatches,
      );
    },
  });
  return box.node;
}

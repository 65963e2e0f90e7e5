/* The stack of modal views: the top one is shown, with its fields, errors and buttons. */

import { renderBlocks } from "./blocks.js";
import { focusFirst, openDialog } from "./dialog.js";
import { fill, h, iconButton, keepFocus } from "./dom.js";
import { withEmoji } from "./emoji.js";
import { avatar, icon } from "./icons.js";
import { on, perform, store } from "./state.js";
import { Surface } from "./surface.js";
import { validate } from "./validate.js";

const surfaces = new Map();
let shell = null; // the open dialog's parts
let shown = null; // {id, signature} of the view in it

function surfaceOf(view) {
  if (!surfaces.has(view.id)) surfaces.set(view.id, new Surface({ view_id: view.id }));
  return surfaces.get(view.id);
}

const topView = () => store.views.at(-1);

function closeTop() {
  const view = topView();
  if (view) perform("close", { view_id: view.id });
}

function sayTrouble(words) {
  shell?.footer.querySelector(".trouble")?.remove();
  if (words) shell?.footer.prepend(h("p", { class: "trouble", role: "alert" }, words));
}

/** Put each error beneath its field, and go to the first. */
function showErrors(errors = {}) {
  const fields = [...shell.body.querySelectorAll(".field")];
  for (const field of fields) {
    const words = errors[field.dataset.block];
    const place = field.querySelector(".field-error");
    fill(place, words);
    field.classList.toggle("invalid", Boolean(words));
    const control = field.querySelector("input, textarea, [role=radiogroup], [role=group]");
    control?.setAttribute("aria-invalid", String(Boolean(words)));
    control?.[words ? "setAttribute" : "removeAttribute"]("aria-errormessage", place.id);
  }
  const first = fields.find((field) => field.classList.contains("invalid"));
  first?.querySelector("input, textarea")?.focus();
  const lost = Object.keys(errors).filter(
    (id) => !fields.some((field) => field.dataset.block === id),
  );
  if (lost.length) sayTrouble(lost.map((id) => errors[id]).join(" "));
}

async function submit(view) {
  const surface = surfaceOf(view);
  const wrong = validate(view.blocks, surface.values);
  sayTrouble(null);
  showErrors(wrong);
  const button = shell.footer.querySelector(".primary");
  if (Object.keys(wrong).length || !button || button.disabled) return;
  button.disabled = true;
  button.classList.add("busy");
  const answer = await perform("submit", { view_id: view.id, values: surface.values });
  button.disabled = false;
  button.classList.remove("busy");
  if (!shell || shown?.id !== view.id) return;
  if (answer.errors) showErrors(answer.errors);
  else if (!answer.ok) sayTrouble(answer.error ?? "We had some trouble connecting. Try again?");
}

function drawFooter(view) {
  const words = (text, otherwise) => withEmoji(text?.text ?? otherwise);
  const close = h(
    "button",
    { type: "button", class: "button", data: { action: "modal/close" }, onclick: closeTop },
    words(view.close, view.submit ? "Cancel" : "Close"),
  );
  const go =
    view.submit &&
    h(
      "button",
      {
        type: "button",
        class: "button primary",
        data: { action: "modal/submit" },
        onclick: () => submit(view),
      },
      words(view.submit),
    );
  fill(shell.footer, h("span", { class: "grow" }), close, go);
}

function draw(view) {
  const surface = surfaceOf(view);
  surface.redraw();
  for (const popup of shell.dialog.querySelectorAll(".popup")) popup.remove();
  const back =
    store.views.length > 1
      ? iconButton("Back", icon("back", 20), closeTop)
      : avatar(store.bot ?? { is_bot: true }, 28);
  fill(shell.lead, back);
  fill(shell.heading, withEmoji(view.title?.text ?? ""));
  fill(shell.body, renderBlocks(view.blocks, surface));
  drawFooter(view);
}

function enterSubmits(event) {
  const view = topView();
  const isLine = event.target.matches(
    "input:not([role=combobox]):not([type=radio]):not([type=checkbox])",
  );
  if (event.key !== "Enter" || event.defaultPrevented || !isLine || !view?.submit) return;
  event.preventDefault();
  submit(view);
}

function update() {
  const view = topView();
  for (const id of surfaces.keys())
    if (!store.views.some((one) => one.id === id)) surfaces.delete(id);
  if (!view) {
    shell?.close();
    shell = shown = null;
    return;
  }
  const signature = JSON.stringify([
    view.title,
    view.submit,
    view.close,
    view.blocks,
    store.views.length,
  ]);
  if (shown?.id === view.id && shown.signature === signature) return;
  const isOther = shown?.id !== view.id;
  if (!shell) {
    shell = openDialog({ title: "", className: "dialog-modal", onClose: closeTop });
    shell.dialog.addEventListener("keydown", enterSubmits);
  }
  shown = { id: view.id, signature };
  shell.dialog.dataset.view = view.id;
  const { scrollTop } = shell.body;
  keepFocus(shell.dialog, () => draw(view));
  shell.body.scrollTop = isOther ? 0 : scrollTop;
  // What had the focus may be gone, or disabled while the app was asked.
  if (isOther || !shell.dialog.contains(document.activeElement)) focusFirst(shell.dialog);
}

/** Show the person's modals from now on. */
export function mountModals() {
  on("views state", update);
  on("errors", ({ view_id: id, errors }) => shown?.id === id && showErrors(errors));
}

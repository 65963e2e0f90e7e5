/* The confirm dialog of buttons and selects. It is a courtesy, no permission: the app decides. */

import { openDialog } from "./dialog.js";
import { fill, h } from "./dom.js";
import { withEmoji } from "./emoji.js";
import { mrkdwn } from "./mrkdwn.js";

const words = (text, otherwise) => withEmoji(text?.text ?? otherwise);

/** Ask what *confirm* (Slack's confirmation object) says; true if the person agrees. */
export function confirmDialog(confirm) {
  return new Promise((answer) => {
    const finish = (value) => {
      shell.close();
      answer(value);
    };
    const shell = openDialog({
      title: words(confirm.title, "Are you sure?"),
      className: "dialog-confirm",
      role: "alertdialog",
      onClose: () => finish(false),
    });
    const style = confirm.style === "danger" ? "danger" : "primary";
    const yes = h(
      "button",
      { type: "button", class: `button ${style}`, onclick: () => finish(true) },
      words(confirm.confirm, "Yes"),
    );
    const no = h(
      "button",
      { type: "button", class: "button", onclick: () => finish(false) },
      words(confirm.deny, "Cancel"),
    );
    const { text } = confirm;
    fill(
      shell.body,
      h(
        "div",
        { class: "text" },
        text?.type === "mrkdwn" ? mrkdwn(text.text) : withEmoji(text?.text ?? ""),
      ),
    );
    fill(shell.footer, no, yes);
    yes.focus();
  });
}

/* Files in messages: a card, and a viewer with the text and a download link. */

import { fetchFile, fileUrl } from "./api.js";
import { openDialog } from "./dialog.js";
import { fill, h } from "./dom.js";
import { icon } from "./icons.js";
import { store } from "./state.js";

/** Return *bytes* in words. */
export function sizeWords(bytes) {
  if (!Number.isFinite(bytes)) return "";
  if (bytes < 1000) return `${bytes} ${bytes === 1 ? "byte" : "bytes"}`;
  return bytes < 1_000_000
    ? `${(bytes / 1000).toFixed(bytes < 10_000 ? 1 : 0)} kB`
    : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** Return all that is known of a file of a message. */
export const fileOf = (file) => ({ ...file, ...store.files[file.id] });

const isText = (file) => /^text\/|json|xml|yaml/.test(file.mimetype ?? "text/plain");
const LONGEST = 400_000; // characters shown; the rest is in the download

async function showText(file, place) {
  fill(place, h("p", { class: "muted" }, "Loading…"));
  try {
    const text = await fetchFile(file.id);
    const rest =
      text.length > LONGEST ? h("p", { class: "muted" }, "The rest is in the download.") : null;
    fill(
      place,
      h(
        "pre",
        { class: "file-text", tabindex: "0", "aria-label": "Text of the file" },
        text.slice(0, LONGEST),
      ),
      rest,
    );
  } catch (error) {
    fill(place, h("p", { class: "field-error" }, error.message));
  }
}

function download(file) {
  return h(
    "a",
    { class: "button", href: fileUrl(file.id), download: file.name },
    icon("download", 16),
    "Download",
  );
}

function openViewer(file) {
  const shell = openDialog({
    title: file.title || file.name,
    className: "dialog-file",
    onClose: () => shell.close(),
  });
  fill(shell.lead, icon("file", 22));
  fill(
    shell.footer,
    h("span", { class: "muted grow" }, `${file.name} · ${sizeWords(file.size)}`),
    download(file),
  );
  if (isText(file)) showText(file, shell.body);
  else if (/^image\//.test(file.mimetype))
    fill(shell.body, h("img", { src: fileUrl(file.id), alt: file.title ?? file.name }));
  else fill(shell.body, h("p", { class: "muted" }, "This kind of file can only be downloaded."));
  shell.dialog.querySelector("a, button").focus();
}

/** Return the card of a message's *file*. */
export function fileCard(file) {
  const known = fileOf(file);
  return h(
    "button",
    {
      type: "button",
      class: "file-card",
      data: { action: `file/${known.id}` },
      onclick: () => openViewer(known),
    },
    h("span", { class: "file-icon" }, icon("file", 22)),
    h(
      "span",
      { class: "file-words" },
      h("strong", null, known.title || known.name),
      h(
        "small",
        null,
        [
          known.title && known.title !== known.name ? known.name : "Plain text",
          sizeWords(known.size),
        ]
          .filter(Boolean)
          .join(" · "),
      ),
    ),
  );
}

/** Open links to files of this workspace in the viewer rather than in another tab. */
export function mountFiles() {
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]:not([download])");
    const id = link?.href.startsWith(`${location.origin}${fileUrl("")}`)
      ? link.href.split("/").at(-1)
      : null;
    if (!store.files[id] || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    openViewer(store.files[id]);
  });
}

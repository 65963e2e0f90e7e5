/* Light or dark: the system's choice until the person makes another. */

const KEY = "ferry-playground-theme";
const systemIsDark = matchMedia("(prefers-color-scheme: dark)");

/** Return "light" or "dark", as it is shown now. */
export function theme() {
  return document.documentElement.dataset.theme ?? (systemIsDark.matches ? "dark" : "light");
}

/** Show the other one of the two, and remember it. */
export function toggleTheme() {
  const next = theme() === "dark" ? "light" : "dark";
  document.documentElement.dataset.theme = next;
  localStorage.setItem(KEY, next);
}

/** Apply what was chosen on an earlier visit. */
export function restoreTheme() {
  const chosen = localStorage.getItem(KEY);
  if (chosen) document.documentElement.dataset.theme = chosen;
}

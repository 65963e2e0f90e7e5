/* Talks to the playground's server: one function for acts, one for the state, one for events. */

/** Do *verb* as the person in *body*; the answer's `error` is set whenever `ok` is false. */
export async function act(verb, body) {
  try {
    const response = await fetch(`/page/${verb}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    return await response.json();
  } catch {
    return { ok: false, error: "The playground's server did not answer. Is it still running?" };
  }
}

/** Return all that *user* can see, or null if there is no such person. */
export async function fetchState(user) {
  const response = await fetch(`/page/state?user=${encodeURIComponent(user)}`);
  if (response.status === 404) return null;
  if (!response.ok)
    throw new Error(`The state of ${user} could not be read: HTTP ${response.status}.`);
  return response.json();
}

/** Return the text of a file. */
export async function fetchFile(id) {
  const response = await fetch(fileUrl(id));
  if (!response.ok) throw new Error(`The file could not be read: HTTP ${response.status}.`);
  return response.text();
}

/** Return where the bytes of a file are. */
export const fileUrl = (id) => `/page/file/${encodeURIComponent(id)}`;

/**
 * Follow the events of *user*; the browser reconnects by itself.
 * *onOpen* is called at each (re)connection, *onLost* when it breaks. Returns a function that ends it.
 */
export function follow(user, { onEvent, onOpen, onLost }) {
  const source = new EventSource(`/page/events?user=${encodeURIComponent(user)}`);
  source.onopen = onOpen;
  source.onerror = onLost;
  source.onmessage = (event) => onEvent(JSON.parse(event.data));
  return () => source.close();
}

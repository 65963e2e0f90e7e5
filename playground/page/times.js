/* Says times as Slack does: "10:23 AM", "Today", "Monday, November 3rd". */

const clock = new Intl.DateTimeFormat("en", { hour: "numeric", minute: "2-digit" });
const clockSeconds = new Intl.DateTimeFormat("en", {
  hour: "numeric",
  minute: "2-digit",
  second: "2-digit",
});

/** Return the Date of a Slack timestamp ("1700000000.000100"). */
export const dateOf = (ts) => new Date(parseFloat(ts) * 1000);

/** Return the time of day of *ts*. */
export const timeOf = (ts) => clock.format(dateOf(ts));

/** Return the day of *ts* as a key that is equal for equal days. */
export const dayKey = (ts) => dateOf(ts).toDateString();

/** Return "Today", "Yesterday" or null. */
function relativeDay(date) {
  const days = Math.round(
    (new Date().setHours(0, 0, 0, 0) - new Date(date).setHours(0, 0, 0, 0)) / 86_400_000,
  );
  return { 0: "Today", 1: "Yesterday", "-1": "Tomorrow" }[days] ?? null;
}

function ordinal(day) {
  const suffix = { 1: "st", 2: "nd", 3: "rd" }[day % 10];
  return `${day}${suffix && Math.floor(day / 10) !== 1 ? suffix : "th"}`;
}

function longDate(date, { weekday = false, month = "long" } = {}) {
  const name = new Intl.DateTimeFormat("en", { month }).format(date);
  const year = date.getFullYear() === new Date().getFullYear() ? "" : `, ${date.getFullYear()}`;
  const lead = weekday
    ? `${new Intl.DateTimeFormat("en", { weekday: "long" }).format(date)}, `
    : "";
  return `${lead}${name} ${ordinal(date.getDate())}${year}`;
}

/** Return the words of a day divider. */
export const dayName = (ts) => relativeDay(dateOf(ts)) ?? longDate(dateOf(ts), { weekday: true });

/** Return date and time for a tooltip. */
export const fullTime = (ts) => `${dayName(ts)} at ${clockSeconds.format(dateOf(ts))}`;

/** Return how long ago *date* was, in words. */
function ago(date) {
  const words = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
  const seconds = Math.round((date - Date.now()) / 1000);
  for (const [unit, size] of [
    ["day", 86_400],
    ["hour", 3600],
    ["minute", 60],
  ]) {
    if (Math.abs(seconds) >= size) return words.format(Math.round(seconds / size), unit);
  }
  return words.format(seconds, "second");
}

const pad = (number) => String(number).padStart(2, "0");

const TOKENS = {
  date_num: (d) => `${d.getFullYear()}-${pad(d.getMonth() + 1)}-${pad(d.getDate())}`,
  date_slash: (d) => `${d.getMonth() + 1}/${d.getDate()}/${d.getFullYear()}`,
  date: (d) => longDate(d),
  date_short: (d) => longDate(d, { month: "short" }),
  date_long: (d) => longDate(d, { weekday: true }),
  date_pretty: (d) => relativeDay(d) ?? longDate(d),
  date_short_pretty: (d) => relativeDay(d) ?? longDate(d, { month: "short" }),
  date_long_pretty: (d) => relativeDay(d) ?? longDate(d, { weekday: true }),
  time: (d) => clock.format(d),
  time_secs: (d) => clockSeconds.format(d),
  day_divider_pretty: (d) => relativeDay(d) ?? longDate(d, { weekday: true }),
  ago,
};

/** Return *format* ("{date_short_pretty} at {time}") with the date *epoch* filled in. */
export function formatDate(epoch, format) {
  const date = new Date(Number(epoch) * 1000);
  if (Number.isNaN(date.getTime())) return null;
  return format.replace(/\{(\w+)\}/g, (whole, token) => TOKENS[token]?.(date) ?? whole);
}

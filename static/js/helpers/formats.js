/** Numbers, amounts and times as the reader's language writes them. */

const written = document.documentElement.lang;
/** The page's language as its reader's country writes it: `en-GB` before `en`. */
const language = navigator.languages.find((one) => one.split("-")[0] === written.split("-")[0]) ?? written;
const MINUTE = 60;
const KILOBYTE = 1_000;
const MEGABYTE = 1_000_000;
const MILLION = 1_000_000;
const today = new Intl.DateTimeFormat(language, { timeStyle: "short" });
const earlier = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });

export function number(value) {
  return value.toLocaleString(language);
}

/** A day, as `2 Jan 2026` or as the reader's language has it. */
export function day(date) {
  return date.toLocaleDateString(language, { dateStyle: "medium" });
}

/** A large number in short: 128K. */
export function compact(value) {
  return new Intl.NumberFormat(language, { notation: "compact", maximumFractionDigits: 1 }).format(value);
}

/** A time that somebody waited, no more exact than it was felt. */
export function duration(seconds, unitDisplay = "long") {
  const [unit, value] = seconds < 2 * MINUTE ? ["second", seconds] : ["minute", seconds / MINUTE];
  const style = { style: "unit", unit, unitDisplay, maximumFractionDigits: 0 };
  return new Intl.NumberFormat(language, style).format(Math.max(1, value));
}

/** A file's size as people read it. */
export function size(bytes) {
  const [unit, value] = bytes < MEGABYTE ? ["kilobyte", bytes / KILOBYTE] : ["megabyte", bytes / MEGABYTE];
  const style = { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: value < 10 ? 1 : 0 };
  return new Intl.NumberFormat(language, style).format(Math.max(0.1, value));
}

/** A guessed amount of money: two figures say enough. */
export function money(millionths, currency) {
  const amount = (millionths / MILLION).toLocaleString(language, { maximumSignificantDigits: 2 });
  return `${amount} ${currency}`;
}

/** The time of the day, and on other days than today also the day. */
export function moment(date) {
  const isToday = date.toDateString() === new Date().toDateString();
  return (isToday ? today : earlier).format(date);
}
